"""What a source's server may refuse: one sentence with advice that works, tried again only where time may help."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from shopstream_platform.config.environment.libpq import closed, for_psql
from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.stores.postgres import connect, snapshot
from shopstream_platform.stores.postgres_errors import translated
from shopstream_platform_tests.fixtures.pipeline import Pipeline

READER, PASSWORD = "narrow_reader", "hunter2-is-secret"


@pytest.fixture
def reader(pipeline: Pipeline) -> Iterator[str]:
    """The source as a role that may connect and nothing else."""
    pipeline.sql(f"DROP ROLE IF EXISTS {READER}; CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'")
    pipeline.sql(f"GRANT USAGE ON SCHEMA public TO {READER}")
    yield make_dsn(pipeline.dsn, user=READER, password=PASSWORD)
    pipeline.sql(f"DROP OWNED BY {READER}; DROP ROLE {READER}")


def refusal(dsn: str, *statements: str) -> ShopStreamError:
    """What comes of the statements in one transaction."""
    with pytest.raises(ShopStreamError) as caught, snapshot(dsn) as conn, conn.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    assert "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["SET statement_timeout = '50ms'", "SELECT pg_sleep(5)"], ["statement timeout", "ALTER ROLE", "options="]),
        (["SELECT * FROM users"], ["permission denied for table users", f'GRANT SELECT ON users TO "{READER}"']),
        (["SELECT * FROM nowhere"], ["nowhere", "SHOPSTREAM_POSTGRES_DSN", "search_path"]),
        (["SELECT nothing FROM (SELECT 1 AS one) AS t"], ["nothing", "shopstream doctor"]),
        (["SELECT convert_from('\\xff', 'UTF8')"], ["invalid byte sequence", "correct the row"]),
        (["SELECT convert_to(chr(8364), 'LATIN1')"], ["no equivalent", "correct the row"]),
        (["SELECT 1 / 0"], ["division by zero", "22012"]),
    ],
)
def test_what_stays(reader: str, statements: list[str], words: list[str]) -> None:
    error = refusal(reader, *statements)
    assert not isinstance(error, TransientError)
    assert all(word in str(error) for word in words), error


def test_a_schema_that_the_role_may_not_use(pipeline: Pipeline, reader: str) -> None:
    pipeline.sql("CREATE SCHEMA shop; CREATE TABLE shop.t (id int)")
    error = refusal(reader, "SELECT * FROM shop.t")
    assert f'GRANT USAGE ON SCHEMA shop TO "{READER}"' in str(error)


def test_a_lock_that_somebody_holds(pipeline: Pipeline) -> None:
    with closing(psycopg2.connect(pipeline.dsn)) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        error = refusal(pipeline.dsn, "SET lock_timeout = '50ms'", "SELECT * FROM users")
    assert "lock timeout" in str(error)
    assert not isinstance(error, TransientError)


def test_a_session_that_an_administrator_ends(pipeline: Pipeline) -> None:
    error = refusal(pipeline.dsn, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert isinstance(error, TransientError)
    assert "Safe to run again" in str(error)


def test_rows_do_not_show(pipeline: Pipeline) -> None:
    with pytest.raises(ShopStreamError) as caught, connect(pipeline.dsn) as conn, conn.cursor() as cursor:
        for _ in range(2):
            cursor.execute("INSERT INTO users (id, email) VALUES (1, 'ann@example.com')")
    assert "ann@example.com" not in str(caught.value)


@pytest.mark.parametrize(
    ("state", "text", "transient", "words"),
    [
        ("40001", "canceling statement due to conflict with recovery", True, "hot_standby_feedback"),
        ("53300", "too many connections for role", True, "SHOPSTREAM_TABLES_AT_ONCE"),
        ("53100", "could not extend file: No space left on device", False, "disk of the database's server is full"),
        ("57P01", "terminating connection due to administrator command", True, "Safe to run again"),
        ("25P04", "terminating connection due to transaction timeout", False, "transaction_timeout"),
        (
            "42501",
            'query would be affected by row-level security policy for table "users"',
            False,
            'ALTER ROLE "reader" BYPASSRLS',
        ),
        ("57P04", "terminating connection because database was dropped", False, "restore it, or check the database"),
    ],
)
def test_what_is_not_provoked_here(state: str, text: str, transient: bool, words: str) -> None:
    class Error(psycopg2.OperationalError):
        pgcode = state

    error = translated(Error(text), "db:5432/shop", "reader")
    assert isinstance(error, TransientError) == transient
    assert words in str(error)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "wrong"}, "Check the password"),
        ({"dbname": "nowhere"}, "Check the database"),
        ({"sslmode": "require"}, "Check sslmode"),
        ({"sslmode": "junk"}, "Check SHOPSTREAM_POSTGRES_DSN"),
        ({"options": "-c no_such_setting=1"}, "no_such_setting"),
    ],
)
def test_a_login_that_stays_refused_is_not_tried_again(pipeline: Pipeline, change: dict[str, str], words: str) -> None:
    with pytest.raises(ShopStreamError, match=words) as caught, connect(make_dsn(pipeline.dsn, **change)):
        pass
    assert not isinstance(caught.value, TransientError)


def test_options_of_the_dsn_are_honoured(pipeline: Pipeline) -> None:
    dsn = make_dsn(pipeline.dsn, options="-c search_path=shop -c DateStyle=German -c statement_timeout=9s")
    with snapshot(dsn) as conn, conn.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('search_path'), current_setting('DateStyle'), current_setting('statement_timeout')"
        )
        assert cursor.fetchone() == ("shop", "ISO, YMD", "9s")


def test_only_a_bare_dsn_leaves_something_to_the_environment(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = parse_dsn(pipeline.dsn)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    for keyword, name in names.items():
        monkeypatch.setenv(name, parts[keyword])
    monkeypatch.setenv("PGOPTIONS", "-c search_path=shop")
    for dsn, expected in ((pipeline.dsn, '"$user", public'), ("postgresql://", "shop")):
        with snapshot(dsn) as conn, conn.cursor() as cursor:
            cursor.execute("SHOW search_path")
            assert cursor.fetchone() == (expected,)


def test_a_service_that_the_dsn_names_is_honoured(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = "\n".join(f"{keyword}={value}" for keyword, value in parse_dsn(pipeline.dsn).items())
    (tmp_path / "services").write_text(f"[shop]\n{lines}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    assert closed("service=shop") == "service=shop"
    with connect("service=shop") as conn:
        assert conn.info.dbname == parse_dsn(pipeline.dsn)["dbname"]


def test_psql_gets_one_database_and_nothing_else(pipeline: Pipeline) -> None:
    outside = {"PATH": "/bin", "PGSERVICE": "mycompany", "PGOPTIONS": "-c x=y", "PGTZ": "junk", "PGHOST": "elsewhere"}
    found = for_psql(pipeline.dsn, outside)
    assert found["PATH"] == "/bin"
    assert found["PGDATABASE"] == parse_dsn(pipeline.dsn)["dbname"]
    assert found["PGHOST"] == "127.0.0.1"
    assert not {"PGSERVICE", "PGOPTIONS", "PGTZ"} & found.keys()
