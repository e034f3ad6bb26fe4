"""Days outside a compared window whose rows lose their partner by what the window is about to load.

A window compares the newest days and whole snapshot tables. A user who is deleted together with old orders, or an order
that moves out of an old day, leaves rows in RAW that the window does not see: they refer to nothing, or their id is
there twice. Such days are found by ids, few of which are ever fetched, and compared too.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from psycopg2.extensions import connection

from shopstream_platform.contract.days import Days, contiguous_ranges
from shopstream_platform.contract.declare import KEY, Table
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.contract.tables import BY_NAME, PARTITIONED, SNAPSHOTS
from shopstream_platform.pipeline.extract.sql import day_expression, from_clause, in_range
from shopstream_platform.pipeline.refresh.drift import Drift, Why
from shopstream_platform.stores.warehouse import Warehouse

# Ids are compared in buckets first, by count and sum, so that only those of a bucket that differs are fetched.
BUCKET = 4096
IDS_PER_QUERY = 5_000
# More than these, and comparing all of history costs less.
MOST_BUCKETS, MOST_IDS = 500, 50_000
BUCKETS_PER_QUERY = 50
Rows = Sequence[tuple[Any, ...]]
# Of a table that is read as t.
_ID = f"t.{KEY}"


class TooMany(Exception):
    """More ids than it pays to look for: all of history is to be compared."""


def days_without_partner(
    conn: connection, warehouse: Warehouse, drift: Drift, compared: set[date], start: date
) -> set[date]:
    """Days outside `compared` that hold rows of deleted parents, or ids that moved into or out of a drifted day.

    Raises TooMany where that cannot be found out with few queries.
    """
    found: set[date] = set()
    for parent in SNAPSHOTS:
        children = [(t, c.name) for t in PARTITIONED for c in t.columns if c.references == parent.name]
        if parent.name in drift.snapshots and children and (gone := _deleted(conn, warehouse, parent)):
            for child, column in children:
                found |= _days_holding(warehouse, child, column, gone)
    for table in PARTITIONED:
        if reasons := drift.days.get(table.name):
            where = _on_days(table, reasons, start)
            found |= _days_holding(warehouse, table, KEY, _suspects(conn, warehouse, table, where, compared))
            # What was loaded now holds fewer rows, or others: they may have moved to a day that is not compared.
            if loaded := {day for day, why in reasons.items() if why in (Why.CHANGED, Why.EMPTIED)}:
                found |= _moved_out(conn, warehouse, table, loaded, start)
    return found - compared


def days_with_broken_rows(warehouse: Warehouse) -> set[date]:
    """Days of RAW with an id that is there twice, or a row that refers to none: what a failed build may have met."""
    found: set[date] = set()
    for table in PARTITIONED:
        twice = f"SELECT _partition_date FROM {raw_name(table)} QUALIFY COUNT(*) OVER (PARTITION BY {KEY}) > 1"
        found |= _days(warehouse, f"SELECT DISTINCT _partition_date FROM ({twice}) AS twice")
        for column in table.columns:
            if column.references:
                parent = raw_name(BY_NAME[column.references])
                found |= _days(
                    warehouse,
                    f"SELECT DISTINCT c._partition_date FROM {raw_name(table)} AS c LEFT JOIN {parent} AS p "
                    f"ON c.{column.name} = p.{KEY} WHERE c.{column.name} IS NOT NULL AND p.{KEY} IS NULL",
                )
    return found


def _deleted(conn: connection, warehouse: Warehouse, table: Table) -> list[int]:
    """Ids that RAW has and the source has not."""
    return _only_in_raw(conn, warehouse, (raw_name(table), "TRUE"), (f"{table.name} t", "TRUE"))


def _moved_out(conn: connection, warehouse: Warehouse, table: Table, drifted: set[date], start: date) -> set[date]:
    """Days at the source of the rows that RAW has on a drifted day, and the source on another."""
    loaded = raw_name(table), f"t._partition_date IN ({_dates(drifted)})"
    there = from_clause(table), _on_days(table, drifted, start)
    found: set[date] = set()
    for some in _slices(_only_in_raw(conn, warehouse, loaded, there), IDS_PER_QUERY):
        day, rows = day_expression(table, start), from_clause(table)
        found |= {at for (at,) in _source(conn, f"SELECT DISTINCT {day} FROM {rows} WHERE {_ID} IN ({_list(some)})")}
    return found


def _only_in_raw(conn: connection, warehouse: Warehouse, loaded: tuple[str, str], there: tuple[str, str]) -> list[int]:
    """Ids of rows of RAW that the rows of the source have not; both are a table, as t, and a condition."""
    (raw, in_raw), (source, at_source) = loaded, there
    raw = f"{raw} AS t"
    here = _contents(_source(conn, _counted(source, at_source)))
    contents = _contents(warehouse.rows(_counted(raw, in_raw)))
    differing = [bucket for bucket, content in contents.items() if here.get(bucket) != content]
    if len(differing) > MOST_BUCKETS:
        raise TooMany
    gone: list[int] = []
    for buckets in _slices(differing, BUCKETS_PER_QUERY):
        some = f"{_bucket(_ID)} IN ({_list(buckets)})"
        still = {int(one) for (one,) in _source(conn, f"SELECT {_ID} FROM {source} WHERE {at_source} AND {some}")}
        known = warehouse.rows(f"SELECT {_ID} FROM {raw} WHERE {in_raw} AND {some}")
        gone += {int(one) for (one,) in known} - still
    return gone


def _suspects(conn: connection, warehouse: Warehouse, table: Table, where: str, compared: set[date]) -> list[int]:
    """Ids of these rows of the source in buckets of which RAW has rows on days that are not compared."""
    rows, bucket = from_clause(table), _bucket(_ID)
    outside = f"_partition_date NOT IN ({_dates(compared)}) AND {KEY} IS NOT NULL"
    loaded = f"SELECT DISTINCT {_bucket(KEY)} FROM {raw_name(table)} WHERE {outside}"
    elsewhere = {int(one) for (one,) in warehouse.rows(loaded)}
    there = f"SELECT DISTINCT {bucket} FROM {rows} WHERE {where} AND {_ID} IS NOT NULL"
    here = {int(one) for (one,) in _source(conn, there)}
    shared = sorted(here & elsewhere)
    if len(shared) > MOST_BUCKETS:
        raise TooMany
    if not shared:
        return []
    some = f"{where} AND {bucket} IN ({_list(shared)})"
    ids = _source(conn, f"SELECT {_ID} FROM {rows} WHERE {some} LIMIT {MOST_IDS + 1}")
    return [int(one) for (one,) in ids]


def _days_holding(warehouse: Warehouse, table: Table, column: str, ids: list[int]) -> set[date]:
    if len(ids) > MOST_IDS:
        raise TooMany
    found: set[date] = set()
    for some in _slices(ids, IDS_PER_QUERY):
        query = f"SELECT DISTINCT _partition_date FROM {raw_name(table)} WHERE {column} IN ({_list(some)})"
        found |= _days(warehouse, query)
    return found


def _on_days(table: Table, days: Iterable[date], start: date) -> str:
    ranges = (in_range(table, Days(*span, start)) for span in contiguous_ranges(days))
    return f"({' OR '.join(ranges)})"


def _dates(days: Iterable[date]) -> str:
    return ", ".join(f"'{day}'" for day in sorted(days))


def _bucket(column: str) -> str:
    """The number of an id's bucket, negative ids included; the same in both engines."""
    return f"FLOOR({column} / {BUCKET}.0)"


def _counted(rows: str, condition: str) -> str:
    within = f"MOD({_ID}, {BUCKET})"
    contents = f"COUNT(*), SUM({_ID}), SUM({within} * {within})"
    return f"SELECT {_bucket(_ID)}, {contents} FROM {rows} WHERE {condition} AND {_ID} IS NOT NULL GROUP BY 1"


def _contents(rows: Rows) -> dict[int, tuple[int, int, int]]:
    return {int(bucket): (int(count), int(total), int(squares)) for bucket, count, total, squares in rows}


def _source(conn: connection, query: str) -> Rows:
    with conn.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _days(warehouse: Warehouse, query: str) -> set[date]:
    return {day for (day,) in warehouse.rows(query) if day is not None}


def _slices(values: list[int], size: int) -> Iterator[list[int]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _list(values: Sequence[int]) -> str:
    return ", ".join(map(str, values))
