"""What is sent to Snowflake."""

import re
from datetime import date

import pytest

from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import LakeFormat, Table
from shopstream_platform.contract.raw import LOAD_LOG_COLUMNS, raw_ddl
from shopstream_platform.contract.tables import (
    BY_NAME,
    PARTITIONED,
    SHOP_TABLES,
    SNAPSHOTS,
)
from shopstream_platform.pipeline.load import sql

DAYS = Days(date(2025, 9, 5), date(2025, 9, 30), date(2025, 9, 1))
# Every option that Snowflake documents for a load of the type, and whose default would matter.
CSV_OPTIONS = {
    "TYPE": "CSV",
    "COMPRESSION": "GZIP",
    "RECORD_DELIMITER": r"'\n'",
    "FIELD_DELIMITER": "','",
    "SKIP_HEADER": "1",
    "FIELD_OPTIONALLY_ENCLOSED_BY": "'\"'",
    "ESCAPE": "NONE",
    "ESCAPE_UNENCLOSED_FIELD": "NONE",
    "NULL_IF": "()",
    "EMPTY_FIELD_AS_NULL": "TRUE",
    "TRIM_SPACE": "FALSE",
    "SKIP_BLANK_LINES": "FALSE",
    "ERROR_ON_COLUMN_COUNT_MISMATCH": "TRUE",
    "REPLACE_INVALID_CHARACTERS": "FALSE",
    "ENCODING": "'UTF8'",
    "DATE_FORMAT": "AUTO",
    "TIME_FORMAT": "AUTO",
    "TIMESTAMP_FORMAT": "AUTO",
}
JSON_OPTIONS = {
    "TYPE": "JSON",
    "COMPRESSION": "GZIP",
    "STRIP_OUTER_ARRAY": "FALSE",
    "STRIP_NULL_VALUES": "FALSE",
    "ALLOW_DUPLICATE": "FALSE",
    "REPLACE_INVALID_CHARACTERS": "FALSE",
}
every_table = pytest.mark.parametrize("table", SHOP_TABLES, ids=lambda table: table.name)


def options(statement: str) -> dict[str, str]:
    inside = statement.split("FILE_FORMAT = (", 1)[1].split(") ON_ERROR")[0]
    return dict(re.findall(r"(\w+) = ('[^']*'|\(\)|\w+)", inside))


@every_table
def test_the_format_is_given_in_full(table: Table) -> None:
    expected = CSV_OPTIONS if table.lake_format is LakeFormat.CSV else JSON_OPTIONS
    assert options(sql.copy_into(table, ["raw/x"])) == expected


@every_table
def test_exactly_the_files_are_copied_whether_or_not_they_were_before(table: Table) -> None:
    statement = sql.copy_into(table, ["raw/postgres/a/b_1.csv.gz", "raw/events/c.json.gz"])
    assert "FROM @RAW.S3_RAW_STAGE) FILES = ('postgres/a/b_1.csv.gz', 'events/c.json.gz') " in statement
    assert statement.endswith("ON_ERROR = ABORT_STATEMENT FORCE = TRUE")
    assert "PATTERN" not in statement


@every_table
def test_the_partition_comes_from_the_files_name(table: Table) -> None:
    statement = sql.copy_into(table, ["raw/x"])
    assert "SPLIT_PART(METADATA$FILENAME, '/', -2)::DATE, METADATA$FILENAME FROM" in statement


def test_a_documents_members_are_cast_to_their_columns() -> None:
    statement = sql.copy_into(BY_NAME["events"], ["raw/x"])
    assert "$1:id::NUMBER(38,0), $1:user_id::NUMBER(38,0), $1:event_type::VARCHAR(50), " in statement
    assert "$1:event_ts::VARCHAR::TIMESTAMP_NTZ(9), $1:metadata, " in statement


@pytest.mark.parametrize("table", PARTITIONED, ids=lambda table: table.name)
def test_a_range_is_deleted_and_compared_alike(table: Table) -> None:
    where = " WHERE _partition_date BETWEEN '2025-09-05'::DATE AND '2025-09-30'::DATE"
    assert sql.delete_range(table, DAYS) == f"DELETE FROM RAW.{table.name.upper()}{where}"
    end = r"( AS \w|\))* GROUP BY _partition_date$"
    assert re.search(re.escape(f"FROM RAW.{table.name.upper()}{where}") + end, sql.reconcile(table, DAYS))


@pytest.mark.parametrize("table", SNAPSHOTS, ids=lambda table: table.name)
def test_a_snapshot_replaces_everything(table: Table) -> None:
    assert sql.delete_range(table, None) == f"DELETE FROM RAW.{table.name.upper()}"


@every_table
def test_the_lock_is_an_update_of_a_table_of_its_own(table: Table) -> None:
    """Of all its rows: on Snowflake UPDATE locks the table, so another table's load must not share it."""
    assert (
        sql.take_lock(table) == f"UPDATE RAW._LOAD_LOCK_{table.name.upper()} SET locked_by = %s, locked_at = SYSDATE()"
    )


def test_the_log_takes_every_column_once() -> None:
    statement = sql.insert_log()
    assert statement.count("%s") == len(LOAD_LOG_COLUMNS)
    assert f"({', '.join(LOAD_LOG_COLUMNS)})" in statement


def test_the_ddl_is_idempotent_and_replaces_nothing() -> None:
    statements = raw_ddl(SHOP_TABLES)
    idempotent = r"CREATE (TRANSIENT )?TABLE IF NOT EXISTS |MERGE INTO |ALTER TABLE \S+ ADD COLUMN IF NOT EXISTS "
    assert all(re.match(idempotent, s) for s in statements)
    assert not [s for s in statements if "OR REPLACE" in s or "PRIMARY KEY" in s]


def test_what_the_lake_can_restore_is_kept_for_a_day_only() -> None:
    """All tables but the load log."""
    created = [s for s in raw_ddl(SHOP_TABLES) if s.startswith("CREATE")]
    permanent = [s for s in created if not s.startswith("CREATE TRANSIENT TABLE IF NOT EXISTS RAW.")]
    assert [s.split()[5] for s in permanent] == ["RAW._LOAD_LOG", "RAW._VERSION"]
    assert {s.endswith(") DATA_RETENTION_TIME_IN_DAYS = 1") for s in created} == {True, False}
    assert not permanent[0].endswith("= 1")
    assert len(created) == 2 * len(SHOP_TABLES) + 3


@pytest.mark.parametrize(
    ("newest", "following"),
    [
        (None, "L000000000001-ab"),
        ("20261128T081530123456-0a1b2c3d", "L000000000001-ab"),
        ("L000000000009-ff", "L000000000010-ab"),
        ("L999999999998-00", "L999999999999-ab"),
    ],
)
def test_a_load_id_sorts_behind_those_before_it_as_text(newest: str | None, following: str) -> None:
    assert sql.next_load_id(newest, "ab") == following
    assert (newest or "") < following


def test_no_more_files_a_statement_than_snowflake_takes() -> None:
    assert sql.FILES_PER_COPY == 1000
