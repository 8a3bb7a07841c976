"""Buckets: regions, versions, lifecycle, what is public."""

import time
import urllib.error
import urllib.request
import uuid

import pytest
from conftest import DAY, URL, client, empty, refused

PROXY = {"http": URL}


def anonymous(path, status):
    try:
        with urllib.request.urlopen(f"{URL}/{path}", timeout=10) as reply:
            got, body = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        got, body = error.code, error.read()
    assert got == status
    return body


def test_a_bucket_is_made_listed_and_removed(s3):
    name = f"test-{uuid.uuid4().hex[:12]}"
    assert refused(s3.head_bucket, Bucket=name) == "404"
    s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    assert name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.head_bucket(Bucket=name)
    s3.delete_bucket(Bucket=name)
    assert refused(s3.delete_bucket, Bucket=name) == "NoSuchBucket"
    assert refused(s3.create_bucket, Bucket="under_score") == "InvalidBucketName"


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_each_region_has_buckets_of_its_own(style):
    """As Terraform's provider does it where no name server knows the endpoint: Spaces is the HTTP proxy."""
    frankfurt = client(style=style, url="http://fra1.digitaloceanspaces.com", proxies=PROXY)
    amsterdam = client(style=style, url="http://ams3.digitaloceanspaces.com", proxies=PROXY)
    name = f"test-{uuid.uuid4().hex[:12]}"
    frankfurt.create_bucket(Bucket=name)
    assert frankfurt.get_bucket_location(Bucket=name)["LocationConstraint"] == "fra1"
    frankfurt.put_object(Bucket=name, Key="k", Body=b"here")
    assert frankfurt.get_object(Bucket=name, Key="k")["Body"].read() == b"here"
    assert refused(amsterdam.get_object, Bucket=name, Key="k") == "NoSuchBucket"
    assert refused(amsterdam.create_bucket, Bucket=name) == "BucketAlreadyExists"
    assert name not in [bucket["Name"] for bucket in amsterdam.list_buckets()["Buckets"]]
    frankfurt.delete_object(Bucket=name, Key="k")
    frankfurt.delete_bucket(Bucket=name)


def test_a_region_can_be_asked_for(s3):
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "fra1"})
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "fra1"
    s3.delete_bucket(Bucket=name)
    nowhere = {"LocationConstraint": "eu-central-1"}
    assert refused(s3.create_bucket, Bucket=name, CreateBucketConfiguration=nowhere) == "InvalidLocationConstraint"


def test_versions(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"0")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first, second = (s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"1", b"2"))
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"1"
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"0"
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"] and refused(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    listed = s3.list_object_versions(Bucket=bucket)
    assert [version["VersionId"] for version in listed["Versions"]] == [second, first, "null"]
    assert [entry["IsLatest"] for entry in listed["DeleteMarkers"]] == [True]
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1})
    assert sum(len(page.get("Versions", [])) for page in pages) == 3
    assert refused(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def rule(**actions):
    return {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "old/"}} | actions]}


def gone_within(limit, gone):
    deadline = time.monotonic() + limit
    while not gone():
        assert time.monotonic() < deadline, "nothing expired"
        time.sleep(0.1)


def test_what_a_rule_names_expires(s3, bucket):
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == "NoSuchLifecycleConfiguration"
    wanted = rule(Expiration={"Days": 1}, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1})
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=wanted)
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == wanted["Rules"]
    begin = time.monotonic()
    s3.put_object(Bucket=bucket, Key="old/1", Body=b"")
    s3.put_object(Bucket=bucket, Key="new/1", Body=b"")
    s3.create_multipart_upload(Bucket=bucket, Key="old/2")
    gone_within(DAY + 10, lambda: "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="old/"))
    assert time.monotonic() - begin >= DAY
    gone_within(10, lambda: "Uploads" not in s3.list_multipart_uploads(Bucket=bucket))
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["new/1"]
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == "NoSuchLifecycleConfiguration"


def test_old_versions_expire_and_the_current_stays(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration=rule(NoncurrentVersionExpiration={"NoncurrentDays": 1})
    )
    for body in (b"1", b"2", b"3"):
        s3.put_object(Bucket=bucket, Key="old/k", Body=body)
    gone_within(DAY + 10, lambda: len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1)
    assert s3.get_object(Bucket=bucket, Key="old/k")["Body"].read() == b"3"


def test_what_is_public(s3, bucket):
    s3.put_object(Bucket=bucket, Key="private", Body=b"secret")
    s3.put_object(Bucket=bucket, Key="public", Body=b"open", ACL="public-read")
    assert b"AccessDenied" in anonymous(f"{bucket}/private", 403)
    assert anonymous(f"{bucket}/public", 200) == b"open"
    anonymous(bucket, 403)
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert b"<Key>private</Key>" in anonymous(bucket, 200)
    assert [grant["Permission"] for grant in s3.get_bucket_acl(Bucket=bucket)["Grants"]] == ["READ", "FULL_CONTROL"]
    s3.put_object_acl(Bucket=bucket, Key="public", ACL="private")
    anonymous(f"{bucket}/public", 403)
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read-write") == "InvalidArgument"


def test_presigned_urls(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"signed")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    with urllib.request.urlopen(url, timeout=10) as reply:
        assert reply.read() == b"signed"
    assert b"SignatureDoesNotMatch" in anonymous(url.removeprefix(f"{URL}/").replace("/k?", "/other?"), 403)
    empty(s3, bucket)
