"""What a user can mend: exit code 1 and one sentence, without a traceback and without a secret."""

import socket
from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from shopstream_platform_tests.e2e.shop import STRAY, Ran, Shop

PASSWORD = "hunter2-is-secret"
FOREIGN = "somebody_elses"


def _assert_one_sentence(ran: Ran, *words: str) -> None:
    assert ran.code == 1, ran.everything
    (sentence,) = ran.errors
    assert sentence.startswith("error: ")
    assert all(word in sentence for word in words), sentence
    assert "Traceback" not in ran.out + ran.err
    assert PASSWORD not in ran.out + ran.err


@pytest.fixture
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A home in which nothing has ever run, and nothing runs afterwards."""
    shop = Shop.at(tmp_path_factory.mktemp("nowhere") / "home")
    yield shop
    assert not (shop.home / "postgres").exists()
    assert not (shop.home / "warehouse").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SHOPSTREAM_ENV": "prod"}, ["SHOPSTREAM_ENV", "'local', 'ci', 'staging' or 'production'"]),
        ({"SNOWFLAKE_USER": "me", "SNOWFLAKE_PASSWORD": PASSWORD}, ["half a Snowflake", "SNOWFLAKE_ACCOUNT"]),
        ({"SNOWFLAKE_ACCOUNT": "org-account", "SNOWFLAKE_PASSWORD": PASSWORD}, ["SNOWFLAKE_USER is not"]),
        (
            {"SNOWFLAKE_ACCOUNT": "org-account", "SNOWFLAKE_USER": "me"},
            ["Snowflake needs a login", "SNOWFLAKE_PRIVATE_KEY_PATH"],
        ),
        (
            {"SNOWFLAKE_ACCOUNT": "org-account", "SNOWFLAKE_USER": "me", "SNOWFLAKE_PASSWORD": PASSWORD},
            ["the lake is embedded", "SHOPSTREAM_S3_BUCKET"],
        ),
        (
            {"SHOPSTREAM_ENV": "production"},
            ["embeds nothing", "SHOPSTREAM_POSTGRES_DSN, SHOPSTREAM_S3_BUCKET, SNOWFLAKE_ACCOUNT"],
        ),
        ({"SHOPSTREAM_START_DATE": "soon"}, ["SHOPSTREAM_START_DATE"]),
        (
            {"SHOPSTREAM_POSTGRES_DSN": f"postgresql://me:{PASSWORD}@[/somewhere"},
            ["SHOPSTREAM_POSTGRES_DSN is not a connection string"],
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_a_bad_configuration(nowhere: Shop, settings: dict[str, str], words: list[str]) -> None:
    _assert_one_sentence(nowhere.having(**settings).shopstream("seed"), *words)


@pytest.mark.slow
def test_the_plain_dagster_command_says_it_too(nowhere: Shop) -> None:
    ran = nowhere.having(SNOWFLAKE_USER="me", SNOWFLAKE_PASSWORD=PASSWORD).materialize("--partition", "2026-01-01")
    assert ran.code == 1, ran.everything
    assert any("half a Snowflake configuration" in line for line in ran.errors)
    assert PASSWORD not in ran.out + ran.err


@pytest.mark.parametrize("command", ["seed", "refresh"])
def test_a_source_that_cannot_be_reached(shop: Shop, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: every connection is refused
        port = taken.getsockname()[1]
        dsn = f"postgresql://me:{PASSWORD}@127.0.0.1:{port}/shopstream"
        ran = shop.having(SHOPSTREAM_POSTGRES_DSN=dsn).shopstream(command)
    _assert_one_sentence(ran, f"PostgreSQL at 127.0.0.1:{port}/shopstream cannot be reached", "refused")


@pytest.fixture
def foreign_dsn(shop: Shop) -> Iterator[str]:
    """Another database of the embedded server, filled by somebody else."""
    dsn = make_dsn(shop.connections["postgres"]["dsn"], dbname=FOREIGN)
    with shop.source() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {FOREIGN}")
    try:
        connection = psycopg2.connect(dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE users (id SERIAL PRIMARY KEY, email TEXT)")
            cursor.execute("INSERT INTO users (email) VALUES ('theirs@example.org')")
        connection.close()
        yield dsn
    finally:
        with shop.source() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {FOREIGN} WITH (FORCE)")


def test_the_generator_does_not_write_to_a_foreign_database(shop: Shop, foreign_dsn: str) -> None:
    pointed = shop.having(SHOPSTREAM_POSTGRES_DSN=foreign_dsn)
    _assert_one_sentence(pointed.shopstream("seed"), FOREIGN, "SHOPSTREAM_SOURCE=external")
    told = pointed.having(SHOPSTREAM_ALLOW_FOREIGN_SOURCE="1")
    _assert_one_sentence(told.shopstream("seed"), FOREIGN, "users", "did not make")

    connection = psycopg2.connect(foreign_dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
        assert cursor.fetchall() == [("users",)]
        cursor.execute("SELECT id, email FROM users")
        assert cursor.fetchall() == [(1, "theirs@example.org")]
    connection.close()


@pytest.mark.slow
def test_a_refresh_does_not_write_to_a_foreign_database(shop: Shop, foreign_dsn: str) -> None:
    _assert_one_sentence(shop.having(SHOPSTREAM_POSTGRES_DSN=foreign_dsn).shopstream("refresh"), FOREIGN, "external")


def test_a_bucket_that_does_not_exist(shop: Shop) -> None:
    lake = shop.connections["s3"]
    nope = shop.having(
        SHOPSTREAM_S3_BUCKET="nope",
        AWS_ENDPOINT_URL_S3=lake["endpoint_url"],
        AWS_ACCESS_KEY_ID=lake["access_key_id"],
        AWS_SECRET_ACCESS_KEY=lake["secret_access_key"],
    )
    _assert_one_sentence(nope.shopstream("demo"), "bucket nope does not exist", "SHOPSTREAM_S3_BUCKET")


def test_a_stray_variable_changes_nothing(shop: Shop) -> None:
    stray = shop.having(**STRAY)
    doctor = stray.shopstream("doctor")
    assert doctor.code == 0, doctor.everything
    assert "error" not in doctor.text
    assert stray.shopstream("env", "--json").out == shop.shopstream("env", "--json").out
