"""Two servers, one that keeps plans and one that keeps none, are sent the same and answer the same."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import DatabaseError

from shopstream_platform_tests.localsnow.integration.conformance.test_twice import counts
from shopstream_platform_tests.localsnow.integration.conftest import DATABASE, Server

# Few names, so that one statement comes again and again where it means something else.
QUERIES = [
    "SELECT * FROM t",
    "SELECT a FROM t ORDER BY 1",
    "select a from t order by 1",
    "SELECT * FROM one.t",
    "SELECT COUNT(*) AS n FROM v",
    "SELECT * FROM v",
    "SELECT * FROM temporary_one",
    "SELECT $x AS a",
    "SELECT $x || 'x' AS a FROM t",
    "SELECT CURRENT_SCHEMA(), CURRENT_ROLE()",
    "SELECT 'a b' AS a",
    "SELECT 'a  b' AS a",
    "SELECT 'A B' AS a",
    "SELECT 'A B' AS \"a\"",
    "SELECT '/* a */' AS a",
    "WITH t AS (SELECT 7 AS a) SELECT a FROM t",
    "SELECT a FROM t UNION ALL SELECT a FROM two.t",
    "SHOW TABLES",
    "SHOW TERSE OBJECTS IN SCHEMA one",
    "DESCRIBE TABLE t",
    "SHOW PARAMETERS LIKE 'QUERY_TAG' IN SESSION",
    "SELECT AVG(a)::NUMBER(10, 2) AS a FROM t",
    "SELECT table_schema, table_name, comment FROM information_schema.tables ORDER BY 1, 2",
    "SELECT column_name, character_maximum_length FROM information_schema.columns WHERE table_name = 'T' ORDER BY 1",
]
DEFINITIONS = [
    "CREATE OR REPLACE TABLE t AS SELECT 1 AS a",
    "CREATE OR REPLACE TABLE t AS SELECT 'x' AS b, 2 AS a",
    "CREATE TABLE t AS SELECT * FROM one.t",
    "CREATE OR REPLACE TABLE t (p VARCHAR(9), a INT) AS SELECT * FROM two.t",
    "CREATE OR REPLACE TABLE t COMMENT = 'c' AS SELECT 'y'::VARCHAR(4) AS a",
    "CREATE TABLE IF NOT EXISTS t AS SELECT 9 AS a",
    "CREATE OR REPLACE VIEW v AS SELECT * FROM t",
    "CREATE OR REPLACE VIEW v AS SELECT COUNT(*) AS n FROM one.t",
    "CREATE OR REPLACE VIEW v (z COMMENT 'of z') COMMENT = 'of v' AS SELECT 1",
    "CREATE TEMPORARY TABLE t AS SELECT 'temp' AS a",
    "CREATE OR REPLACE TEMPORARY TABLE temporary_one AS SELECT * FROM t",
    "CREATE OR REPLACE TABLE t AS SELECT CURRENT_ROLE() AS a",
    "DROP TABLE IF EXISTS t",
    "DROP TABLE t",
    "DROP VIEW IF EXISTS v",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE u RENAME TO t",
    "ALTER TABLE t ADD COLUMN c INT",
    "COMMENT ON TABLE t IS 'new'",
    "TRUNCATE TABLE t",
]
CHANGES = [
    "INSERT INTO t (a) VALUES (5)",
    "INSERT INTO t SELECT * FROM t",
    "DELETE FROM t",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
]
SETTINGS = [
    "USE SCHEMA one",
    "USE SCHEMA two",
    f"USE DATABASE {DATABASE}",
    "USE ROLE other",
    "USE ROLE accountadmin",
    "SET x = 1",
    "SET x = 'b'",
    "UNSET x",
    "ALTER SESSION SET QUERY_TAG = 'tag'",
    "DROP SCHEMA IF EXISTS two",
    "CREATE SCHEMA IF NOT EXISTS two",
]
STATEMENTS = st.one_of(*map(st.sampled_from, (QUERIES, QUERIES, DEFINITIONS, CHANGES, SETTINGS)))
COMMENTS = st.sampled_from(["", "", ' /* {"node": "a"} */', ' /* {"node": "b"} */', ";"])
STEPS = st.lists(st.tuples(st.integers(0, 1), STATEMENTS, COMMENTS), min_size=10, max_size=40)
# Sessions, transactions and connections have numbers of their own.
NUMBER = re.compile(r"\d{4,}")
Answer = tuple[Any, ...]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("compared")
    keeping = Server(folder / "keeping").start()
    forgetting = Server(folder / "forgetting", options=("--plans-mb", "0")).start()
    yield keeping, forgetting
    assert keeping.stop() == forgetting.stop() == 0
    made, kept, used = counts(keeping)
    assert used > made == kept > 0
    assert counts(forgetting) == (0, 0, 0)


class Place:
    """Two sessions in an empty database of a server."""

    def __init__(self, server: Server) -> None:
        with server.connect(database=None) as connection:
            for statement in ("DROP DATABASE IF EXISTS", "CREATE DATABASE"):
                connection.cursor().execute(f"{statement} {DATABASE}")
            for schema in ("one", "two"):
                connection.cursor().execute(f"CREATE SCHEMA {schema}")
        self.sessions = [server.connect(schema=schema) for schema in ("ONE", "TWO")]
        for session in self.sessions:
            # What the other one holds is an error at once.
            session.cursor().execute("ALTER SESSION SET LOCK_TIMEOUT = 0")

    def ask(self, session: int, statement: str) -> Answer:
        return answer(self.sessions[session], statement)

    def close(self) -> None:
        for session in self.sessions:
            session.close()


def answer(session: SnowflakeConnection, statement: str) -> Answer:
    try:
        cursor = session.cursor().execute(statement)
        assert cursor is not None
        columns = [tuple(column) for column in cursor.description]
        return columns, cursor.fetchall(), cursor.rowcount, session.schema, session.database
    except DatabaseError as error:
        return error.errno, NUMBER.sub("#", str(error.raw_msg))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_both_answer_the_same(servers: tuple[Server, Server], steps: list[tuple[int, str, str]]) -> None:
    keeping, forgetting = map(Place, servers)
    try:
        for number, (session, statement, comment) in enumerate(steps):
            expected = forgetting.ask(session, statement + comment)
            assert keeping.ask(session, statement + comment) == expected, f"step {number}: {statement}"
    finally:
        keeping.close()
        forgetting.close()
