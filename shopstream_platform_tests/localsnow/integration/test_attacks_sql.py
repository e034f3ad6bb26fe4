"""Statements that are meant to take the server down, to reach its files, or to make it speak of its insides."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snowflake.connector.errors import Error, ProgrammingError

from shopstream_platform_tests.localsnow.integration.conftest import Server, Sql

pytestmark = pytest.mark.security

# With DuckDB's limit of 640 MB; the first of them alone took 12 GB. The ceiling is at some 1,600 MB; a statement may
# use, until it is canceled, what earlier ones have given back and the kernel still counts as the process's.
MOST_MB = 2300
BY_MANY = "TABLE(GENERATOR(ROWCOUNT => {}))"
TOO_MUCH = {
    "one text": "SELECT REPEAT('x', 3000000000)",
    "a text of texts": "SELECT REPEAT(REPEAT('x', 1000), 1000000)",
    "many texts": f"SELECT REPEAT('x', 100000000) FROM {BY_MANY.format(2000)}",
    "a joined text": f"SELECT LISTAGG(REPEAT('x', 1000), ',') FROM {BY_MANY.format(3000000)}",
    "an array": f"SELECT ARRAY_AGG(range) FROM {BY_MANY.format(200000000)}",
    "a range": "SELECT ARRAY_GENERATE_RANGE(0, 500000000)",
    "a cross join": f"SELECT a.range x, b.range y FROM {BY_MANY.format(10000)} a, {BY_MANY.format(10000)} b",
    "recursion": "WITH RECURSIVE t AS (SELECT 'x' AS s UNION ALL SELECT s || s FROM t WHERE LENGTH(s) < 4000000000)"
    " SELECT MAX(LENGTH(s)) FROM t",
    "JSON": "SELECT PARSE_JSON('[' || REPEAT('1,', 50000000) || '1]')",
    "a wide result": "SELECT REPEAT('x', 1000) a, REPEAT('y', 1000) b, REPEAT('z', 1000) c"
    f" FROM {BY_MANY.format(300000)}",
    "a replaced text": "SELECT REPLACE(REPEAT('x', 50000000), 'x', REPEAT('y', 1000))",
}
SLOWLY_TOO_MUCH = {
    "padding": "SELECT LPAD('x', 2000000000, 'y')",
    "a regular expression": "SELECT REGEXP_REPLACE(REPEAT('a', 100000000), 'a', 'bbbbbbbbbbbbbbbbbbbbbbbbb')",
    "a split": "SELECT SPLIT(REPEAT('a,', 100000000), ',')",
    "objects": "SELECT ARRAY_AGG(x) FROM (SELECT OBJECT_CONSTRUCT('a', range, 'b', REPEAT('x', 100)) x"
    f" FROM {BY_MANY.format(3000000)})",
}
TOO_COMPLEX = {
    "a long literal": "SELECT '" + "x" * 2_000_000 + "'",
    "a long list": "SELECT 1 WHERE 1 IN (" + "1," * 400_000 + "1)",
    "parentheses": "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
    "casts": "SELECT 1" + "::INT" * 20_000,
    "a long sum": "SELECT 1" + "+1" * 20_000,
    "negations": "SELECT " + "NOT " * 20_000 + "TRUE",
    "functions": "SELECT " + "ABS(" * 5000 + "1" + ")" * 5000,
    "subqueries": "SELECT * FROM " + "(SELECT * FROM " * 2000 + "t" + ")" * 2000,
    "CASE": "SELECT " + "CASE WHEN TRUE THEN " * 5000 + "1" + " END" * 5000,
}


@pytest.fixture
def attacker(victim: Server) -> Iterator[Sql]:
    with victim.connect(schema="PUBLIC") as connection:
        yield Sql(connection)


def peak(server: Server) -> int:
    """The most memory that the server has used, in MB."""
    assert server.process
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert found
    return int(found[1]) // 1024


class Bystander:
    """Another client, who works on while something happens."""

    def __init__(self, server: Server) -> None:
        self.answers, self.problems, self._stop = 0, list[str](), threading.Event()
        self._server, self._thread = server, threading.Thread(target=self._work)

    def _work(self) -> None:
        with self._server.connect() as connection:
            sql = Sql(connection)
            while not self._stop.wait(0.02):
                try:
                    assert sql.one("SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 1000)) WHERE range % 7 = 3") == 143
                    self.answers += 1
                except Exception as error:
                    self.problems.append(repr(error))

    def __enter__(self) -> "Bystander":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def check_refused(victim: Server, attacker: Sql, statement: str, most_refusals: int = 0) -> None:
    with Bystander(victim) as other:
        error = attacker.fails(statement, "needs more memory|larger than the 256 MB|too long and would be truncated")
        time.sleep(0.3)
    assert error.errno in (300005, 100078)
    # DuckDB's buffers are shared: while one statement holds all of them another may be refused once, and told why.
    assert len(other.problems) <= most_refusals
    assert all("needs more memory" in problem for problem in other.problems)
    assert other.answers > 3
    assert peak(victim) < MOST_MB
    assert attacker.one("SELECT 1") == 1


def test_a_value_longer_than_snowflakes_limit_is_refused_in_its_words(attacker: Sql) -> None:
    error = attacker.fails(
        "SELECT REPEAT('x', 140000000)", r"String 'xxxxxxxxxx\.\.\.' is too long and would be truncated"
    )
    assert error.errno == 100078


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_statement_that_takes_too_much_fails_alone(victim: Server, attacker: Sql, name: str) -> None:
    check_refused(victim, attacker, TOO_MUCH[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOWLY_TOO_MUCH)
def test_a_statement_that_slowly_takes_too_much_fails_alone(victim: Server, attacker: Sql, name: str) -> None:
    check_refused(victim, attacker, SLOWLY_TOO_MUCH[name], most_refusals=2)


def test_a_large_result_within_the_limit_arrives_whole(attacker: Sql) -> None:
    rows = attacker("SELECT range, REPEAT('x', 1000) FROM TABLE(GENERATOR(ROWCOUNT => 50000)) ORDER BY range")
    assert len(rows) == 50_000
    assert all(number == position and text == "x" * 1000 for position, (number, text) in enumerate(rows))


@pytest.mark.parametrize("name", TOO_COMPLEX)
def test_a_statement_too_large_or_deep_is_refused_in_a_sentence(attacker: Sql, name: str) -> None:
    error = attacker.fails(TOO_COMPLEX[name])
    assert len(str(error)) < 400
    assert_speaks_as_a_database(error)


def assert_speaks_as_a_database(error: Error) -> None:
    """No name of a Python exception, no escape sequence."""
    assert not re.search(r"\b[A-Z][A-Za-z]*(Error|Exception):|Traceback|\x1b|<class", str(error.msg)), error.msg


@pytest.mark.parametrize(
    "url", ["file:///etc/", "s3://../../etc/", "s3://lake/../../etc", "s3:///etc", "http://x/", "/etc"]
)
def test_a_stage_points_to_a_bucket_only(attacker: Sql, url: str) -> None:
    assert attacker.fails(f"CREATE STAGE elsewhere URL = '{url}'", "invalid URL prefix").errno == 1011


@pytest.mark.parametrize("statement", ["PUT file:///etc/passwd @stage", "GET @stage file:///tmp", "REMOVE @stage"])
def test_files_are_neither_put_nor_fetched(attacker: Sql, statement: str) -> None:
    """By the server's own answer; the client would read its file only after a good one."""
    attacker("CREATE STAGE IF NOT EXISTS stage URL = 's3://lake/'")
    attacker.fails(statement, "Unsupported feature")


@pytest.mark.parametrize("name", ["../../../evil", "a.b", "a/b", "it's", 'a""b', "é\u202e", "%", "~", " ", "a;b--c"])
def test_a_quoted_stage_may_have_any_name(attacker: Sql, name: str) -> None:
    plain = name.replace('""', '"')
    attacker(f"CREATE OR REPLACE STAGE \"{name}\" URL = 's3://lake/it''s/'")
    attacker.fails(f'CREATE STAGE "{name}"', "already exists")
    assert attacker.one(f'CREATE STAGE IF NOT EXISTS "{name}"') == f"{plain} already exists, statement succeeded."
    assert plain in [row[1] for row in attacker("SHOW STAGES")]
    # The name is found; this server has no object store.
    attacker.fails(f'LIST @"{name}"/x/', "without an object store")
    attacker(f'DROP STAGE "{name}"')
    attacker.fails(f'DROP STAGE "{name}"', "does not exist or not authorized")
    attacker(f'DROP STAGE IF EXISTS "{name}"')


NAMES = st.text(
    st.sampled_from("ab.\"'/\\$%~@;-é漢 \u202e\n") | st.characters(codec="utf-8", exclude_categories=["Cc"]),
    max_size=12,
)
FORMS = [
    'CREATE STAGE "{0}"', "CREATE STAGE {0}", 'CREATE OR REPLACE STAGE "{0}"."{1}" URL = \'s3://lake/{1}\'',
    'LIST @"{0}"/{1}',
    "LIST @{0}", 'DROP STAGE "{0}"', "LIST '@{0}'", 'COPY INTO "{0}" FROM @"{1}" FILE_FORMAT = (TYPE = CSV)',
    "COPY INTO t FROM @{0} FILE_FORMAT = (TYPE = CSV)", "COPY INTO t FROM '@{0}' FILE_FORMAT = (TYPE = {1})",
    "COPY INTO t FROM @s FILES = ('{0}') PATTERN = '{1}' FILE_FORMAT = (TYPE = CSV FIELD_DELIMITER = '{0}')",
    'DESCRIBE TABLE "{0}"', 'DESCRIBE VIEW "{0}"."{1}"', "DESCRIBE TABLE {0}", 'DESCRIBE STAGE "{0}"',
    'CREATE TABLE "{0}" ("{1}" INT)', 'CREATE VIEW "{0}" AS SELECT 1 AS "{1}"', 'DROP TABLE "{0}"',
    'CREATE DATABASE "{0}"', 'DROP DATABASE "{0}"', 'USE DATABASE "{0}"', 'USE SCHEMA "{0}"."{1}"', 'DROP SCHEMA "{0}"',
    'ALTER TABLE "{0}" SWAP WITH "{1}"', 'TRUNCATE TABLE "{0}"', "COMMENT ON TABLE \"{0}\" IS '{1}'",
    'ALTER TABLE "{0}" ALTER "{1}" COMMENT \'x\'', 'SELECT "{0}" FROM "{1}"',
    "SHOW TABLES LIKE '{0}' IN SCHEMA \"{1}\"",
    "SHOW PARAMETERS LIKE '{0}'", "ALTER SESSION SET {0} = '{1}'", "SET {0} = '{1}'", 'USE ROLE "{0}"', "x{0} {1}",
    "CREATE FILE FORMAT \"{0}\" TYPE = CSV FIELD_DELIMITER = '{1}'", 'DROP FILE FORMAT "{0}"', 'CREATE SEQUENCE "{0}"',
]  # fmt: skip


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(form=st.sampled_from(FORMS), first=NAMES, second=NAMES)
def test_whatever_is_named_an_error_is_a_sql_error(attacker: Sql, form: str, first: str, second: str) -> None:
    problem = None
    try:
        attacker(form.format(first, second))
    except ProgrammingError as error:
        problem = error
    finally:
        for statement in ("USE DATABASE SHOPSTREAM_DWH", "USE SCHEMA PUBLIC"):
            with suppress(ProgrammingError):
                attacker(statement)
    if problem:
        assert problem.errno != 261000, (form, first, second)
        assert_speaks_as_a_database(problem)
