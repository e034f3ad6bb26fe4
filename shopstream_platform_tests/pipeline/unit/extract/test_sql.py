"""What is sent to PostgreSQL, for every shape of a range."""

import re
from datetime import date, datetime

import pytest

from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import Kind, Table
from shopstream_platform.contract.tables import BY_NAME, SHOP_TABLES
from shopstream_platform.pipeline.extract import sql

START = date(2025, 9, 1)
FIRST_DAY = Days(START, START, START)
ONE_DAY = Days(date(2025, 9, 5), date(2025, 9, 5), START)
RANGE = Days(date(2025, 9, 5), date(2025, 9, 30), START)
FROM_THE_START = Days(START, date(2025, 9, 30), START)
PARTITIONED = [table for table in SHOP_TABLES if table.partitioned]
SNAPSHOTS = [table for table in SHOP_TABLES if not table.partitioned]
partitioned = pytest.mark.parametrize("table", PARTITIONED, ids=lambda table: table.name)
snapshot = pytest.mark.parametrize("table", SNAPSHOTS, ids=lambda table: table.name)


def column(table: Table) -> str:
    return f"{'p' if table.parent else 't'}.{table.day_column}"


@partitioned
def test_a_range_is_bounded_on_both_sides(table: Table) -> None:
    expected = f"({column(table)} >= DATE '2025-09-05' AND {column(table)} < DATE '2025-10-01')"
    assert sql.in_range(table, RANGE) == expected


@partitioned
@pytest.mark.parametrize("days", [FIRST_DAY, FROM_THE_START])
def test_the_first_partition_takes_earlier_rows_and_those_without_time(table: Table, days: Days) -> None:
    predicate = sql.in_range(table, days)
    assert f"{column(table)} IS NULL" in predicate
    assert ">=" not in predicate


@partitioned
def test_a_rows_day_is_never_before_the_first(table: Table) -> None:
    expected = f"GREATEST(COALESCE({column(table)}::date, DATE '2025-09-01'), DATE '2025-09-01')"
    assert sql.day_expression(table, START) == expected


def test_lines_are_joined_to_their_orders() -> None:
    assert sql.from_clause(BY_NAME["order_items"]) == "order_items t LEFT JOIN orders p ON p.id = t.order_id"
    assert sql.from_clause(BY_NAME["orders"]) == "orders t"


@partitioned
def test_rows_of_several_days_carry_their_day_in_order(table: Table) -> None:
    query = sql.copy_rows(table, RANGE)
    assert query.startswith("COPY (SELECT GREATEST(")
    assert "AS partition_day" in query
    assert "ORDER BY 1" in query


@partitioned
def test_rows_of_one_day_need_no_order(table: Table) -> None:
    query = sql.copy_rows(table, ONE_DAY)
    assert "partition_day" not in query
    assert "ORDER BY" not in query


@snapshot
def test_a_snapshot_is_the_whole_table(table: Table) -> None:
    columns = ", ".join(f"t.{name}" for name in table.column_names)
    assert sql.copy_rows(table, None) == f"COPY (SELECT {columns} FROM {table.name} t) TO STDOUT WITH (FORMAT csv)"


def test_documents_are_not_quoted() -> None:
    query = sql.copy_rows(BY_NAME["events"], ONE_DAY)
    assert query.endswith("TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')")


@partitioned
def test_measures_and_fingerprints_group_the_same_rows_by_the_same_day(table: Table) -> None:
    rows = f"FROM {sql.from_clause(table)} WHERE {sql.in_range(table, RANGE)}"
    for query in (sql.measures(table, RANGE), sql.fingerprints(table, RANGE)):
        assert query.count(rows) == 1
        assert query.count(f"SELECT {sql.day_expression(table, START)} AS partition_day, ") == 1
        assert re.match(r"SELECT .* AS partition_day, count\(\*\), .* GROUP BY 1$", query)


@snapshot
def test_measures_of_a_snapshot_have_no_day(table: Table) -> None:
    assert sql.measures(table, None).startswith("SELECT NULL, count(*)")
    assert sql.measures(table, None).endswith(f" FROM {table.name} t")


@pytest.mark.parametrize("table", SHOP_TABLES, ids=lambda table: table.name)
def test_the_measures_fingerprint_is_the_one_that_drift_compares(table: Table) -> None:
    days = RANGE if table.partitioned else None
    sum_, rows = re.search(r"count\(\*\), (COALESCE\(.*?\), 0\)) (FROM .*)", sql.fingerprints(table, days)).groups()  # pyright: ignore
    assert f", {sum_} {rows}" in sql.measures(table, days)


def test_what_is_not_due_is_of_today_or_later() -> None:
    assert sql.beyond(BY_NAME["events"], date(2025, 9, 30), datetime(2025, 10, 1, 12, 30)) == (
        "SELECT count(*) FILTER (WHERE t.event_ts >= DATE '2025-10-01' AND t.event_ts < DATE '2025-10-02'), "
        "count(*) FILTER (WHERE t.event_ts >= DATE '2025-10-02' AND t.event_ts < DATE '10000-01-01'), "
        "count(*) FILTER (WHERE t.event_ts > TIMESTAMP '2025-10-01 12:30:00' AND t.event_ts < DATE '2025-10-01'), "
        "min(t.id) FILTER (WHERE t.event_ts >= DATE '10000-01-01') "
        "FROM events t WHERE t.event_ts >= DATE '2025-10-01'"
    )


def test_what_is_not_due_of_a_running_day_is_dated_after_now() -> None:
    query = sql.beyond(BY_NAME["events"], date(2025, 10, 1), datetime(2025, 10, 1, 12, 30))
    assert query.endswith("FROM events t WHERE t.event_ts > TIMESTAMP '2025-10-01 12:30:00'")
    assert "t.event_ts > TIMESTAMP '2025-10-01 12:30:00' AND t.event_ts < DATE '2025-10-02'" in query


@pytest.mark.parametrize("table", SHOP_TABLES, ids=lambda table: table.name)
def test_every_moment_amount_and_unbounded_value_is_examined(table: Table) -> None:
    query = sql.unholdable(table, RANGE if table.partitioned else None)
    columns = [c.name for c in table.columns if c.kind in (Kind.TIMESTAMP, Kind.DECIMAL, Kind.JSON) or c.unbounded]
    assert query is not None
    assert [part.split(",")[0].split(" FROM")[0] for part in query.split(") AS ")[1:]] == columns
