"""Objects: written, read, listed, copied, deleted, in one piece and in parts."""

import hashlib

import pytest
from boto3.s3.transfer import TransferConfig
from conftest import refused


def keys(page):
    return [entry["Key"] for entry in page.get("Contents", [])]


def test_what_is_written_is_read(s3, bucket):
    body = bytes(range(256)) * 1000
    put = s3.put_object(
        Bucket=bucket, Key="å/b c+d", Body=body, ContentType="text/x", CacheControl="no-cache", Metadata={"who": "me"}
    )
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="å/b c+d")
    assert got["Body"].read() == body
    assert (got["ContentType"], got["CacheControl"], got["Metadata"]) == ("text/x", "no-cache", {"who": "me"})
    head = s3.head_object(Bucket=bucket, Key="å/b c+d")
    assert (head["ContentLength"], head["ETag"], head["Metadata"]) == (len(body), put["ETag"], {"who": "me"})
    assert refused(s3.get_object, Bucket=bucket, Key="none") == "NoSuchKey"
    assert refused(s3.head_object, Bucket=bucket, Key="none") == "404"


def test_ranges(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    for asked, told, body in [("bytes=2-4", "bytes 2-4/10", b"234"), ("bytes=-3", "bytes 7-9/10", b"789"), ("bytes=8-", "bytes 8-9/10", b"89")]:
        got = s3.get_object(Bucket=bucket, Key="k", Range=asked)
        assert (got["ContentRange"], got["Body"].read()) == (told, body)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert refused(s3.get_object, Bucket=bucket, Key="k", Range="bytes=10-") == "InvalidRange"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_are_held_against_the_bytes(s3, bucket, algorithm):
    s3.put_object(Bucket=bucket, Key="k", Body=b"content", ChecksumAlgorithm=algorithm)
    wrong = {f"Checksum{algorithm}": "AAAAAA=="}
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"other", **wrong) == "BadDigest"
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"other", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==") == "BadDigest"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"


def test_only_one_of_two_takes_a_lock(s3, bucket):
    s3.put_object(Bucket=bucket, Key="lock", Body=b"first", IfNoneMatch="*")
    assert refused(s3.put_object, Bucket=bucket, Key="lock", Body=b"second", IfNoneMatch="*") == "PreconditionFailed"
    etag = s3.head_object(Bucket=bucket, Key="lock")["ETag"]
    assert refused(s3.put_object, Bucket=bucket, Key="lock", Body=b"third", IfMatch='"0"') == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key="lock", Body=b"third", IfMatch=etag)
    assert refused(s3.get_object, Bucket=bucket, Key="lock", IfNoneMatch=f'"{hashlib.md5(b"third").hexdigest()}"') == "304"
    s3.delete_object(Bucket=bucket, Key="lock")
    s3.put_object(Bucket=bucket, Key="lock", Body=b"fourth", IfNoneMatch="*")


def test_lists_come_in_pages(s3, bucket):
    names = ["a", "b/1", "b/2", "b/c/3", "d e+f", "e&<>/4"]
    for name in reversed(names):
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    for call in ("list_objects", "list_objects_v2"):
        pages = list(s3.get_paginator(call).paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}))
        assert [key for page in pages for key in keys(page)] == names
        assert [len(keys(page)) for page in pages] == [2, 2, 2]
        pages = list(s3.get_paginator(call).paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1}))
        assert [key for page in pages for key in keys(page)] == ["a", "d e+f"]
        assert [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])] == ["b/", "e&<>/"]
        assert keys(getattr(s3, call)(Bucket=bucket, Prefix="b/", Delimiter="/")) == ["b/1", "b/2"]
    assert keys(s3.list_objects_v2(Bucket=bucket, StartAfter="b/1")) == names[2:]


def test_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=b"body", ContentType="text/x", Metadata={"a": "1"})
    s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from"})
    to = s3.get_object(Bucket=bucket, Key="to")
    assert (to["Body"].read(), to["ContentType"], to["Metadata"]) == (b"body", "text/x", {"a": "1"})
    source = {"Bucket": bucket, "Key": "to"}
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"b": "2"}
    assert refused(s3.copy_object, Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "no"}) == "NoSuchKey"


def test_deletions(s3, bucket):
    for name in "abc":
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    assert refused(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="a")
    s3.delete_object(Bucket=bucket, Key="a")
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}, {"Key": "none"}]})
    assert [entry["Key"] for entry in gone["Deleted"]] == ["b", "none"]
    assert keys(s3.list_objects_v2(Bucket=bucket)) == ["c"]


def test_uploads_in_parts(s3, bucket, tmp_path):
    file = tmp_path / "large"
    file.write_bytes(bytes(range(256)) * (12 << 12))
    parts = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.upload_file(str(file), bucket, "large", Config=parts, ExtraArgs={"Metadata": {"a": "1"}})
    head = s3.head_object(Bucket=bucket, Key="large")
    assert head["ContentLength"] == 12 << 20 and head["ETag"].endswith('-3"') and head["Metadata"] == {"a": "1"}
    back = tmp_path / "back"
    s3.download_file(bucket, "large", str(back), Config=parts)
    assert back.read_bytes() == file.read_bytes()
    s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "copied", Config=parts)
    assert s3.get_object(Bucket=bucket, Key="copied")["Body"].read() == file.read_bytes()


def test_unfinished_uploads(s3, bucket):
    upload = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
    small = s3.upload_part(**upload, PartNumber=1, Body=b"small")["ETag"]
    last = s3.upload_part(**upload, PartNumber=2, Body=b"last")["ETag"]
    assert [part["Size"] for part in s3.list_parts(**upload)["Parts"]] == [5, 4]
    assert [entry["Key"] for entry in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["k"]

    def complete(*parts):
        listed = [{"PartNumber": number, "ETag": etag} for number, etag in parts]
        return refused(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": listed})

    assert complete((1, small), (2, last)) == "EntityTooSmall"
    assert complete((2, last), (1, small)) == "InvalidPartOrder"
    assert complete((1, last)) == "InvalidPart"
    s3.abort_multipart_upload(**upload)
    assert complete((1, small)) == "NoSuchUpload"
    assert refused(s3.head_object, Bucket=bucket, Key="k") == "404"
