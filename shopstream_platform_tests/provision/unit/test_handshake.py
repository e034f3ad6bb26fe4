"""The handshake with moto for AWS and, for Snowflake, a session that answers as documented and obeys AWS's trust."""

import json
from typing import Any, cast

import boto3
import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision import handshake
from shopstream_platform.provision.aws.stack import describe
from shopstream_platform.provision.handshake import Identity, connect, integration_identity
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.stores.warehouse import Warehouse, translated
from shopstream_platform_tests.provision.model.trusting import EXTERNAL_ID, USER_ARN, Snowflake
from shopstream_platform_tests.provision.unit.conftest import BUCKET

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")

ACCOUNT = Account("SHOPSTREAM_DWH", BUCKET, f"arn:aws:iam::123456789012:role/{BUCKET}-snowflake")
INTEGRATION = ("INTEGRATION", ACCOUNT.names.integration)


@pytest.fixture
def snowflake(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Snowflake:
    monkeypatch.setattr(handshake.time, "sleep", lambda seconds: None)
    # moto holds the bucket's policy against every object, over TLS too.
    monkeypatch.setattr("shopstream_platform.provision.aws.live._ensure_bucket_policy", lambda *of: None)
    return Snowflake(session, ACCOUNT)


def run(session: boto3.Session, snowflake: Snowflake) -> list[str]:
    said: list[str] = []
    with translated():
        connect(session, Warehouse(cast("Any", snowflake)), describe(session, BUCKET), ACCOUNT, said.append)
    return said


def objects(session: boto3.Session) -> list[Any]:
    if not session.client("s3").list_buckets()["Buckets"]:
        return []
    page = session.client("s3").list_object_versions(Bucket=BUCKET)
    return page.get("Versions", []) + page.get("DeleteMarkers", [])


def trust(session: boto3.Session) -> dict[str, Any]:
    document = session.client("iam").get_role(RoleName=f"{BUCKET}-snowflake")["Role"]["AssumeRolePolicyDocument"]
    return document["Statement"][0]


def test_from_nothing_to_a_copied_object(session: boto3.Session, snowflake: Snowflake) -> None:
    said = run(session, snowflake)
    assert said[0] == f"AWS: stack shopstream-{BUCKET} created"
    assert said[-1].startswith("probe: ")
    assert trust(session)["Principal"] == {"AWS": USER_ARN}
    assert trust(session)["Condition"] == {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    created = [sql for sql in snowflake.sent if sql.startswith("CREATE STORAGE INTEGRATION IF NOT EXISTS")]
    assert len(created) == 1
    assert f"arn:aws:iam::123456789012:role/{BUCKET}-snowflake" in created[0]
    assert not any("OR REPLACE STORAGE" in sql for sql in snowflake.sent)
    assert objects(session) == []


def test_a_second_run_changes_nothing(session: boto3.Session, snowflake: Snowflake) -> None:
    run(session, snowflake)
    said = run(session, snowflake)
    assert said[0] == f"AWS: stack shopstream-{BUCKET} unchanged"
    assert not any("was not as in the template" in line for line in said)


def test_a_broken_trust_is_repaired(session: boto3.Session, snowflake: Snowflake) -> None:
    run(session, snowflake)
    intact = trust(session)
    closed = {"Version": "2012-10-17", "Statement": [intact | {"Effect": "Deny"}]}
    session.client("iam").update_assume_role_policy(RoleName=f"{BUCKET}-snowflake", PolicyDocument=json.dumps(closed))
    assert f"AWS: trust of {BUCKET}-snowflake was not as in the template, and is again" in run(session, snowflake)
    assert trust(session) == intact


def test_an_integration_that_was_made_anew_is_trusted_again(session: boto3.Session, snowflake: Snowflake) -> None:
    run(session, snowflake)
    snowflake.rights.objects[INTEGRATION]["STORAGE_AWS_EXTERNAL_ID"] = "ANOTHER="
    run(session, snowflake)
    assert trust(session)["Condition"] == {"StringEquals": {"sts:ExternalId": "ANOTHER="}}


def test_it_waits_until_iam_has_propagated(session: boto3.Session, snowflake: Snowflake) -> None:
    snowflake.refusals = 3
    assert run(session, snowflake)[-1].startswith("probe: ")
    assert snowflake.refusals == 0


def test_a_trust_that_never_comes_is_a_sentence_and_leaves_no_object(
    session: boto3.Session, snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10_000, 60))
    monkeypatch.setattr(handshake.time, "monotonic", lambda: next(clock))
    snowflake.refusals = 1_000
    with pytest.raises(ShopStreamError, match=f"may still not use role {BUCKET}-snowflake after 180 s"):
        run(session, snowflake)
    assert objects(session) == []


STEPS = [
    "USE ROLE USERADMIN",
    "CREATE DATABASE",
    "USE ROLE ACCOUNTADMIN",
    "CREATE STORAGE INTEGRATION",
    "CREATE STAGE",
    "GRANT USAGE ON STAGE",
    "DESC INTEGRATION",
    "CREATE OR REPLACE TEMPORARY",
    "LIST",
    "COPY INTO",
]


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_at_any_step_is_a_sentence_and_the_next_run_completes(
    session: boto3.Session, snowflake: Snowflake, step: str
) -> None:
    snowflake.fails = (step, "SQL compilation error: out of order")
    with pytest.raises(ShopStreamError, match="Snowflake refused: SQL compilation error: out of order"):
        run(session, snowflake)
    assert objects(session) == []
    snowflake.fails = None
    assert run(session, snowflake)[-1].startswith("probe: ")
    assert trust(session)["Effect"] == "Allow"


def test_an_integration_of_another_cloud_is_refused(
    session: boto3.Session, snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(session, snowflake)
    monkeypatch.setattr(
        "shopstream_platform_tests.provision.model.shown.IDENTITY", {"AZURE_CONSENT_URL": "https://login.example"}
    )
    with pytest.raises(ShopStreamError, match="no STORAGE_AWS_IAM_USER_ARN: it is not one for S3"):
        run(session, snowflake)


def test_a_stage_that_points_elsewhere_is_noticed(
    session: boto3.Session, snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snowflake, "_use_role", lambda: None)
    monkeypatch.setattr(handshake, "PROBE_LINE", "another")
    with pytest.raises(ShopStreamError, match="reads another place than this bucket"):
        run(session, snowflake)


def test_what_the_integration_says(session: boto3.Session, snowflake: Snowflake) -> None:
    run(session, snowflake)
    found = integration_identity(Warehouse(cast("Any", snowflake)), ACCOUNT)
    assert found == Identity(USER_ARN, EXTERNAL_ID)


def test_somebody_elses_object_in_snowflake_stops_before_anything_is_made_in_aws(
    session: boto3.Session, snowflake: Snowflake
) -> None:
    snowflake.rights.objects[INTEGRATION] = {"owner": "ACCOUNTADMIN", "comment": "of the data team"}
    with pytest.raises(ShopStreamError, match="has the comment 'of the data team'"):
        run(session, snowflake)
    assert session.client("s3").list_buckets()["Buckets"] == []
    assert session.client("iam").list_roles()["Roles"] == []
