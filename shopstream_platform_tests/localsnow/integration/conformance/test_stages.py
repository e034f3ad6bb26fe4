"""Stages and COPY with the options of the platform; test_copy_csv and test_copy_json go into each option.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table, create-stage, list
"""

from dataclasses import replace

import pytest
from snowflake.connector.errors import ProgrammingError

from shopstream_platform.certify.cases import stages
from shopstream_platform.certify.conformance import in_folder
from shopstream_platform_tests.localsnow.integration.conformance.check import check
from shopstream_platform_tests.localsnow.integration.conftest import Lake, Sql


@pytest.mark.parametrize("staged", stages.CASES, ids=lambda staged: staged.case.sql)
def test_copy(sql: Sql, lake: Lake, staged: stages.Staged) -> None:
    lake.put(staged.name, staged.content)
    for statement in staged.case.setup:
        sql(statement)
    check(sql, replace(staged.case, expected=in_folder(staged.case.expected, f"{lake.prefix}/")))


def test_copy_says_what_it_loaded(sql: Sql, lake: Lake) -> None:
    key = lake.put("2026-01-05/t.csv.gz", 'a,b\n1,"x\\y"\n2,\n3,""\n')
    sql("CREATE TABLE t (a INT, b VARCHAR, day DATE, file VARCHAR)")
    ((file, status, parsed, loaded, *_),) = sql(stages.COPY_CSV)
    assert (file, status, parsed, loaded) == (key, "LOADED", 3, 3)


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


def test_purge_removes_what_was_loaded(sql: Sql, lake: Lake) -> None:
    lake.put("one.csv", "1\n")
    lake.put("kept.csv", "2\n")
    sql("CREATE TABLE t (a INT)")
    sql("COPY INTO t FROM @LAKE FILES = ('one.csv') FILE_FORMAT = (TYPE = CSV) PURGE = TRUE")
    assert [row[0].rpartition("/")[2] for row in sql("LIST @LAKE")] == ["kept.csv"]


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
