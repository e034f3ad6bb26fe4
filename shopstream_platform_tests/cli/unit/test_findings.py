"""Each line of the doctor has a way to be wrong, and then says what mends it."""

from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws
from snowflake.connector.errors import ProgrammingError

from shopstream_platform.cli.doctor.aws import bucket_findings
from shopstream_platform.cli.doctor.examine import in_words
from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.cli.doctor.login import WORDS, login_findings, secondary_roles
from shopstream_platform.cli.doctor.snowflake import building_findings, loading_findings
from shopstream_platform.config.account_names import AccountNames
from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.login import Method
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.layers import AUDIT_SCHEMA, DBT_SCHEMAS
from shopstream_platform.pipeline.refresh.compare import Beyond
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
    """A Snowflake session that refuses the statements that begin with a text, unless secondary roles help."""

    def __init__(self, refused: str, *, helped: bool = False, secondary: str | None = None) -> None:
        self.refused, self.helped, self.secondary = refused, helped, secondary
        self.uses_secondary = secondary is not None

    def cursor(self) -> "Session":
        return self

    def execute(self, sql: str, parameters: object = None) -> None:
        if sql.startswith("USE SECONDARY ROLES"):
            self.uses_secondary = sql.endswith("ALL")
        elif self.refused and sql.startswith(self.refused) and not (self.helped and self.uses_secondary):
            raise ProgrammingError("Insufficient privileges")

    def fetchall(self) -> list[tuple[str | None, ...]]:
        return [("10.1", "SHOPSTREAM_SERVICE", "SHOPSTREAM_PLATFORM", self.secondary)]


def warehouse_findings(session: Session, settings: Settings) -> list[Finding]:
    warehouse = Warehouse(cast("Any", session))
    names = AccountNames()
    return [*loading_findings(warehouse, names), *building_findings(warehouse, names, settings.dbt)]


def test_a_developers_schema_that_may_not_be_made_is_named_with_its_cure(settings: Settings) -> None:
    own = settings.model_copy(update={"dbt": DbtSettings(schema_prefix="ALICE_")})
    [error] = [finding for finding in warehouse_findings(Session("CREATE SCHEMA"), own) if finding.is_error]
    assert error.subject == "warehouse.ALICE__DOCTOR"
    assert "shopstream provision snowflake --developers" in error.detail
    assert not any(finding.is_error for finding in warehouse_findings(Session(""), own))


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
    error, *others = [finding for finding in warehouse_findings(Session(refused), settings) if finding.is_error]
    # Both roles read RAW.
    assert len(others) == (refused == "SELECT")
    assert error.subject == subject
    assert "Insufficient privileges" in error.detail
    assert cure in error.detail


def test_all_privileges_are_all_in_order(settings: Settings) -> None:
    findings = warehouse_findings(Session(""), settings)
    assert {finding.state for finding in findings} == {"ok"}
    assert len(findings) == 10


def test_what_works_by_secondary_roles_alone_is_a_warning(settings: Settings) -> None:
    session = Session("DELETE", helped=True, secondary='{"roles":"LOADER","value":"ALL"}')
    at = SnowflakeConnection("org-account", "u", private_key_path="/k")
    [login] = login_findings(Warehouse(cast("Any", session)), at, embedded=False)
    assert "SHOPSTREAM_SERVICE by key pair, role SHOPSTREAM_PLATFORM, secondary roles LOADER" in login.detail
    [finding] = [one for one in warehouse_findings(session, settings) if one.state != "ok"]
    assert (finding.subject, finding.state) == ("warehouse.RAW", "warning")
    assert "works by secondary roles alone" in finding.detail
    assert "shopstream provision snowflake" in finding.detail
    # The next proof is of the role alone again.
    assert not session.uses_secondary


@pytest.mark.parametrize("listed", [None, "", '{"roles":"","value":""}', "odd"])
def test_no_secondary_roles(listed: str | None) -> None:
    assert secondary_roles(listed) == []


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ({"authenticator": "externalbrowser"}, "needs a person"),
        ({"password": "p", "passcode": "1"}, "needs a person"),
        ({"password": "p"}, "Snowflake closes logins by password alone"),
        ({"private_key": "k"}, None),
        ({"authenticator": "programmatic_access_token", "token": "t"}, None),
    ],
)
def test_a_login_that_no_schedule_can_make_is_a_warning(login: dict[str, str], words: str | None) -> None:
    at = SnowflakeConnection("org-account", "u", **login)  # pyright: ignore[reportArgumentType]
    told = wrong(login_findings(Warehouse(cast("Any", Session(""))), at, embedded=False))
    assert [words in detail for detail in told] == ([True] if words else [])
    assert wrong(login_findings(Warehouse(cast("Any", Session(""))), at, embedded=True)) == []


def test_every_method_has_words() -> None:
    assert WORDS.keys() == set(Method)


@pytest.mark.parametrize(
    ("beyond", "said"),
    [
        (Beyond(today=0, future=0, later=2), "rows dated later today, loaded with it: 2"),
        (Beyond(today=0, future=1), "rows not loaded yet: 1 of later days"),
        (
            Beyond(today=1200, future=1),
            "rows not loaded yet: 1,200 of today (SHOPSTREAM_INCLUDE_TODAY is false), 1 of later days",
        ),
        (
            Beyond(today=0, future=3, later=4),
            "rows not loaded yet: 3 of later days; rows dated later today, loaded with it: 4",
        ),
    ],
)
def test_rows_that_are_not_due_are_counted(beyond: Beyond, said: str) -> None:
    assert in_words(beyond) == said
