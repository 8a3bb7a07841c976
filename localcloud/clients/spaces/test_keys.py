"""What keys may do."""

import boto3
from conftest import URL, client, refused


def test_a_wrong_secret_is_refused(s3, bucket):
    wrong = boto3.client(
        "s3", endpoint_url=URL, aws_access_key_id=s3._request_signer._credentials.access_key, aws_secret_access_key="x", region_name="us-east-1"
    )
    assert refused(wrong.list_objects_v2, Bucket=bucket) == "SignatureDoesNotMatch"
    unknown = boto3.client("s3", endpoint_url=URL, aws_access_key_id="DO00NONE", aws_secret_access_key="x", region_name="us-east-1")
    assert refused(unknown.list_objects_v2, Bucket=bucket) == "InvalidAccessKeyId"


def test_grants_are_by_bucket(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    reader = client([{"bucket": bucket, "permission": "read"}])
    assert reader.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"
    assert reader.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert refused(reader.put_object, Bucket=bucket, Key="k", Body=b"2") == "AccessDenied"
    writer = client([{"bucket": bucket, "permission": "readwrite"}])
    writer.put_object(Bucket=bucket, Key="k", Body=b"2")
    writer.delete_object(Bucket=bucket, Key="k")
    for call, more in [
        (writer.put_bucket_acl, {"ACL": "public-read"}),
        (writer.delete_bucket, {}),
        (writer.get_bucket_versioning, {}),
    ]:
        assert refused(call, Bucket=bucket, **more) == "AccessDenied"
    assert refused(writer.list_buckets) == "AccessDenied"
    other = client([{"bucket": "other-bucket", "permission": "readwrite"}])
    assert refused(other.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    # A copy reads its source.
    s3.put_object(Bucket=bucket, Key="k", Body=b"3")
    s3.create_bucket(Bucket="other-bucket")
    source = {"Bucket": bucket, "Key": "k"}
    assert refused(other.copy_object, Bucket="other-bucket", Key="k", CopySource=source) == "AccessDenied"
    s3.delete_bucket(Bucket="other-bucket")
