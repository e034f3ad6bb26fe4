"""Environment variables -> settings: nothing falls through, nothing secret shows."""

import os
from datetime import date
from pathlib import Path

import pytest

from shopstream_platform.config.connections import PostgresConnection, S3Connection, SnowflakeConnection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import Source
from shopstream_platform.config.load import known_variables, load_settings
from shopstream_platform.config.settings import Environment, Settings

SECRET = "hunter2-s3cret"
SNOWFLAKE = {"SNOWFLAKE_ACCOUNT": "org-account", "SNOWFLAKE_USER": "loader", "SNOWFLAKE_PASSWORD": SECRET}
BUCKET = {"SHOPSTREAM_S3_BUCKET": "shopstream-datalake-x"}
DSN = {"SHOPSTREAM_POSTGRES_DSN": f"postgresql://reader:{SECRET}@db/shop"}
STRAY = {
    "PGHOST": "production-db",
    "PGUSER": "postgres",
    "PGPASSWORD": SECRET,
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL": "http://elsewhere",
    "AWS_ENDPOINT_URL_S3": "http://elsewhere",
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "DATABASE_URL": "postgresql://elsewhere/x",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("SHOPSTREAM_", "SNOWFLAKE_", "AWS_", "PG")):
            monkeypatch.delenv(name)


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """The error's text: one line, no secret, no traceback to a pydantic error that has one."""
    with pytest.raises(ShopStreamError) as caught:
        settings(monkeypatch, **variables)
    message = str(caught.value)
    assert "\n" not in message
    assert SECRET not in message + repr(caught.value.__cause__)
    return message


def test_without_any_variable_everything_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch)
    assert list(found.embedded_services) == ["postgres", "lake", "warehouse"]
    assert (found.env, found.oltp.source) == (Environment.LOCAL, Source.SIMULATED)
    assert (found.calendar.start_date, found.calendar.source_timezone, found.oltp.drift_days) == (
        date(2025, 9, 1),
        "UTC",
        90,
    )
    assert found.home.is_absolute()


def test_stray_variables_of_a_laptop_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings(monkeypatch)
    after, endpoint = settings(monkeypatch, **STRAY), {"lake": {"s3_endpoint_url"}}
    assert list(after.embedded_services) == list(before.embedded_services)
    assert after.oltp.connection() is after.lake.connection() is after.snowflake.connection() is None
    assert after.model_dump(exclude=endpoint) == before.model_dump(exclude=endpoint)


def test_a_service_is_real_once_its_switch_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, **DSN, **BUCKET, **SNOWFLAKE)
    assert found.embedded_services == {}
    connections = found.oltp.connection(), found.lake.connection(), found.snowflake.connection()
    postgres, lake, warehouse = connections
    assert (postgres, lake) == (
        PostgresConnection(DSN["SHOPSTREAM_POSTGRES_DSN"]),
        S3Connection("shopstream-datalake-x", "eu-west-3"),
    )
    assert warehouse == SnowflakeConnection(account="org-account", user="loader", password=SECRET)


def test_a_bare_dsn_leaves_the_rest_to_libpq(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, SHOPSTREAM_POSTGRES_DSN="postgresql://", PGHOST="db").oltp.connection()
    assert found is not None
    assert found.dsn == "postgresql://"


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_has_two_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    found = settings(monkeypatch, **BUCKET, **{name: "us-east-1"}).lake.connection()
    assert found is not None
    assert found.region == "us-east-1"


def test_a_configured_bucket_may_have_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, **BUCKET, AWS_ENDPOINT_URL_S3="http://127.0.0.1:9000").lake.connection()
    assert found is not None
    assert found.endpoint_url == "http://127.0.0.1:9000"


@pytest.mark.parametrize("name", ["prod", "LOCAL", "dev", "local "])
def test_an_unknown_environment_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    message = refusal(monkeypatch, SHOPSTREAM_ENV=name)
    assert "SHOPSTREAM_ENV" in message
    assert all(known in message for known in ("local", "ci", "staging", "production"))


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_nothing_is_embedded_in_staging_and_production(monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    message = refusal(monkeypatch, SHOPSTREAM_ENV=environment)
    assert f"SHOPSTREAM_ENV={environment}" in message
    switches = ("SHOPSTREAM_POSTGRES_DSN", "SHOPSTREAM_S3_BUCKET", "SNOWFLAKE_ACCOUNT")
    assert all(switch in message for switch in switches)


def test_only_what_is_missing_in_production_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, SHOPSTREAM_ENV="production", **BUCKET, **SNOWFLAKE)
    assert "SHOPSTREAM_POSTGRES_DSN" in message
    assert "SNOWFLAKE_ACCOUNT" not in message


def test_production_has_the_exact_schema_names(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = SNOWFLAKE | BUCKET | DSN | {"SHOPSTREAM_ENV": "production"}
    assert settings(monkeypatch, **variables).dbt.schema_of("MARTS") == "MARTS"
    assert "SHOPSTREAM_SCHEMA_PREFIX" in refusal(monkeypatch, **variables, SHOPSTREAM_SCHEMA_PREFIX="alice_")


def test_a_developer_has_schemas_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, SHOPSTREAM_SCHEMA_PREFIX="alice_").dbt.schema_of("MARTS") == "ALICE_MARTS"
    assert "SHOPSTREAM_SCHEMA_PREFIX" in refusal(monkeypatch, SHOPSTREAM_SCHEMA_PREFIX="x; DROP")


def test_an_environment_has_a_prefix_and_a_database_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, SNOWFLAKE_PREFIX="staging_", **SNOWFLAKE, **BUCKET).snowflake
    assert (found.prefix, found.database) == ("STAGING_", "STAGING_DWH")
    named = settings(monkeypatch, SNOWFLAKE_PREFIX="STAGING_", SNOWFLAKE_DATABASE="SHOP", **SNOWFLAKE, **BUCKET)
    assert named.snowflake.database == "SHOP"
    for wrong in ("STAGING", "1_", "A-B_", "X" * 40 + "_"):
        assert "is not the beginning of a name" in refusal(monkeypatch, SNOWFLAKE_PREFIX=wrong, **SNOWFLAKE, **BUCKET)


def test_a_lake_may_lie_below_folders_of_its_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("teams/shop", "/teams/shop/"):
        assert settings(monkeypatch, SHOPSTREAM_S3_PREFIX=given, **BUCKET).lake.s3_prefix == "teams/shop/"
    for wrong in ("../x", "a//b", "a b", "."):
        assert "is not a folder of the bucket" in refusal(monkeypatch, SHOPSTREAM_S3_PREFIX=wrong, **BUCKET)


def test_readers_are_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, SHOPSTREAM_READER_ROLES="analyst, FINANCE").dbt.readers == ["ANALYST", "FINANCE"]
    for wrong in ("A;DROP", "A,,B", "a'b"):
        assert "is not a list of Snowflake roles" in refusal(monkeypatch, SHOPSTREAM_READER_ROLES=wrong)


def test_production_works_once_all_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, SHOPSTREAM_ENV="production", **DSN, **BUCKET, **SNOWFLAKE).env == "production"


@pytest.mark.parametrize(
    "variables",
    [
        {"SNOWFLAKE_USER": "loader"},
        {"SNOWFLAKE_PASSWORD": SECRET},
        {"SNOWFLAKE_PRIVATE_KEY_PATH": "/key.p8"},
        {"SNOWFLAKE_PRIVATE_KEY": SECRET},
        {"SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": SECRET},
        {"SNOWFLAKE_TOKEN": SECRET},
        {"SNOWFLAKE_TOKEN_FILE_PATH": "/token"},
        {"SNOWFLAKE_OAUTH_CLIENT_SECRET": SECRET},
        {"SNOWFLAKE_USER": "loader", "SNOWFLAKE_PASSWORD": SECRET},
        {"SNOWFLAKE_ACCOUNT": "org-account"},
        {"SNOWFLAKE_ACCOUNT": "org-account", "SNOWFLAKE_USER": "loader"},
        {"SNOWFLAKE_ACCOUNT": "org-account", "SNOWFLAKE_PASSWORD": SECRET},
        SNOWFLAKE | {"SNOWFLAKE_PRIVATE_KEY_PATH": "/key.p8"},
        SNOWFLAKE | {"SNOWFLAKE_USER": ""},
        SNOWFLAKE | {"SNOWFLAKE_ACCOUNT": ""},
    ],
    ids=lambda variables: "+".join(name.removeprefix("SNOWFLAKE_") for name in variables),
)
def test_half_a_snowflake_configuration_is_refused(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    assert "SNOWFLAKE_" in refusal(monkeypatch, **BUCKET, **variables)


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ({}, "Snowflake needs a login: SNOWFLAKE_PRIVATE_KEY_PATH or SNOWFLAKE_PRIVATE_KEY (recommended)"),
        ({"SNOWFLAKE_AUTHENTICATOR": "okta"}, "SNOWFLAKE_AUTHENTICATOR is not one of snowflake_jwt, snowflake,"),
        (
            {"SNOWFLAKE_PRIVATE_KEY_PATH": "/k", "SNOWFLAKE_PRIVATE_KEY": SECRET},
            "needs one of SNOWFLAKE_PRIVATE_KEY_PATH or SNOWFLAKE_PRIVATE_KEY, not both",
        ),
        ({"SNOWFLAKE_PRIVATE_KEY_PATH": "/k", "SNOWFLAKE_PASSWORD": SECRET}, "does not use SNOWFLAKE_PASSWORD"),
        ({"SNOWFLAKE_PRIVATE_KEY": SECRET, "SNOWFLAKE_TOKEN": SECRET}, "does not use SNOWFLAKE_TOKEN: unset it"),
        ({"SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": SECRET}, "Snowflake needs a login"),
        ({"SNOWFLAKE_AUTHENTICATOR": "snowflake_jwt"}, "needs SNOWFLAKE_PRIVATE_KEY_PATH or SNOWFLAKE_PRIVATE_KEY"),
        ({"SNOWFLAKE_TOKEN": SECRET}, "SNOWFLAKE_AUTHENTICATOR=programmatic_access_token"),
        ({"SNOWFLAKE_AUTHENTICATOR": "programmatic_access_token"}, "SNOWFLAKE_TOKEN or SNOWFLAKE_TOKEN_FILE_PATH"),
        (
            {
                "SNOWFLAKE_AUTHENTICATOR": "programmatic_access_token",
                "SNOWFLAKE_PASSWORD": SECRET,
                "SNOWFLAKE_TOKEN": "t",
            },
            "does not use SNOWFLAKE_PASSWORD",
        ),
        (
            {
                "SNOWFLAKE_AUTHENTICATOR": "programmatic_access_token",
                "SNOWFLAKE_TOKEN": SECRET,
                "SNOWFLAKE_TOKEN_FILE_PATH": "/token",
            },
            "not both",
        ),
        (
            {"SNOWFLAKE_AUTHENTICATOR": "externalbrowser", "SNOWFLAKE_PASSWORD": SECRET},
            "does not use SNOWFLAKE_PASSWORD",
        ),
        ({"SNOWFLAKE_AUTHENTICATOR": "username_password_mfa"}, "needs SNOWFLAKE_PASSWORD"),
        ({"SNOWFLAKE_AUTHENTICATOR": "oauth_client_credentials"}, "needs SNOWFLAKE_OAUTH_CLIENT_ID"),
        (
            {"SNOWFLAKE_AUTHENTICATOR": "oauth_client_credentials", "SNOWFLAKE_OAUTH_CLIENT_ID": "c"},
            "needs SNOWFLAKE_OAUTH_CLIENT_SECRET",
        ),
        (
            {
                "SNOWFLAKE_AUTHENTICATOR": "oauth_client_credentials",
                "SNOWFLAKE_OAUTH_CLIENT_ID": "c",
                "SNOWFLAKE_OAUTH_CLIENT_SECRET": SECRET,
                "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL": "http://login.example/token",
            },
            "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL is not an address that begins with https://",
        ),
        ({"SNOWFLAKE_AUTHENTICATOR": "workload_identity"}, "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER: AWS or OIDC"),
        (
            {"SNOWFLAKE_AUTHENTICATOR": "workload_identity", "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "MARS"},
            "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER: AWS or OIDC",
        ),
        (
            {"SNOWFLAKE_AUTHENTICATOR": "workload_identity", "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "OIDC"},
            "needs SNOWFLAKE_TOKEN or SNOWFLAKE_TOKEN_FILE_PATH",
        ),
        (
            {
                "SNOWFLAKE_AUTHENTICATOR": "workload_identity",
                "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS",
                "SNOWFLAKE_TOKEN": SECRET,
            },
            "does not use SNOWFLAKE_TOKEN",
        ),
    ],
)
def test_half_a_login_and_two_in_one_are_refused(
    monkeypatch: pytest.MonkeyPatch, login: dict[str, str], words: str
) -> None:
    account = {"SNOWFLAKE_ACCOUNT": "org-account", "SNOWFLAKE_USER": "loader"}
    assert words in refusal(monkeypatch, **BUCKET, **account, **login)


def test_a_shell_that_names_a_way_to_log_in_and_no_account_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stray = {
        "SNOWFLAKE_AUTHENTICATOR": "externalbrowser",
        "SNOWFLAKE_OAUTH_SCOPE": "x",
        "SNOWFLAKE_TRANSFORM_ROLE": "R",
    }
    assert settings(monkeypatch, **stray).warehouse_is_embedded
    assert "SNOWFLAKE_AUTHENTICATOR" not in os.environ


def test_real_snowflake_cannot_read_an_embedded_lake(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "SHOPSTREAM_S3_BUCKET" in refusal(monkeypatch, **SNOWFLAKE)


def test_the_account_local_means_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, **(SNOWFLAKE | {"SNOWFLAKE_ACCOUNT": "local"}), SNOWFLAKE_HOST="127.0.0.1")
    assert found.warehouse_is_embedded
    assert found.snowflake.connection() is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHOPSTREAM_SOURCE_TIMEZONE", "Mars/Olympus"),
        ("SHOPSTREAM_SOURCE_TIMEZONE", "../../etc/passwd"),
        ("SHOPSTREAM_SOURCE_TIMEZONE", "Europe"),
        ("SHOPSTREAM_START_DATE", "01.09.2025"),
        ("SHOPSTREAM_START_DATE", "2025-02-30"),
        ("SHOPSTREAM_SCALE", "0"),
        ("SHOPSTREAM_SCALE", "-1"),
        ("SHOPSTREAM_SCALE", "many"),
        ("SHOPSTREAM_SCALE", "nan"),
        ("SHOPSTREAM_DRIFT_DAYS", "0"),
        ("SHOPSTREAM_GZIP_LEVEL", "-1"),
        ("SHOPSTREAM_GZIP_LEVEL", "4"),
        ("SHOPSTREAM_GZIP_LEVEL", "best"),
        ("SHOPSTREAM_TABLES_AT_ONCE", "0"),
        ("SHOPSTREAM_TABLES_AT_ONCE", "17"),
        ("SHOPSTREAM_SEED", "x"),
        ("SHOPSTREAM_SOURCE", "mine"),
        ("SHOPSTREAM_SHOW_PII", "perhaps"),
        ("SNOWFLAKE_PORT", "https"),
    ],
)
def test_a_bad_value_is_refused_by_its_variables_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert name in refusal(monkeypatch, **{name: value})


def test_all_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, SHOPSTREAM_SCALE="0", SHOPSTREAM_START_DATE="x")
    assert "SHOPSTREAM_SCALE" in message
    assert "SHOPSTREAM_START_DATE" in message


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings(monkeypatch)
    names = [
        *known_variables(),
        "SNOWFLAKE_ACCOUNT",
        "SNOWFLAKE_USER",
        "SNOWFLAKE_PASSWORD",
        "AWS_REGION",
        "AWS_ENDPOINT_URL_S3",
    ]
    assert settings(monkeypatch, **dict.fromkeys(names, "")) == before


def test_a_home_may_be_relative_or_begin_with_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings(monkeypatch, SHOPSTREAM_HOME="data").home == tmp_path / "data"
    assert settings(monkeypatch, SHOPSTREAM_HOME="~/data").home == tmp_path / "data"


def test_secrets_show_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, **DSN, **BUCKET, **SNOWFLAKE)
    shown = [found, found.oltp.connection(), found.lake.connection(), found.snowflake.connection()]
    assert SECRET not in "".join(repr(one) + str(one) for one in shown)


def test_celery_needs_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "SHOPSTREAM_CELERY_URL" in refusal(monkeypatch, SHOPSTREAM_EXECUTOR="celery")
    found = settings(monkeypatch, SHOPSTREAM_CELERY_URL=f"redis://:{SECRET}@host/0")
    assert SECRET not in repr(found)


def test_source_links_need_a_platform_that_dagster_can_link_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "SHOPSTREAM_CODE_URL" in refusal(monkeypatch, SHOPSTREAM_CODE_URL="https://example.com/shop")
    assert (
        settings(monkeypatch, SHOPSTREAM_CODE_URL="https://github.com/a/b").operation.code_url
        == "https://github.com/a/b"
    )


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://me:p@ss@127.0.0.1:5432/shop",
        "postgresql://me:p@ss:w/rdA'\"$@127.0.0.1/shop",
        "postgresql://me:p/secret@db.example/shop",
        "postgresql://me:p#a@b@db.example/shop",
    ],
)
def test_a_password_that_libpq_would_take_for_a_host_is_refused_without_it(
    monkeypatch: pytest.MonkeyPatch, dsn: str
) -> None:
    monkeypatch.setenv("SHOPSTREAM_POSTGRES_DSN", dsn)
    with pytest.raises(ShopStreamError, match="such as %40 for @") as refused:
        load_settings()
    assert not [part for part in ("ss@", "w/rd", "secret", "#a") if part in str(refused.value)]


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://",
        "postgresql://me:p%40ss@db.example:5432/shop",
        "postgresql://me@[::1]:5432,db_2:5433/shop",
        "host=/var/run/postgresql dbname=shop",
        "host=@abstract dbname=shop",
        "service=shop",
    ],
)
def test_connection_strings_of_every_kind_are_taken(monkeypatch: pytest.MonkeyPatch, dsn: str) -> None:
    monkeypatch.setenv("SHOPSTREAM_POSTGRES_DSN", dsn)
    assert Settings().oltp.connection() == PostgresConnection(dsn)
