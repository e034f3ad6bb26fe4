"""AWS as moto plays it."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudformation import parsing

from shopstream_platform.provision.aws import stack
from shopstream_platform.provision.aws.template import template_text

BUCKET, REGION = "shopstream-datalake-test", "eu-west-3"
# One session for all tests: what botocore reads about its services is kept with it.
SESSION = boto3.Session("key", "secret", region_name=REGION)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    # moto leaves a null where CloudFormation leaves out AWS::NoValue.
    monkeypatch.setattr(parsing, "clean_json", _without_nulls(parsing.clean_json))
    # It knows one policy that keeps a resource.
    monkeypatch.setattr(
        stack, "template_text", lambda *of: template_text(*of).replace("RetainExceptOnCreate", "Retain")
    )
    with mock_aws():
        yield SESSION


def _retaining(oidc_provider: str = "") -> str:
    return template_text(oidc_provider).replace("RetainExceptOnCreate", "Retain")


def _without_nulls(clean: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def cleaned(node: Any, resources: Any) -> Any:
        found = clean(node, resources)
        if isinstance(found, list):
            return [part for part in found if part is not None]
        if isinstance(node, dict) and isinstance(found, dict):
            return {key: part for key, part in found.items() if part is not None}
        return found

    return cleaned
