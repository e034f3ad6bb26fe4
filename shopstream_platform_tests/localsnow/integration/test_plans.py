"""A statement that was translated before is right again, whatever has changed in between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shopstream_platform_tests.localsnow.integration.conftest import DATABASE, Sql

Connect = Callable[..., Sql]


@pytest.fixture
def other_schema(sql: Sql, schema: str) -> str:
    name = f"{schema}_OTHER"
    sql(f"CREATE SCHEMA IF NOT EXISTS {DATABASE}.{name}")
    sql(f"USE SCHEMA {DATABASE}.{schema}")
    return name


def test_each_schema_has_a_table_of_its_own(sql: Sql, schema: str, other_schema: str) -> None:
    for place in (schema, other_schema):
        sql(f"USE SCHEMA {place}")
        sql(f"CREATE TABLE t AS SELECT '{place}' AS a")
    for place in (schema, other_schema, schema, other_schema):
        sql(f"USE SCHEMA {place}")
        assert sql.one("SELECT a FROM t") == place
        assert sql("SHOW TABLES")[0][1] == "T"
        assert {row[4] for row in sql("SHOW TABLES")} == {place}


def test_each_database_has_a_table_of_its_own(sql: Sql, schema: str) -> None:
    sql("CREATE TABLE t AS SELECT 'first' AS a")
    sql("CREATE OR REPLACE DATABASE SECOND_OF_PLANS")
    try:
        sql(f"CREATE OR REPLACE SCHEMA {schema}")
        sql("CREATE TABLE t AS SELECT 'second' AS a")
        for database, found in ((DATABASE, "first"), ("SECOND_OF_PLANS", "second")) * 2:
            sql(f"USE SCHEMA {database}.{schema}")
            assert sql.one("SELECT a FROM t") == found
            assert sql("SELECT table_catalog FROM information_schema.tables WHERE table_name = 'T'")[0] == (database,)
    finally:
        sql("DROP DATABASE SECOND_OF_PLANS")


def test_a_name_needs_a_place_again_after_it_was_dropped(sql: Sql, connect: Connect, other_schema: str) -> None:
    sql(f"USE SCHEMA {other_schema}")
    sql("CREATE TABLE t AS SELECT 1 AS a")
    assert sql.one("SELECT a FROM t") == 1
    nowhere = connect(schema=None, database=None)
    nowhere.fails("SELECT a FROM t", "does not have a current database")
    sql(f"DROP SCHEMA {other_schema}")
    sql.fails("SELECT a FROM t")


def test_the_role_and_the_user_are_of_now(sql: Sql, connect: Connect) -> None:
    ask = "SELECT CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_SESSION(), CURRENT_SCHEMA()"
    first, of_another = sql(ask)[0], connect()(ask)[0]
    assert first[2] != of_another[2]
    sql("USE ROLE REPORTER")
    sql("USE WAREHOUSE other_wh")
    sql("USE SCHEMA PUBLIC")
    assert sql(ask) == [("REPORTER", "OTHER_WH", first[2], "PUBLIC")]
    assert sql(f"SELECT * FROM ({ask})") == sql(ask)


@pytest.mark.parametrize(
    "ask", ["SELECT * FROM t", "SELECT COUNT(*) AS n FROM (SELECT * FROM t)", "SHOW TABLES LIKE 'T'"]
)
def test_a_table_that_was_made_anew_has_its_new_columns(sql: Sql, ask: str) -> None:
    def described() -> tuple[object, object]:
        cursor = sql.connection.cursor().execute(ask)
        assert cursor is not None
        return [(column.name, column.type_code) for column in cursor.description], cursor.fetchall()

    sql("CREATE TABLE t AS SELECT 1 AS a")
    before = described()
    sql("DROP TABLE t")
    if not ask.startswith("SHOW"):
        sql.fails(ask, "(?i)does not exist")
    sql("CREATE TABLE t AS SELECT 'x' AS b, 2.5::NUMBER(10, 2) AS c FROM TABLE(GENERATOR(ROWCOUNT => 2))")
    after = described()
    assert after == described()
    assert (after == before) is ask.startswith("SHOW")


def test_create_as_reads_the_table_of_now(sql: Sql) -> None:
    create = "CREATE OR REPLACE TABLE made COMMENT = 'its comment' AS SELECT * FROM t"
    listed = "CREATE OR REPLACE TABLE listed (x VARCHAR(7), y VARCHAR) AS SELECT * FROM t"
    for rows in ([("a", "b")], [("c", "d"), ("e", "f")]):
        values = ", ".join(map(str, rows))
        sql(f"CREATE OR REPLACE TABLE t (p VARCHAR, q VARCHAR) AS SELECT * FROM VALUES {values}")
        assert sql.one(create) == "Table MADE successfully created."
        sql(listed)
        assert sql("SELECT * FROM made ORDER BY 1") == rows == sql("SELECT * FROM listed ORDER BY 1")
    sql("CREATE OR REPLACE TABLE t AS SELECT 1 AS only")
    sql(create)
    assert [row[0] for row in sql("DESCRIBE TABLE made")] == ["ONLY"]
    sql.fails(listed)
    assert sql("SELECT comment FROM information_schema.tables WHERE table_name = 'MADE'") == [("its comment",)]


def test_a_view_keeps_its_comments_when_it_is_made_again(sql: Sql) -> None:
    create = "CREATE OR REPLACE VIEW v (a COMMENT 'of a', b) COMMENT = 'of v' AS SELECT x::VARCHAR(5), y FROM t"
    for made in range(3):
        sql(f"CREATE OR REPLACE TABLE t AS SELECT {made} AS x, 'y' AS y")
        sql("DROP VIEW IF EXISTS v")
        assert sql.one(create) == "View V successfully created."
        assert sql("SELECT * FROM v") == [(str(made), "y")]
        assert [(row[0], row[9]) for row in sql("DESCRIBE VIEW v")] == [("A", "of a"), ("B", None)]
        assert sql("SELECT comment FROM information_schema.tables WHERE table_name = 'V'") == [("of v",)]


def test_a_view_that_was_redefined(sql: Sql) -> None:
    for number in (1, 2, 1):
        sql(f"CREATE OR REPLACE VIEW v AS SELECT {number} AS a")
        assert sql.one("SELECT a FROM v") == number


def test_lengths_of_texts_are_noted_again(sql: Sql) -> None:
    create = "CREATE OR REPLACE TABLE t AS SELECT 'x'::VARCHAR(3) AS a"
    for _ in range(2):
        sql(create)
        assert sql("DESCRIBE TABLE t")[0][1] == "VARCHAR(3)"
        sql("CREATE OR REPLACE TABLE t AS SELECT 'x'::VARCHAR(9) AS a")
        assert sql("DESCRIBE TABLE t")[0][1] == "VARCHAR(9)"


def test_create_if_not_exists_looks_each_time(sql: Sql) -> None:
    create = "CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a"
    assert sql.one(create) == "Table T successfully created."
    assert sql.one(create) == "T already exists, statement succeeded."
    sql("DROP TABLE t")
    assert sql.one(create) == "Table T successfully created."
    sql.fails("CREATE TABLE t AS SELECT 1 AS a", "already exists")


def test_variables_have_the_value_of_now_and_of_the_session(sql: Sql, connect: Connect) -> None:
    other, ask = connect(), "SELECT $x AS a"
    for value in (1, 2, 1):
        sql(f"SET x = {value}")
        other(f"SET x = {value + 10}")
        assert (sql.one(ask), other.one(ask)) == (value, value + 10)
    sql("UNSET x")
    sql.fails(ask, "does not exist")
    assert other.one(ask) == 11


def test_parameters_of_the_session_are_of_now(sql: Sql, connect: Connect) -> None:
    other, ask = connect(), "SHOW PARAMETERS LIKE 'QUERY_TAG' IN SESSION"
    for tag in ("one", "two"):
        sql(f"ALTER SESSION SET QUERY_TAG = '{tag}'")
        assert (sql(ask)[0][1], other(ask)[0][1]) == (tag, "")


def test_transactions_see_what_they_should(sql: Sql, connect: Connect) -> None:
    other, ask = connect(), "SELECT COUNT(*) FROM t"
    sql("CREATE TABLE t (a INT)")
    assert (sql.one(ask), other.one(ask)) == (0, 0)
    sql("BEGIN")
    sql("INSERT INTO t VALUES (1)")
    assert (sql.one(ask), other.one(ask)) == (1, 0)
    sql("ROLLBACK")
    assert (sql.one(ask), other.one(ask)) == (0, 0)
    sql("BEGIN")
    sql("INSERT INTO t VALUES (1)")
    # DDL commits, also when its plan was kept.
    sql("CREATE OR REPLACE VIEW v AS SELECT 1 AS a")
    sql("ROLLBACK")
    assert (sql.one(ask), other.one(ask)) == (1, 1)
    sql("BEGIN")
    sql("DELETE FROM t")
    sql("CREATE OR REPLACE VIEW v AS SELECT 1 AS a")
    sql("ROLLBACK")
    assert (sql.one(ask), other.one(ask)) == (0, 0)


def test_a_failed_transaction_refuses_a_kept_statement_too(sql: Sql) -> None:
    ask = "SELECT 1 AS a"
    assert sql.one(ask) == 1
    sql("CREATE TABLE t (a INT)")
    sql("BEGIN")
    sql("INSERT INTO t VALUES (1)")
    sql.fails("INSERT INTO t SELECT 'x'")
    sql.fails(ask, "send ROLLBACK first")
    sql("ROLLBACK")
    assert sql.one(ask) == 1


def test_a_temporary_table_hides_and_shows_again(sql: Sql, connect: Connect) -> None:
    other, ask = connect(), "SELECT a FROM t"
    sql("CREATE TABLE t AS SELECT 'permanent' AS a")
    for _ in range(2):
        assert (sql.one(ask), other.one(ask)) == ("permanent", "permanent")
        sql("CREATE TEMPORARY TABLE t AS SELECT 'temporary' AS a")
        assert (sql.one(ask), other.one(ask)) == ("temporary", "permanent")
        sql("DROP TABLE t")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT 'a'", "a"),
        ("SELECT 'A'", "A"),
        ("SELECT 'a '", "a "),
        ("SELECT 'a  b'", "a  b"),
        ("SELECT 'a b'", "a b"),
        ("SELECT 'a\nb'", "a\nb"),
        ("SELECT '/* a */'", "/* a */"),
        ("SELECT '-- a'", "-- a"),
        ("SELECT '-- b'", "-- b"),
        ("/* dbt */ SELECT 'a' /* {\"node\": 1} */", "a"),
        ("SELECT 'a'; ", "a"),
        ("SELECT 'b' /* SELECT 'a' */", "b"),
        ("SELECT 'a' /* 'b' */ || 'c'", "ac"),
        ("SELECT $$a$$", "a"),
        ("SELECT 1", 1),
        ("SELECT '1'", "1"),
        ("SELECT 1 -- '", 1),
    ],
)
def test_texts_that_differ_little(shared_sql: Sql, text: str, found: object) -> None:
    for _ in range(2):
        assert shared_sql.one(text) == found


def test_names_of_columns_are_those_that_were_written(shared_sql: Sql) -> None:
    for name, column in (("a", "A"), ("A", "A"), ('"a"', "a"), ('"A"', "A"), ('"a "', "a ")) * 2:
        cursor = shared_sql.connection.cursor().execute(f"SELECT 1 AS {name}")
        assert cursor is not None
        assert cursor.description[0].name == column


def test_a_comment_after_the_statement_changes_nothing(sql: Sql) -> None:
    sql("CREATE TABLE t AS SELECT 1 AS a")
    for number in range(3):
        assert sql.one(f'SELECT a FROM t /* {{"app": "dbt", "node_id": "model.{number}"}} */') == 1
        sql(f'CREATE OR REPLACE TABLE u AS SELECT {number} AS a /* {{"app": "dbt", "node_id": "model.{number}"}} */')
        assert sql.one("SELECT a FROM u") == number


def test_results_of_earlier_statements_and_random_numbers(sql: Sql) -> None:
    for number in (1, 2):
        cursor = sql.connection.cursor().execute(f"SELECT {number} AS a")
        assert cursor is not None
        for _ in range(2):
            assert sql(f"SELECT * FROM TABLE(RESULT_SCAN('{cursor.sfqid}'))") == [(number,)]
    assert sql("SELECT RANDOM(7)") == sql("SELECT RANDOM(7)")
    assert sql("SELECT RANDOM()") != sql("SELECT RANDOM()")
    assert sql("SELECT UUID_STRING()") != sql("SELECT UUID_STRING()")
    sql("CREATE SEQUENCE s")
    assert [sql.one("SELECT s.NEXTVAL") for _ in range(3)] == [1, 2, 3]


def test_two_sessions_at_once(connect: Connect, schema: str, other_schema: str) -> None:
    def work(place: str) -> set[object]:
        one = connect(schema=place)
        one(f"CREATE OR REPLACE TABLE t AS SELECT '{place}' AS a")
        return {one.one("SELECT a FROM t WHERE a <> 'x'") for _ in range(60)}

    places = [schema, other_schema]
    with ThreadPoolExecutor() as threads:
        assert list(threads.map(work, places)) == [{place} for place in places]
