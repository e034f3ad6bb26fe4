"""AWS as moto plays it."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

BUCKET, REGION = "shopstream-datalake-test", "eu-west-3"
# One session for all tests: what botocore reads about its services is kept with it.
SESSION = boto3.Session("key", "secret", region_name=REGION)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    with mock_aws():
        yield SESSION
