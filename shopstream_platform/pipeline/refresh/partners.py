"""Days outside a compared window whose rows lose their partner by what the window is about to load.

A window compares the newest days and whole snapshot tables. A user who is deleted together with old orders, or an order
that moves out of an old day, leaves rows in RAW that the window does not see: they refer to nothing, or their id is
there twice. Such days are found by ids, few of which are ever fetched, and compared too. An id is a key that is one
whole number; tables with another key, or none, are left to the comparison of all of history.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg2.extensions import connection

from shopstream_platform.contract.days import Days, contiguous_ranges
from shopstream_platform.contract.declare import Column, Table
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.contract.tables import BY_NAME, PARTITIONED
from shopstream_platform.pipeline.extract.sql import day_expression, from_clause, in_range
from shopstream_platform.pipeline.refresh.drift import Drift, Why
from shopstream_platform.stores.warehouse import Warehouse

# Ids are compared in buckets first, by count and sum, so that only those of a bucket that differs are fetched.
BUCKET = 4096
IDS_PER_QUERY = 5_000
# More than these, and comparing all of history costs less.
MOST_BUCKETS, MOST_IDS = 500, 50_000
BUCKETS_PER_QUERY = 50


class TooMany(Exception):
    """More ids than it pays to look for: all of history is to be compared."""


def days_without_partner(
    conn: connection,
    warehouse: Warehouse,
    drift: Drift,
    compared: set[date],
    start: date,
    absent: Collection[str] = (),
) -> set[date]:
    """Days outside `compared` that hold rows of deleted parents, or ids that moved into or out of a drifted day.

    Tables that RAW does not have yet (`absent`) hold none. Raises TooMany where that cannot be found out with few
    queries.
    """
    found: set[date] = set()
    for parent in (BY_NAME[name] for name in drift.snapshots if name not in absent):
        key = parent.integer_key
        children = [
            (t, c.name)
            for t in PARTITIONED
            for c in t.columns
            if key and c.references == parent.name and t.name not in absent
        ]
        if key and children and (gone := _deleted(conn, warehouse, parent, key)):
            for child, column in children:
                found |= _days_holding(warehouse, child, column, gone)
    for table, reasons in ((BY_NAME[name], reasons) for name, reasons in drift.days.items() if name not in absent):
        if key := table.integer_key:
            where = _on_days(table, reasons, start)
            found |= _days_holding(warehouse, table, key.name, _suspects(conn, warehouse, table, key, where, compared))
            # What was loaded now holds fewer rows, or others: they may have moved to a day that is not compared.
            if loaded := {day for day, why in reasons.items() if why in (Why.CHANGED, Why.EMPTIED)}:
                found |= _moved_out(conn, warehouse, table, key, loaded, start)
    return found - compared


def unsearched(tables: Iterable[Table]) -> list[str]:
    """The partitioned tables of which days without partner are not looked for."""
    return [table.name for table in tables if table.partitioned and table.integer_key is None]


def days_with_broken_rows(
    warehouse: Warehouse, tables: Iterable[Table] = PARTITIONED, absent: Collection[str] = ()
) -> set[date]:
    """Days of RAW with an id that is there twice, or a row that refers to none: what a failed build may have met."""
    found: set[date] = set()
    for table in (table for table in tables if table.name not in absent):
        if table.key:
            same = ", ".join(table.key)
            twice = f"SELECT _partition_date FROM {raw_name(table)} QUALIFY COUNT(*) OVER (PARTITION BY {same}) > 1"
            found |= _days(warehouse, f"SELECT DISTINCT _partition_date FROM ({twice}) AS twice")
        for column in table.columns:
            parent = BY_NAME[column.references] if column.references else table
            if column.references and len(parent.key) == 1 and parent.name not in absent:
                (key,) = parent.key
                found |= _days(
                    warehouse,
                    f"SELECT DISTINCT c._partition_date FROM {raw_name(table)} AS c LEFT JOIN {raw_name(parent)} AS p "
                    f"ON c.{column.name} = p.{key} WHERE c.{column.name} IS NOT NULL AND p.{key} IS NULL",
                )
    return found


@dataclass(frozen=True)
class Rows:
    """Rows of one engine, read as t: where they are, which of them, and their id."""

    of: str
    where: str
    id: str


def _at_source(table: Table, key: Column, where: str) -> Rows:
    return Rows(from_clause(table), where, f"t.{key.source_sql}")


def _in_raw(table: Table, key: Column, where: str) -> Rows:
    return Rows(f"{raw_name(table)} AS t", where, f"t.{key.name}")


def _deleted(conn: connection, warehouse: Warehouse, table: Table, key: Column) -> list[int]:
    """Ids that RAW has and the source has not."""
    return _only_in_raw(conn, warehouse, _in_raw(table, key, "TRUE"), _at_source(table, key, "TRUE"))


def _moved_out(
    conn: connection, warehouse: Warehouse, table: Table, key: Column, drifted: set[date], start: date
) -> set[date]:
    """Days at the source of the rows that RAW has on a drifted day, and the source on another."""
    loaded = _in_raw(table, key, f"t._partition_date IN ({_dates(drifted)})")
    there = _at_source(table, key, _on_days(table, drifted, start))
    day = day_expression(table, start)
    found: set[date] = set()
    for some in _slices(_only_in_raw(conn, warehouse, loaded, there), IDS_PER_QUERY):
        days = _source(conn, f"SELECT DISTINCT {day} FROM {there.of} WHERE {there.id} IN ({_list(some)})")
        found |= {at for (at,) in days}
    return found


def _only_in_raw(conn: connection, warehouse: Warehouse, loaded: Rows, there: Rows) -> list[int]:
    """Ids of rows of RAW that the rows of the source have not."""
    here = _contents(_source(conn, _counted(there)))
    contents = _contents(warehouse.rows(_counted(loaded)))
    differing = [bucket for bucket, content in contents.items() if here.get(bucket) != content]
    if len(differing) > MOST_BUCKETS:
        raise TooMany
    gone: list[int] = []
    for buckets in _slices(differing, BUCKETS_PER_QUERY):
        still = {int(one) for (one,) in _source(conn, _of_buckets(there, buckets))}
        gone += {int(one) for (one,) in warehouse.rows(_of_buckets(loaded, buckets))} - still
    return gone


def _of_buckets(rows: Rows, buckets: Sequence[int]) -> str:
    return f"SELECT {rows.id} FROM {rows.of} WHERE {rows.where} AND {_bucket(rows.id)} IN ({_list(buckets)})"


def _suspects(
    conn: connection, warehouse: Warehouse, table: Table, key: Column, where: str, compared: set[date]
) -> list[int]:
    """Ids of these rows of the source in buckets of which RAW has rows on days that are not compared."""
    there = _at_source(table, key, where)
    outside = f"_partition_date NOT IN ({_dates(compared)}) AND {key.name} IS NOT NULL"
    loaded = f"SELECT DISTINCT {_bucket(key.name)} FROM {raw_name(table)} WHERE {outside}"
    elsewhere = {int(one) for (one,) in warehouse.rows(loaded)}
    known = f"SELECT DISTINCT {_bucket(there.id)} FROM {there.of} WHERE {where} AND {there.id} IS NOT NULL"
    here = {int(one) for (one,) in _source(conn, known)}
    shared = sorted(here & elsewhere)
    if len(shared) > MOST_BUCKETS:
        raise TooMany
    if not shared:
        return []
    return [int(one) for (one,) in _source(conn, f"{_of_buckets(there, shared)} LIMIT {MOST_IDS + 1}")]


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


def _counted(rows: Rows) -> str:
    within = f"MOD({rows.id}, {BUCKET})"
    contents = f"COUNT(*), SUM({rows.id}), SUM({within} * {within})"
    where = f"{rows.where} AND {rows.id} IS NOT NULL"
    return f"SELECT {_bucket(rows.id)}, {contents} FROM {rows.of} WHERE {where} GROUP BY 1"


def _contents(rows: Iterable[tuple[Any, ...]]) -> dict[int, tuple[int, int, int]]:
    return {int(bucket): (int(count), int(total), int(squares)) for bucket, count, total, squares in rows}


def _source(conn: connection, query: str) -> Sequence[tuple[Any, ...]]:
    with conn.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _days(warehouse: Warehouse, query: str) -> set[date]:
    return {day for (day,) in warehouse.rows(query) if day is not None}


def _slices(values: list[int], size: int) -> Iterator[list[int]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _list(values: Sequence[int]) -> str:
    return ", ".join(map(str, values))
