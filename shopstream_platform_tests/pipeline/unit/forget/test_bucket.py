"""A bucket on AWS: every version is looked into, and a missing right is named."""

import gzip
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from shopstream_platform.config.connections import S3Connection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.pipeline.forget.lake import Bucket
from shopstream_platform.pipeline.forget.needles import needles
from shopstream_platform.pipeline.forget.person import Person

NAME = "lake"
HEADER = b"id,email,first_name,last_name,country,plan_type,created_at,last_login,is_active\n"
WITH, WITHOUT = HEADER + b"7,ann@x.org,Ann,Lee,FRA,,,,t\n", HEADER + b"7,,,,FRA,,,,t\n"
USERS, LOG = "raw/postgres/users/2026-01-01/users_20260101.csv.gz", "dagster/compute.err"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=NAME)
        s3.put_object(Bucket=NAME, Key="before/versions.txt", Body=b"by ann@x.org")
        s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
        for body in (WITH, WITHOUT):
            s3.put_object(Bucket=NAME, Key=USERS, Body=gzip.compress(body))
        s3.put_object(Bucket=NAME, Key=LOG, Body=b"Key (email)=(ANN@x.org) exists", ContentType="text/plain")
        s3.delete_object(Bucket=NAME, Key=LOG)
        s3.put_object(Bucket=NAME, Key=LOG, Body=b"Ann Lee was here", ContentType="text/plain")
        yield Bucket(S3Connection(NAME, "us-east-1"))


def test_every_version_is_looked_into_and_what_holds_the_person_goes(bucket: Bucket) -> None:
    person = Person(asked={"ann@x.org"}, values={"email": {"ann@x.org"}})
    bucket.gather(person)
    assert person.ids["users"] == {7}
    looked_for = needles(person, [])
    hits = bucket.look(person, looked_for).hits
    expected = [(USERS, False), (LOG, False), (LOG, True), ("before/versions.txt", True)]
    assert sorted((hit.version.key, hit.version.is_latest) for hit in hits) == sorted(expected)
    for hit in hits:
        if hit.version.is_latest:
            bucket.scrub(hit.version, looked_for)
        else:
            bucket.delete(hit.version)
    assert bucket.look(person, looked_for).hits == []
    newest = bucket.client.get_object(Bucket=NAME, Key=LOG)
    assert (newest["Body"].read(), newest["ContentType"]) == (b"******* was here", "text/plain")
    assert b"".join(bucket.body(USERS)) == WITHOUT


def test_without_versions_the_object_that_replaced_another_stays(bucket: Bucket) -> None:
    bucket.client.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Suspended"})
    bucket.client.put_object(Bucket=NAME, Key="a.txt", Body=b"ann@x.org")
    person = Person(values={"email": {"ann@x.org"}})
    looked_for = needles(person, [])
    for hit in bucket.look(person, looked_for).hits:
        if hit.version.key == "a.txt":
            bucket.scrub(hit.version, looked_for)
    assert bucket.client.get_object(Bucket=NAME, Key="a.txt")["Body"].read() == b"*********"


def test_a_missing_right_is_named(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DeleteObject")

    monkeypatch.setattr(bucket.client, "delete_object", refuse)
    person = Person(values={"email": {"ann@x.org"}})
    hit = bucket.look(person, needles(person, [])).hits[0]
    with (
        pytest.raises(ShopStreamError, match=r"refused DeleteObject: use .*s3:DeleteObjectVersion"),
        bucket.translated(),
    ):
        bucket.delete(hit.version)
