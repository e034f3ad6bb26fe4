"""The environment that is exported: embedded credentials in full, configured ones masked."""

import os
import shlex
from pathlib import Path

import pytest
import yaml
from dagster._grpc.utils import (
    default_grpc_server_shutdown_grace_period,
    default_grpc_timeout,
    default_schedule_grpc_timeout,
    default_sensor_grpc_timeout,
)

from shopstream_platform.cli.environment import MASK, as_json, as_shell, dagster_home, exports
from shopstream_platform.config.connections import PostgresConnection, S3Connection, SnowflakeConnection
from shopstream_platform.config.files import is_claimed
from shopstream_platform.config.groups import LakeSettings, OltpSettings
from shopstream_platform.config.service_settings import SnowflakeSettings
from shopstream_platform.config.settings import CHECKOUT, Settings
from shopstream_platform.services import embedded

SECRET = "p@ss word'$(x)"
DSN = "host=db.example port=5433 user=reader password='p@ss word\\'$(x)' dbname=shop"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("SHOPSTREAM_", "SNOWFLAKE_", "AWS_", "PG", "DAGSTER_")):
            monkeypatch.delenv(name)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Real services, each with a password; Dagster's own database is embedded all the same."""
    monkeypatch.setattr(embedded, "database", lambda home, name: PostgresConnection(f"postgresql://u:p@h:5/{name}"))
    snowflake = SnowflakeSettings(account="org-account", user="loader", password=SECRET)
    return Settings(
        home=tmp_path, snowflake=snowflake, oltp=OltpSettings(postgres_dsn=DSN), lake=LakeSettings(s3_bucket="lake")
    )


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Embedded services that nobody has to start."""
    lake = S3Connection("lake", "eu-west-3", "http://127.0.0.1:1", "key", SECRET)
    warehouse = SnowflakeConnection("local", "shopstream", SECRET, host="127.0.0.1", port=2, protocol="http")
    monkeypatch.setattr(embedded, "ensure_postgres", lambda home: PostgresConnection(DSN))
    monkeypatch.setattr(embedded, "ensure_object_store", lambda home: lake)
    monkeypatch.setattr(embedded, "ensure_warehouse", lambda home: warehouse)
    monkeypatch.setattr(embedded, "database", lambda home, name: PostgresConnection(f"postgresql://u:p@h:5/{name}"))
    return Settings(home=tmp_path)


def test_configured_secrets_are_masked(configured: Settings) -> None:
    variables = exports(configured, show_secrets=False)
    assert SECRET not in "".join(variables.values())
    assert variables["PGPASSWORD"] == variables["SNOWFLAKE_PASSWORD"] == MASK
    assert (variables["PGHOST"], variables["PGPORT"], variables["PGDATABASE"]) == ("db.example", "5433", "shop")
    assert variables["SNOWFLAKE_ACCOUNT"] == "org-account"


def test_configured_secrets_show_if_asked_for(configured: Settings) -> None:
    variables = exports(configured, show_secrets=True)
    assert variables["PGPASSWORD"] == variables["SNOWFLAKE_PASSWORD"] == SECRET


def test_embedded_credentials_are_given_in_full(local: Settings) -> None:
    variables = exports(local, show_secrets=False)
    assert {variables[n] for n in ("PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "SNOWFLAKE_PASSWORD")} == {SECRET}


def test_dbt_by_hand_finds_the_project_and_parses_it_as_a_whole(local: Settings) -> None:
    variables = exports(local, show_secrets=False)
    assert variables["DBT_PROJECT_DIR"] == variables["DBT_PROFILES_DIR"] == str(CHECKOUT / "shopstream_dbt")
    assert variables["DBT_PARTIAL_PARSE"] == "false"


def test_json_masks_the_same(configured: Settings) -> None:
    found = as_json(configured, show_secrets=False)
    assert list(found) == ["postgres", "s3", "snowflake"]
    assert SECRET not in repr(found)
    assert found["snowflake"]["password"] == MASK
    assert MASK in found["postgres"]["dsn"]


def test_json_shows_if_asked_for(configured: Settings) -> None:
    found = as_json(configured, show_secrets=True)
    assert found["snowflake"]["password"] == SECRET
    assert found["postgres"]["dsn"] == DSN


def test_json_has_what_clients_need(local: Settings) -> None:
    found = as_json(local, show_secrets=False)
    assert found["s3"] == {
        "endpoint_url": "http://127.0.0.1:1",
        "bucket": "lake",
        "prefix": "",
        "access_key_id": "key",
        "secret_access_key": SECRET,
        "region": "eu-west-3",
    }
    assert {"account", "user", "password", "host", "port", "protocol", "database"} <= found["snowflake"].keys()


def test_a_dsn_without_password_is_left_as_it_is(configured: Settings) -> None:
    settings = Settings(
        home=configured.home,
        snowflake=SnowflakeSettings(account="org-account", user="loader", private_key_path="/key.p8"),
        oltp=OltpSettings(postgres_dsn="postgresql://"),
        lake=LakeSettings(s3_bucket="lake"),
    )
    assert as_json(settings, show_secrets=False)["postgres"]["dsn"] == "postgresql://"
    assert "PGPASSWORD" not in exports(settings, show_secrets=False)


def test_a_shell_reads_every_value_as_it_is() -> None:
    line = as_shell({"PGPASSWORD": SECRET})
    assert shlex.split(line) == ["export", f"PGPASSWORD={SECRET}"]


def test_the_instance_gets_a_home_and_a_database(local: Settings) -> None:
    variables = dagster_home(local)
    # `shopstream dev` may come before everything else, and `reset` after it.
    assert is_claimed(local.home)
    assert (Path(variables["DAGSTER_HOME"]) / "dagster.yaml").exists()
    assert variables["SHOPSTREAM_DAGSTER_POSTGRES_URL"].startswith("postgresql+psycopg2://u:p@h:5/dagster")


def test_a_tick_may_hash_all_of_history(local: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in dagster_home(local).items():
        monkeypatch.setenv(name, value)
    assert (default_sensor_grpc_timeout(), default_schedule_grpc_timeout()) == (1800, 1800)
    assert default_grpc_server_shutdown_grace_period() == default_grpc_timeout()


def test_somebodys_own_dagster_home_stays(local: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "/somewhere")
    assert dagster_home(local) == {}


def test_our_own_dagster_home_is_given_again(local: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dagster_home(local)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    assert dagster_home(local) == before


def test_what_runs_print_goes_to_the_lake_if_told_so(local: Settings) -> None:
    assert "S3ComputeLogManager" not in _dagster_yaml(dagster_home(local))
    variables = dagster_home(local.model_copy(update={"lake": LakeSettings(compute_logs_in_lake=True)}))
    logs = yaml.safe_load(text := _dagster_yaml(variables))["compute_logs"]
    assert logs["class"] == "S3ComputeLogManager"
    assert (logs["config"]["bucket"], logs["config"]["endpoint_url"]) == ("lake", "http://127.0.0.1:1")
    assert SECRET not in text
    assert variables["AWS_SECRET_ACCESS_KEY"] == SECRET


def _dagster_yaml(variables: dict[str, str]) -> str:
    return (Path(variables["DAGSTER_HOME"]) / "dagster.yaml").read_text()


@pytest.mark.parametrize("damaged", [b"", b"\x8a\xff", b"storage:\n"])
def test_a_damaged_dagster_yaml_is_written_anew(damaged: bytes, local: Settings) -> None:
    file = Path(dagster_home(local)["DAGSTER_HOME"]) / "dagster.yaml"
    before = file.read_bytes()
    file.write_bytes(damaged)
    dagster_home(local)
    assert file.read_bytes() == before
