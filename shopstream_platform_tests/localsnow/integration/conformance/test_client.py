"""What the connector's users rely on: bindings, descriptions, batches, pandas, several sessions.

https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from snowflake.connector.cursor import DictCursor, SnowflakeCursor

from shopstream_platform_tests.localsnow.integration.conftest import Sql

DAY, MOMENT = dt.date(2024, 2, 3), dt.datetime(2024, 2, 3, 4, 5, 6, 789000)
VALUES = (7, Decimal("1.50"), "it's \\ a", DAY, MOMENT, True, None)


@pytest.fixture
def typed(sql: Sql) -> Sql:
    sql("CREATE TABLE t (a INT, n NUMBER(10,2), s VARCHAR, d DATE, m TIMESTAMP_NTZ, o BOOLEAN, z VARCHAR)")
    return sql


def test_bindings_on_the_client(typed: Sql) -> None:
    typed("INSERT INTO t VALUES (%s, %s, %s, %s, %s, %s, %s)", VALUES)
    assert typed("SELECT * FROM t WHERE s = %(text)s", {"text": "it's \\ a"}) == [VALUES]


def test_bindings_on_the_server(typed: Sql) -> None:
    cursor = SnowflakeCursor(typed.connection)
    typed.connection._paramstyle = "qmark"
    cursor.execute("INSERT INTO t (a, s, o, z) VALUES (?, ?, ?, ?)", (7, "it's", True, None))
    cursor.executemany("INSERT INTO t (a, s, z) VALUES (?, ?, ?)", [(8, "x", None), (9, None, "z")])
    assert typed("SELECT a, s, o, z FROM t ORDER BY a") == [
        (7, "it's", True, None),
        (8, "x", None, None),
        (9, None, None, "z"),
    ]


def test_one_insert_of_many_rows(typed: Sql) -> None:
    cursor = typed.connection.cursor()
    cursor.executemany("INSERT INTO t VALUES (%s, %s, %s, %s, %s, %s, %s)", [VALUES, VALUES, VALUES])
    assert cursor.rowcount == 3
    assert typed("SELECT DISTINCT * FROM t") == [VALUES]


def test_description_and_row_count(typed: Sql) -> None:
    cursor = typed.connection.cursor().execute("SELECT a, n, s, d, m, o FROM t")
    assert cursor is not None
    assert [(column.name, column.type_code, column.scale) for column in cursor.description] == [
        ("A", 0, 0),
        ("N", 0, 2),
        ("S", 2, None),
        ("D", 3, None),
        ("M", 8, 9),
        ("O", 13, None),
    ]
    assert cursor.fetchone() is None
    assert cursor.rowcount == 0


def test_columns_of_one_name_are_described_as_such(typed: Sql) -> None:
    """As dbt's contracts are asked for: https://docs.snowflake.com/en/sql-reference/sql/select"""
    contract = "SELECT CAST(NULL AS VARCHAR) AS a"
    query = f"SELECT * FROM (SELECT a, d FROM t) AS q CROSS JOIN ({contract}) AS c WHERE FALSE LIMIT 0"
    cursor = typed.connection.cursor().execute(query)
    assert cursor is not None
    assert [(column.name, column.type_code) for column in cursor.description] == [("A", 0), ("D", 3), ("A", 2)]


def test_results_as_dictionaries_and_in_batches(typed: Sql) -> None:
    typed("INSERT INTO t (a) SELECT SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 2500))")
    cursor = typed.connection.cursor(DictCursor)
    cursor.execute("SELECT a FROM t ORDER BY a")
    assert cursor.fetchmany(2) == [{"A": 0}, {"A": 1}]
    assert len(cursor.fetchall()) == 2498


def test_pandas(typed: Sql) -> None:
    typed("INSERT INTO t VALUES (%s, %s, %s, %s, %s, %s, %s)", VALUES)
    typed("INSERT INTO t (a) VALUES (8)")
    cursor = typed.connection.cursor().execute("SELECT a, n, s, d, m, o FROM t ORDER BY a")
    assert cursor is not None
    frame = cursor.fetch_pandas_all()
    assert list(frame.columns) == ["A", "N", "S", "D", "M", "O"]
    assert frame["A"].tolist() == [7, 8]
    assert frame["D"].tolist()[0] == DAY
    assert frame["M"].tolist()[0] == MOMENT
    assert frame.iloc[1][["N", "S", "D", "M", "O"]].isna().all()


def test_temporary_tables_belong_to_their_session(sql: Sql, connect: Callable[..., Sql]) -> None:
    """https://docs.snowflake.com/en/user-guide/tables-temp-transient"""
    other = connect()
    sql("CREATE TABLE t AS SELECT 'permanent' AS a")
    sql("CREATE TEMPORARY TABLE t AS SELECT 'temporary' AS a")
    sql("CREATE TEMPORARY TABLE mine AS SELECT 1 AS a")
    assert sql.one("SELECT a FROM t") == "temporary"
    assert other.one("SELECT a FROM t") == "permanent"
    other.fails("SELECT * FROM mine", "(?i)does not exist")
    sql("DROP TABLE t")
    assert sql.one("SELECT a FROM t") == "permanent"


def test_place_and_context_belong_to_the_session(sql: Sql, connect: Callable[..., Sql]) -> None:
    other = connect(warehouse="FIRST_WH", role="REPORTER")
    other("USE WAREHOUSE second_wh")
    other("USE SCHEMA PUBLIC")
    assert other("SELECT CURRENT_WAREHOUSE(), CURRENT_ROLE(), CURRENT_SCHEMA()") == [
        ("SECOND_WH", "REPORTER", "PUBLIC")
    ]
    assert sql("SELECT CURRENT_WAREHOUSE(), CURRENT_ROLE()") == [(None, "ACCOUNTADMIN")]
