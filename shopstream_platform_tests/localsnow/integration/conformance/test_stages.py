"""Stages and COPY with the options of the platform; test_copy_csv and test_copy_json go into each option.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table, create-stage, list
"""

import datetime as dt

import pytest
from snowflake.connector.errors import ProgrammingError

from shopstream_platform_tests.localsnow.integration.conformance import stages
from shopstream_platform_tests.localsnow.integration.conformance.case import Json, agree
from shopstream_platform_tests.localsnow.integration.conftest import Lake, Sql

DAY, MOMENT = dt.date, dt.datetime


def test_copy_csv_with_all_options(sql: Sql, lake: Lake) -> None:
    key = lake.put("2026-01-05/t.csv.gz", 'a,b\n1,"x\\y"\n2,\n3,""\n')
    sql("CREATE TABLE t (a INT, b VARCHAR, day DATE, file VARCHAR)")
    ((file, status, parsed, loaded, *_),) = sql(stages.COPY_CSV)
    assert (file, status, parsed, loaded) == (key, "LOADED", 3, 3)
    rows = [(1, "x\\y", DAY(2026, 1, 5), key), (2, None, DAY(2026, 1, 5), key), (3, "", DAY(2026, 1, 5), key)]
    assert sql("SELECT * FROM t ORDER BY a") == rows


def test_copy_json_with_all_options(sql: Sql, lake: Lake) -> None:
    lake.put("t.json.gz", '{"id": 1, "at": "2026-01-05T10:00:00.5", "v": {"k": null}}\n{"id": 2}\n')
    sql("CREATE TABLE j (id NUMBER(38,0), at_ TIMESTAMP_NTZ(9), v VARIANT)")
    sql(stages.COPY_JSON)
    found = sql("SELECT * FROM j ORDER BY id")
    assert agree([(1, MOMENT(2026, 1, 5, 10, 0, 0, 500000), Json({"k": None})), (2, None, None)], found)


def test_list(sql: Sql, lake: Lake) -> None:
    key = lake.put("one.csv", "a\n1\n")
    cursor = sql.connection.cursor().execute(stages.LIST)
    assert cursor is not None
    assert [column.name for column in cursor.description] == ["name", "size", "md5", "last_modified"]
    assert [row[:2] for row in cursor.fetchall()] == [(f"s3://lake/{key}", 4)]  # pyright: ignore


def test_a_second_create_leaves_the_stage(sql: Sql, lake: Lake) -> None:
    sql(stages.CREATE)
    lake.put("one.csv", "a\n1\n")
    assert len(sql(stages.LIST)) == 1


def test_a_named_format_has_the_same_defaults(sql: Sql, lake: Lake) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-file-format: an unenclosed backslash escapes."""
    lake.put("one.csv", "a\\tb\n")
    sql("CREATE TABLE t (a VARCHAR)")
    sql("CREATE FILE FORMAT plain TYPE = CSV")
    sql("COPY INTO t FROM @LAKE FILE_FORMAT = (FORMAT_NAME = 'plain')")
    assert sql.one("SELECT a FROM t") == "a\tb"


def test_purge_removes_what_was_loaded(sql: Sql, lake: Lake) -> None:
    lake.put("one.csv", "1\n")
    lake.put("kept.csv", "2\n")
    sql("CREATE TABLE t (a INT)")
    sql("COPY INTO t FROM @LAKE FILES = ('one.csv') FILE_FORMAT = (TYPE = CSV) PURGE = TRUE")
    assert [row[0].rpartition("/")[2] for row in sql("LIST @LAKE")] == ["kept.csv"]


def test_truncatecolumns_and_its_opposite(sql: Sql, lake: Lake) -> None:
    lake.put("one.csv", "abcdef\n")
    sql("CREATE TABLE t (a VARCHAR(3))")
    copy = "COPY INTO t FROM @LAKE FILE_FORMAT = (TYPE = CSV)"
    for option in ("TRUNCATECOLUMNS = FALSE", "ENFORCE_LENGTH = TRUE"):
        sql.fails(f"{copy} {option}", "length limit")
    sql(f"{copy} TRUNCATECOLUMNS = TRUE")
    sql(f"{copy} ENFORCE_LENGTH = FALSE FORCE = TRUE")
    assert sql("SELECT a FROM t") == [("abc",), ("abc",)]


def test_match_by_column_name(sql: Sql, lake: Lake) -> None:
    lake.put("one.json", '{"b": "x", "a": 1, "other": true}\n')
    sql("CREATE TABLE t (a INT, b VARCHAR, c VARCHAR)")
    sql("COPY INTO t FROM @LAKE FILE_FORMAT = (TYPE = JSON) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE")
    assert sql("SELECT * FROM t") == [(1, "x", None)]


def test_refresh_of_a_stage_does_nothing(sql: Sql, lake: Lake) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-stage"""
    lake.put("one.csv", "1\n")
    assert sql.one("ALTER STAGE LAKE REFRESH") == "Statement executed successfully."


def test_a_stage_that_is_moved_lists_another_place(sql: Sql, lake: Lake) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-stage"""
    key = lake.put("deep/one.csv", "1\n")
    lake.put("two.csv", "1\n")
    folder = key.removesuffix("one.csv")
    moved = sql.one(f"ALTER STAGE LAKE SET URL = 's3://lake/{folder}' STORAGE_INTEGRATION = S3_INTEGRATION")
    assert moved == "Statement executed successfully."
    assert [row[0] for row in sql(stages.LIST)] == [f"s3://lake/{key}"]
    with pytest.raises(ProgrammingError, match="invalid URL prefix found in: 'ftp://x/'"):
        sql("ALTER STAGE LAKE SET URL = 'ftp://x/'")
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        sql("ALTER STAGE NOWHERE SET URL = 's3://lake/raw/'")
