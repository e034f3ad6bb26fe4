"""The SQL files: complete, ordered, safe to run again, and readable by Snowflake's grammar."""

import logging
import re
import stat
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
import sqlglot
from cryptography.hazmat.primitives import serialization
from snowflake.connector import errors
from typer.testing import CliRunner

from shopstream_platform.cli.app import app
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.provision.snowflake.account import Account, script, statements
from shopstream_platform.provision.snowflake.keys import public_key
from shopstream_platform_tests.stores.logins import PASSPHRASE, private_key

FULL = Account(
    "SHOPSTREAM_DWH",
    "lake",
    "arn:aws:iam::1:role/x",
    public_key="TUlJQg==",
    credit_quota=50,
    notify=("anne", "jane.doe@x.com"),
    mask_pii=True,
    developers=True,
    readers=("ANALYST",),
    allowed_ips=("203.0.113.7",),
)
SET_UP = statements(FULL)
CREATE = re.compile(
    r"CREATE (ROLE|USER|DATABASE|WAREHOUSE|RESOURCE MONITOR|STORAGE INTEGRATION|NETWORK POLICY) IF NOT EXISTS (\w+)"
)


def after_role(text: str) -> str:
    """The role that a statement runs as."""
    roles = [sql.removeprefix("USE ROLE ") for sql in SET_UP[: SET_UP.index(text)] if sql.startswith("USE ROLE ")]
    return roles[-1]


@pytest.mark.parametrize("statement", SET_UP)
def test_every_statement_is_one_that_snowflakes_dialect_reads(statement: str) -> None:
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    assert len(sqlglot.parse(statement, dialect="snowflake")) == 1


def test_every_statement_is_safe_to_run_again() -> None:
    creating = [sql for sql in SET_UP if sql.startswith("CREATE")]
    assert creating
    assert [sql for sql in creating if "IF NOT EXISTS" not in sql] == []
    assert not any("OR REPLACE" in sql for sql in SET_UP)


def test_accountadmin_does_only_what_nobody_else_may() -> None:
    own = [sql for sql in SET_UP if not sql.startswith("USE") and after_role(sql) == "ACCOUNTADMIN"]
    assert [
        sql
        for sql in own
        if not any(word in sql for word in ("RESOURCE MONITOR", "RESOURCE_MONITOR", "INTEGRATION", "NETWORK"))
    ] == []


def test_three_warehouses_suspend_themselves_and_stop_long_statements() -> None:
    monitored = {"LOADING_WH": "MONITOR", "TRANSFORM_WH": "MONITOR", "BI_WH": "BI_MONITOR"}
    for name, size in (("LOADING_WH", "XSMALL"), ("TRANSFORM_WH", "SMALL"), ("BI_WH", "XSMALL")):
        [create] = [sql for sql in SET_UP if sql.startswith(f"CREATE WAREHOUSE IF NOT EXISTS SHOPSTREAM_{name}")]
        [alter] = [sql for sql in SET_UP if sql.startswith(f"ALTER WAREHOUSE SHOPSTREAM_{name} SET AUTO_SUSPEND")]
        assert f"WAREHOUSE_SIZE = '{size}'" in create
        assert "AUTO_SUSPEND = 60 AUTO_RESUME = TRUE STATEMENT_TIMEOUT_IN_SECONDS" in alter
        assert f"ALTER WAREHOUSE SHOPSTREAM_{name} SET RESOURCE_MONITOR = SHOPSTREAM_{monitored[name]}" in SET_UP


def test_a_quota_holds_at_each_run_and_somebody_hears_of_it() -> None:
    assert "ALTER RESOURCE MONITOR SHOPSTREAM_MONITOR SET CREDIT_QUOTA = 50" in SET_UP
    assert not any("BI_MONITOR SET CREDIT_QUOTA" in sql for sql in SET_UP)
    for monitor in ("MONITOR", "BI_MONITOR"):
        wanted = f'ALTER RESOURCE MONITOR SHOPSTREAM_{monitor} SET NOTIFY_USERS = (ANNE, "jane.doe@x.com")'
        assert wanted in SET_UP
    new = [sql for sql in SET_UP if sql.startswith("CREATE RESOURCE MONITOR")]
    assert ["CREDIT_QUOTA = 50" in new[0], "CREDIT_QUOTA = 10" in new[1]] == [True, True]


def test_reporters_never_see_raw_and_loaders_never_see_marts() -> None:
    grants = [sql for sql in SET_UP if sql.startswith("GRANT")]
    assert [sql for sql in grants if sql.endswith("_REPORTER") and (".RAW" in sql or "STAGING" in sql)] == []
    assert [sql for sql in grants if sql.endswith("_LOADER") and re.search(r"\.(CORE|MARTS|STAGING)", sql)] == []
    changing = [sql for sql in grants if re.search(r"INSERT|UPDATE|DELETE|CREATE", sql)]
    assert {sql.rsplit(" ", 1)[1] for sql in changing} == {"SHOPSTREAM_LOADER", "SHOPSTREAM_TRANSFORMER"}
    assert not any("OWNERSHIP" in sql or "ALL PRIVILEGES" in sql for sql in grants)


def test_readers_get_no_table_before_dbt_has_masked_it() -> None:
    readers = [sql for sql in SET_UP if sql.endswith(("ROLE SHOPSTREAM_REPORTER", "ROLE ANALYST"))]
    assert readers
    assert [sql for sql in readers if "SELECT" in sql] == []


def test_every_object_of_the_account_has_the_environments_prefix_and_mark() -> None:
    own = [sql for sql in SET_UP if (found := CREATE.match(sql)) and found[1] != "RESOURCE MONITOR"]
    assert len(own) == 12
    for sql in own:
        assert f"{FULL.mark}'" in sql, sql
        assert CREATE.match(sql)[2].startswith("SHOPSTREAM_"), sql  # pyright: ignore[reportOptionalSubscript]


@pytest.mark.parametrize(
    ("partition", "provider", "url"),
    [("aws", "S3", "s3://"), ("aws-us-gov", "S3GOV", "s3gov://"), ("aws-cn", "S3CHINA", "s3china://")],
)
def test_integration_and_stage_follow_the_partition_of_aws(partition: str, provider: str, url: str) -> None:
    sql = script(Account("D", "lake", f"arn:{partition}:iam::1:role/x", lake_prefix="shop/"))
    assert f"STORAGE_PROVIDER = '{provider}'" in sql
    assert sql.count(f"'{url}lake/shop/raw/'") == 4
    assert "SET URL = " in sql


def test_every_personal_column_is_masked_on_request_only() -> None:
    personal = {
        f"RAW.{table.name.upper()} MODIFY COLUMN {c.name}" for table in SHOP_TABLES for c in table.columns if c.pii
    }
    masked = [sql for sql in SET_UP if "SET MASKING POLICY" in sql]
    assert personal
    assert {sql.removeprefix("ALTER TABLE SHOPSTREAM_DWH.").split(" SET ")[0] for sql in masked} == personal
    assert "MASKING POLICY" not in "\n".join(statements(Account("D", "b")))
    assert "NETWORK" not in "\n".join(statements(Account("D", "b")))


def test_the_service_user_has_a_key_and_no_password() -> None:
    assert "ALTER USER SHOPSTREAM_SERVICE SET RSA_PUBLIC_KEY = 'TUlJQg=='" in SET_UP
    assert "PASSWORD" not in script(FULL)
    assert any("TYPE = SERVICE" in sql for sql in SET_UP)


def test_a_private_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "service.p8"
    key = public_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert public_key(file) == key
    loaded = serialization.load_pem_public_key(f"-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----".encode())
    assert loaded.key_size == 2048  # pyright: ignore[reportAttributeAccessIssue]


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no key")
    with pytest.raises(ShopStreamError, match=r"notes\.txt is not a private key in PEM format.*--key-file"):
        public_key(file)


@pytest.mark.parametrize("old_format", [False, True])
def test_an_encrypted_key_is_read_with_its_passphrase(tmp_path: Path, old_format: bool) -> None:
    plain, locked = tmp_path / "plain.p8", tmp_path / "locked.p8"
    plain.write_bytes(private_key())
    locked.write_bytes(private_key(PASSPHRASE, old_format=old_format))
    # A passphrase that is of the administrator's own key is no fault of a key that has none.
    assert public_key(locked, PASSPHRASE) == public_key(plain) == public_key(plain, PASSPHRASE)
    with pytest.raises(ShopStreamError, match="is not its passphrase"):
        public_key(locked, "wrong")


@pytest.mark.parametrize("by_setting", [True, False])
def test_the_passphrase_of_the_services_key_is_a_setting_or_asked_for(
    by_setting: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked.p8").write_bytes(private_key(PASSPHRASE))
    for name, value in {"SHOPSTREAM_HOME": str(tmp_path / "home"), "SHOPSTREAM_S3_BUCKET": "lake"}.items():
        monkeypatch.setenv(name, value)
    login = {"SNOWFLAKE_AUTHENTICATOR": "externalbrowser"}
    if by_setting:
        login = {"SNOWFLAKE_PRIVATE_KEY_PATH": "/k", "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": PASSPHRASE}
    for name, value in ({"SNOWFLAKE_ACCOUNT": "org-account", "SNOWFLAKE_USER": "admin"} | login).items():
        monkeypatch.setenv(name, value)
    arguments = ["--dry-run", "--role-arn", "arn:aws:iam::1:role/x", "--key-file", str(tmp_path / "locked.p8")]
    done = CliRunner().invoke(app, ["provision", "snowflake", *arguments], input=f"{PASSPHRASE}\n")
    assert done.exit_code == 0
    assert public_key(tmp_path / "locked.p8", PASSPHRASE) in done.output
    assert PASSPHRASE not in done.output


@pytest.mark.parametrize(
    ("login", "told"),
    [
        ({"SNOWFLAKE_AUTHENTICATOR": "externalbrowser"}, {"authenticator": "externalbrowser"}),
        (
            {"SNOWFLAKE_PASSWORD": "p", "SNOWFLAKE_PASSCODE": "123456"},
            {"authenticator": "username_password_mfa", "passcode": "123456"},
        ),
    ],
)
def test_an_administrator_with_single_sign_on_or_a_second_factor_provisions(
    login: dict[str, str], told: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: dict[str, Any] = {}

    def connect(**arguments: Any) -> Any:
        opened.update(arguments)
        raise errors.DatabaseError("told")

    monkeypatch.setattr(snowflake.connector, "connect", connect)
    account = {"SNOWFLAKE_ACCOUNT": "org-account", "SNOWFLAKE_USER": "admin", "SNOWFLAKE_ROLE": "SHOPSTREAM_PLATFORM"}
    home = {"SHOPSTREAM_HOME": str(tmp_path / "home"), "SHOPSTREAM_S3_BUCKET": "lake"}
    for name, value in (account | home | login).items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["provision", "snowflake", "--role-arn", "arn:aws:iam::1:role/x"])
    assert "told" in str(done.exception)
    assert {name: opened[name] for name in told} == told
    # Its role may not exist yet, and a person takes longer than a machine.
    assert "role" not in opened
    assert opened["login_timeout"] > 60


@pytest.mark.parametrize("command", ["snowflake", "all"])
def test_a_dry_run_needs_no_account_and_makes_no_key(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPSTREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHOPSTREAM_S3_BUCKET", "lake")
    monkeypatch.delenv("SNOWFLAKE_ACCOUNT", raising=False)
    done = CliRunner().invoke(app, ["provision", command, "--dry-run"])
    assert done.exit_code == 0, done.exception
    sql = script(Account("SHOPSTREAM_DWH", "lake", "arn:aws:iam::AWS_ACCOUNT_ID:role/lake-snowflake"))
    assert done.output.endswith(sql + "\n")
    assert ("AWSTemplateFormatVersion" in done.output) == (command == "all")
    assert not (tmp_path / "home").exists()


def test_a_dry_run_needs_no_bucket_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSTREAM_HOME", str(tmp_path / "home"))
    for name in ("SHOPSTREAM_S3_BUCKET", "SNOWFLAKE_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    done = CliRunner().invoke(app, ["provision", "all", "--dry-run"])
    assert done.exit_code == 0, done.exception
    assert "'s3://YOUR_BUCKET/raw/'" in done.output


def test_without_an_account_it_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSTREAM_HOME", str(tmp_path))
    monkeypatch.setenv("SHOPSTREAM_S3_BUCKET", "lake")
    monkeypatch.delenv("SNOWFLAKE_ACCOUNT", raising=False)
    done = CliRunner().invoke(app, ["provision", "all"])
    assert isinstance(done.exception, ShopStreamError)
    assert "SNOWFLAKE_ACCOUNT is not set" in str(done.exception)
