"""`shopstream provision` and `shopstream clone` as people run them, on both accounts in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from typer.testing import CliRunner, Result

from shopstream_platform.cli.app import app
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision import handshake
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform_tests.provision.model.rights import Rights
from shopstream_platform_tests.provision.model.trusting import Snowflake
from shopstream_platform_tests.provision.unit.conftest import BUCKET, REGION

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")
USERS = ("SHOPSTREAM_SERVICE", "STAGING_SERVICE", "TESTING_SERVICE")
ARN = "arn:aws:iam::123456789012:role/"


class Accounts:
    """AWS and Snowflake, and the command line that is configured for an environment of them."""

    def __init__(self, session: boto3.Session, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.session, self.home, self.rights, self._patch = session, home, Rights(), monkeypatch

    def run(self, *arguments: str, prefix: str = "", home: str = "home", password: str = "p") -> Result:
        lake = f"{BUCKET}-{prefix}" if prefix else BUCKET
        names = f"{prefix.upper()}_" if prefix else "SHOPSTREAM_"
        account = Account(f"{names}DWH", BUCKET, f"{ARN}{lake}-snowflake", prefix=names)

        @contextmanager
        def opened(at: Any) -> Iterator[Warehouse]:
            yield Warehouse(cast("Any", Snowflake(self.session, account, self.rights)))

        self._patch.setattr("shopstream_platform.stores.warehouse.open_session", opened)
        variables = {
            "SHOPSTREAM_HOME": str(self.home / home),
            "SHOPSTREAM_S3_BUCKET": BUCKET,
            "SHOPSTREAM_S3_PREFIX": prefix,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "SNOWFLAKE_ACCOUNT": "acme-main",
            "SNOWFLAKE_USER": "ADMIN",
            "SNOWFLAKE_PASSWORD": password,
            "SNOWFLAKE_PREFIX": names,
        }
        for name, value in variables.items():
            self._patch.setenv(name, value)
        return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def accounts(session: boto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    monkeypatch.setattr(handshake.time, "sleep", lambda seconds: None)
    # moto holds the bucket's policy against every object, over TLS too.
    monkeypatch.setattr("shopstream_platform.provision.aws.live._ensure_bucket_policy", lambda *of: None)
    monkeypatch.setattr("shopstream_platform.provision.aws.plan.bucket_policy", lambda *of: {"Statement": []})
    return Accounts(session, tmp_path, monkeypatch)


def test_a_plan_a_run_and_a_plan_that_finds_nothing(accounts: Accounts) -> None:
    before = accounts.run("provision", "all", "--plan")
    assert before.exit_code == 2, before.exception
    assert "+ create    stack shopstream-shopstream-datalake-test" in before.output
    assert "+ create    role SHOPSTREAM_PLATFORM" in before.output
    assert accounts.rights.objects == {}
    done = accounts.run("provision", "all")
    assert done.exit_code == 0, done.exception
    assert "SNOWFLAKE_USER=SHOPSTREAM_SERVICE" in done.output
    after = accounts.run("provision", "all", "--plan")
    assert after.exit_code == 0, after.output
    assert "0 to create, 0 to change" in after.output
    for half in ("aws", "snowflake"):
        assert accounts.run("provision", half, "--plan").exit_code == 0


def test_a_change_by_hand_is_planned_and_put_right(accounts: Accounts) -> None:
    accounts.run("provision", "all")
    accounts.rights.objects[("WAREHOUSE", "SHOPSTREAM_LOADING_WH")]["AUTO_SUSPEND"] = "3600"
    planned = accounts.run("provision", "snowflake", "--plan")
    assert planned.exit_code == 2
    assert "~ change    warehouse SHOPSTREAM_LOADING_WH: AUTO_SUSPEND: 3600 -> 60" in planned.output
    assert accounts.run("provision", "snowflake").exit_code == 0
    assert accounts.run("provision", "snowflake", "--plan").exit_code == 0
    quota = accounts.run("provision", "snowflake", "--plan", "--credit-quota", "50")
    assert quota.exit_code == 2
    assert "CREDIT_QUOTA: 20.00 -> 50" in quota.output
    accounts.run("provision", "snowflake", "--credit-quota", "50")
    # A later run that says nothing of it leaves it.
    assert accounts.run("provision", "snowflake", "--plan").exit_code == 0
    assert accounts.rights.objects[("RESOURCE MONITOR", "SHOPSTREAM_MONITOR")]["CREDIT_QUOTA"] == "50"


def test_addresses_are_added_and_taken_away_by_name(accounts: Accounts) -> None:
    accounts.run("provision", "all", "--allow-ip", "203.0.113.7")
    assert accounts.run("provision", "snowflake", "--allow-ip", "198.51.100.0/24").exit_code == 0
    policy = accounts.rights.objects[("NETWORK POLICY", "SHOPSTREAM_NETWORK")]
    assert policy["ALLOWED_IP_LIST"] == "('203.0.113.7', '198.51.100.0/24')"
    assert accounts.run("provision", "snowflake").exit_code == 0
    assert accounts.run("provision", "snowflake", "--remove-ip", "203.0.113.7").exit_code == 0
    assert policy["ALLOWED_IP_LIST"] == "('198.51.100.0/24')"
    refused = accounts.run("provision", "snowflake", "--remove-ip", "198.51.100.0/24")
    assert "nobody could log in as SHOPSTREAM_SERVICE" in str(refused.exception)
    refused = accounts.run("provision", "snowflake", "--allow-ip", "laptop")
    assert "laptop is not an IPv4 address" in str(refused.exception)


def test_a_second_environment_comes_and_goes_and_the_first_stays(accounts: Accounts) -> None:
    accounts.run("provision", "all")
    staging = accounts.run("provision", "all", prefix="staging", home="staging")
    assert staging.exit_code == 0, staging.exception
    assert ("DATABASE", "STAGING_DWH") in accounts.rights.objects
    # From one home too each has a key of its own.
    accounts.run("provision", "all", prefix="testing")
    keys = {user: accounts.rights.objects[("USER", user)]["RSA_PUBLIC_KEY"] for user in USERS}
    assert len(set(keys.values())) == len(USERS)
    accounts.run("provision", "all", "--destroy", "--with-data", "--yes", prefix="testing")
    assert accounts.run("provision", "all", "--plan").exit_code == 0
    gone = accounts.run("provision", "all", "--destroy", "--with-data", "--yes", prefix="staging", home="staging")
    assert gone.exit_code == 0, gone.exception
    assert [name for _, name in accounts.rights.objects if name.startswith("STAGING")] == []
    assert accounts.run("provision", "all", "--plan").exit_code == 0


def test_a_second_machine_leaves_the_key(accounts: Accounts) -> None:
    accounts.run("provision", "all")
    key = accounts.rights.objects[("USER", "SHOPSTREAM_SERVICE")]["RSA_PUBLIC_KEY"]
    done = accounts.run("provision", "all", home="another")
    assert done.exit_code == 0
    assert "SHOPSTREAM_SERVICE has another key" in done.output
    assert accounts.rights.objects[("USER", "SHOPSTREAM_SERVICE")]["RSA_PUBLIC_KEY"] == key
    assert not (accounts.home / "another" / "keys").exists()


def test_a_key_is_rotated_and_the_old_one_retired(accounts: Accounts) -> None:
    accounts.run("provision", "all")
    user = accounts.rights.objects[("USER", "SHOPSTREAM_SERVICE")]
    old = user["RSA_PUBLIC_KEY"]
    assert accounts.run("provision", "snowflake", "--rotate-key").exit_code == 0
    assert (user["RSA_PUBLIC_KEY"], "RSA_PUBLIC_KEY_2" in user) == (old, True)
    new = str(accounts.home / "home" / "keys" / "snowflake_service_2.p8")
    refused = accounts.run("provision", "snowflake", "--retire-key")
    assert "--retire-key requires --key-file" in str(refused.exception)
    assert accounts.run("provision", "snowflake", "--retire-key", "--key-file", new).exit_code == 1
    assert "RSA_PUBLIC_KEY" in user
    done = accounts.run("provision", "snowflake", "--retire-key", "--key-file", new, "--yes")
    assert done.exit_code == 0, done.exception
    assert "RSA_PUBLIC_KEY" not in user


def test_another_database_does_not_take_the_lake_of_the_first(accounts: Accounts) -> None:
    accounts.run("provision", "all")
    accounts._patch.setenv("SNOWFLAKE_DATABASE", "ANOTHER_DWH")
    refused = accounts.run("provision", "all", "--plan")
    assert isinstance(refused.exception, ShopStreamError)
    assert "is the lake of acme-main/SHOPSTREAM_DWH, not of acme-main/ANOTHER_DWH" in str(refused.exception)
    assert "SHOPSTREAM_S3_PREFIX" in str(refused.exception)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("provision", "aws", "--service", "lambda"), "--service lambda is not one of pods, ec2, ecs"),
        (("provision", "aws", "--oidc-provider", "arn"), "--oidc-provider and --oidc-subject belong together"),
        (("provision", "aws", "--snowflake-user", "arn"), "--snowflake-user and --external-id belong together"),
    ],
)
def test_half_an_option_is_a_sentence(accounts: Accounts, arguments: tuple[str, ...], sentence: str) -> None:
    refused = accounts.run(*arguments)
    assert sentence in str(refused.exception)
    assert accounts.session.client("s3").list_buckets()["Buckets"] == []


def test_two_people_who_may_each_do_a_half_get_there(accounts: Accounts) -> None:
    assert accounts.run("provision", "aws", "--plan").exit_code == 2
    assert accounts.run("provision", "aws").exit_code == 0
    assert accounts.run("provision", "snowflake").exit_code == 0
    done = accounts.run("provision", "aws", "--snowflake-user", "arn:aws:iam::9:user/x", "--external-id", "ID")
    assert done.exit_code == 0, done.exception
    document = accounts.session.client("iam").get_role(RoleName=f"{BUCKET}-snowflake")["Role"]
    assert "'ID'" in str(document["AssumeRolePolicyDocument"])


def test_a_clone_comes_is_listed_and_goes(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.run("provision", "all")
    accounts.session.client("s3").put_object(Bucket=BUCKET, Key="raw/clones/pr_42/raw/x.csv", Body=b"x")
    made = accounts.run("clone", "pr_42")
    assert made.exit_code == 0, made.exception
    assert "SNOWFLAKE_DATABASE=SHOPSTREAM_PR_42" in made.output
    assert "SHOPSTREAM_S3_PREFIX=raw/clones/pr_42" in made.output
    assert "1 clones of SHOPSTREAM_DWH" in accounts.run("clone", "--list").output
    refused = accounts.run("provision", "all", "--destroy", "--with-data", "--yes")
    assert "SHOPSTREAM_PR_42 are clones of SHOPSTREAM_DWH" in str(refused.exception)
    monkeypatch.setenv("SNOWFLAKE_DATABASE", "SHOPSTREAM_PR_42")
    refused = accounts.run("provision", "snowflake", "--plan", "--role-arn", f"{ARN}x")
    assert refused.exit_code == 2
    refused = accounts.run("provision", "snowflake", "--role-arn", f"{ARN}x")
    assert "of another environment of the platform" in str(refused.exception)
    assert "COMMENT ON" not in str(refused.exception)
    monkeypatch.delenv("SNOWFLAKE_DATABASE")
    deleted: list[str] = []
    monkeypatch.setattr("shopstream_platform.stores.lake.Lake.etags", lambda lake, folder: {f"{folder}raw/x.csv": "e"})
    monkeypatch.setattr("shopstream_platform.stores.lake.Lake.delete", lambda lake, keys: deleted.extend(keys))
    gone = accounts.run("clone", "pr_42", "--drop", "--yes")
    assert gone.exit_code == 0, gone.exception
    assert deleted == ["raw/clones/pr_42/raw/x.csv"]
    assert ("DATABASE", "SHOPSTREAM_PR_42") not in accounts.rights.objects
    assert ("DATABASE", "SHOPSTREAM_DWH") in accounts.rights.objects
