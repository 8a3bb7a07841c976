"""S3 clients of the Spaces that LOCALCLOUD_SPACES_URL names; the API makes their keys."""

import os
import uuid

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

API = os.environ["LOCALCLOUD_URL"]
TOKEN = os.environ["LOCALCLOUD_TOKEN"]
URL = os.environ["LOCALCLOUD_SPACES_URL"]
# What the daemon was told that lifecycle rules take for a day, in seconds.
DAY = float(os.environ["LOCALCLOUD_SPACES_DAY_SECONDS"])
FULL = [{"bucket": "", "permission": "fullaccess"}]


def key(grants):
    """A new key: id and secret."""
    order = {"name": "clients", "grants": grants}
    reply = requests.post(f"{API}/v2/spaces/keys", json=order, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
    reply.raise_for_status()
    made = reply.json()["key"]
    return made["access_key"], made["secret_key"]


def client(grants=FULL, style="path", url=URL, proxies=None):
    """An S3 client with a key of its own."""
    access, secret = key(grants)
    config = Config(s3={"addressing_style": style}, proxies=proxies, retries={"total_max_attempts": 1})
    return boto3.client(
        "s3", endpoint_url=url, aws_access_key_id=access, aws_secret_access_key=secret, region_name="us-east-1", config=config
    )


def refused(call, *arguments, **parameters):
    """Expects a refusal and gives its code."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    return caught.value.response["Error"]["Code"]


@pytest.fixture
def s3():
    return client()


@pytest.fixture
def bucket(s3):
    """A bucket of its own for each test, gone after it with all that is in it."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    yield name
    empty(s3, name)
    s3.delete_bucket(Bucket=name)


def empty(s3, bucket):
    """Removes every version of every object."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
