"""Each line of the doctor has a way to be wrong, and then says what mends it."""

from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws
from snowflake.connector.errors import ProgrammingError

from shopstream_platform.cli.doctor.aws import bucket_findings
from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.cli.doctor.snowflake import warehouse_findings
from shopstream_platform.config.account_names import AccountNames
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.layers import AUDIT_SCHEMA, DBT_SCHEMAS
from shopstream_platform.provision.aws.bucket import ensure_bucket
from shopstream_platform.stores.warehouse import Warehouse

BUCKET, REGION = "shopstream-datalake-test", "eu-west-3"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("SHOPSTREAM_S3_BUCKET", BUCKET)
    return load_settings()


@pytest.fixture
def s3(settings: Settings) -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name=REGION)
        ensure_bucket(client, BUCKET, REGION)
        yield client


def wrong(findings: Iterator[Finding]) -> list[str]:
    return [finding.detail for finding in findings if finding.state != "ok"]


def test_a_bucket_as_provisioned_is_in_order(s3: Any, settings: Settings) -> None:
    # moto says no time with its answers, which is a finding of its own.
    assert [line for line in wrong(bucket_findings(settings.lake)) if "no time" not in line] == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda s3: s3.delete_bucket_encryption(Bucket=BUCKET), "encryption"),
        (lambda s3: s3.delete_public_access_block(Bucket=BUCKET), "public access block"),
        (
            lambda s3: s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}),
            "versioning",
        ),
    ],
)
def test_what_is_off_is_named_with_the_command_that_mends_it(
    s3: Any, settings: Settings, change: Any, name: str
) -> None:
    change(s3)
    assert f"bucket {BUCKET}: {name} is off; run `shopstream provision aws`" in wrong(bucket_findings(settings.lake))


def test_a_bucket_of_another_region_says_which(s3: Any, settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"lake": settings.lake.model_copy(update={"aws_region": "us-east-1"})})
    assert f"bucket {BUCKET} is in {REGION}: set AWS_REGION={REGION}" in wrong(bucket_findings(elsewhere.lake))


@pytest.mark.parametrize(("date", "is_wrong"), [("Tue, 01 Jan 2019 00:00:00 GMT", True), (None, False)])
def test_a_wrong_clock_is_an_error(date: str | None, is_wrong: bool) -> None:
    from datetime import UTC, datetime
    from email.utils import format_datetime

    from shopstream_platform.cli.doctor.aws import _clock

    finding = _clock({"date": date or format_datetime(datetime.now(UTC), usegmt=True)})
    assert finding.is_error == is_wrong


class Session:
    """A Snowflake session that refuses the statements that begin with a text."""

    def __init__(self, refused: str) -> None:
        self.refused = refused

    def cursor(self) -> "Session":
        return self

    def execute(self, sql: str, parameters: object = None) -> None:
        if self.refused and sql.startswith(self.refused):
            raise ProgrammingError("Insufficient privileges")


@pytest.mark.parametrize(
    ("refused", "subject", "cure"),
    [
        (
            "USE WAREHOUSE SHOPSTREAM_TRANSFORM_WH",
            "warehouse.SHOPSTREAM_TRANSFORM_WH",
            "shopstream provision snowflake",
        ),
        ("USE WAREHOUSE SHOPSTREAM_LOADING_WH", "warehouse.SHOPSTREAM_LOADING_WH", "shopstream provision snowflake"),
        ("SELECT", "warehouse.RAW", "shopstream provision snowflake"),
        ("DELETE", "warehouse.RAW", "shopstream provision snowflake"),
        ("UPDATE", "warehouse.RAW", "shopstream provision snowflake"),
        ("LIST", "warehouse.stage", "shopstream provision all"),
        *(
            (f"CREATE OR REPLACE VIEW {layer}", f"warehouse.{layer}", "provision snowflake")
            for layer in (*DBT_SCHEMAS, AUDIT_SCHEMA)
        ),
    ],
)
def test_a_missing_privilege_is_named_with_its_cure(settings: Settings, refused: str, subject: str, cure: str) -> None:
    findings = list(warehouse_findings(Warehouse(cast("Any", Session(refused))), AccountNames(), settings.dbt))
    [error] = [finding for finding in findings if finding.is_error]
    assert error.subject == subject
    assert "Insufficient privileges" in error.detail
    assert cure in error.detail


def test_all_privileges_are_all_in_order(settings: Settings) -> None:
    findings = list(warehouse_findings(Warehouse(cast("Any", Session(""))), AccountNames(), settings.dbt))
    assert {finding.state for finding in findings} == {"ok"}
    assert len(findings) == 9
