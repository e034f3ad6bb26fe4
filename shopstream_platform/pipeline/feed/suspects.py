"""From what changes touch to the partitions of RAW that may differ from the source.

The day of before is the one on which RAW holds the row: only a partition that RAW holds wrongly has to be replaced.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

import psycopg2
from psycopg2.extensions import connection

from shopstream_platform.contract.declare import ByParent, Column, Kind, Table
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.pipeline.extract.sql import day_expression, from_clause
from shopstream_platform.pipeline.feed.served import Served
from shopstream_platform.pipeline.feed.state import Suspects, joined
from shopstream_platform.pipeline.feed.touched import Key, Touched, day_of
from shopstream_platform.stores.warehouse import Warehouse

# Snowflake takes 16,384 values in a list.
KEYS_PER_QUERY = 10_000


def suspects(
    conn: connection,
    warehouse: Warehouse,
    served: Mapping[str, Served],
    touched: Mapping[str, Touched],
    start: date,
    absent: Collection[str] = (),
) -> Suspects:
    """What has to be compared with the snapshot of `conn`; `absent` are tables that RAW does not have yet."""
    found: Suspects = {}
    for name, what in touched.items():
        one = served[name]
        if not what.changes:
            continue
        if what.whole or not one.table.partitioned or name in absent:
            found = joined(found, {name: None})
            continue
        days = {day_of(day, start) for day in what.days} if one.day else set()
        found = joined(found, {name: days | _places(warehouse, one.table, what.changed)})
    for name, one in served.items():
        if isinstance(one.table.partition, ByParent) and name not in absent:
            found = joined(found, _of_child(conn, warehouse, one, one.table.partition, touched, start))
    return {name: parts for name, parts in found.items() if parts is None or parts}


def _of_child(
    conn: connection,
    warehouse: Warehouse,
    one: Served,
    partition: ByParent,
    touched: Mapping[str, Touched],
    start: date,
) -> Suspects:
    """The days of rows whose parent was named, by themselves or because the parent may have moved."""
    table = one.table
    of_parent = touched[partition.parent.name]
    if of_parent.whole:
        return {table.name: None}
    own = touched[table.name].parents
    named = {str(parent) for parent in own if parent is not None}
    # Without a parent it is of the first day.
    found = {start} if None in own else set()
    # Without a foreign key a row may have come before its parent, and was of the first day until then.
    moved = of_parent.changed | (set() if one.guarded else of_parent.inserted)
    parents = {str(key) for key in moved}
    if not (named or parents):
        return {table.name: found}
    days = _days_of(conn, partition.parent, named | parents, start)
    found |= {days.get(parent, start) for parent in named}
    held = _children(warehouse, table, partition.via, parents)
    for parent in parents:
        # By where RAW has the children, not the parent: a refresh that was killed may have loaded one of the two alone.
        now, before = {days.get(parent, start)}, held.get(parent, set())
        # RAW may have none of them yet, when the day that an earlier change has named is still to be loaded.
        if before != now:
            found |= before | now
    return {table.name: found}


def _places(warehouse: Warehouse, table: Table, keys: Iterable[Key]) -> set[date]:
    """The partitions of RAW that hold any of these rows."""
    columns = table.key_columns
    found: set[date] = set()
    for some in _slices(sorted(keys)):
        rows = warehouse.rows(
            f"SELECT DISTINCT _partition_date FROM {raw_name(table)} WHERE {_is_one_of(columns, some)}"
        )
        found |= {day for (day,) in rows if day is not None}
    return found


def _children(warehouse: Warehouse, table: Table, via: str, parents: Iterable[str]) -> dict[str, set[date]]:
    """Parent -> the partitions of RAW that hold its rows."""
    held: dict[str, set[date]] = {}
    for some in _slices(sorted(parents)):
        where = _is_one_of((table.column(via),), some)
        query = f"SELECT DISTINCT {via}, _partition_date FROM {raw_name(table)} WHERE {where}"
        for parent, day in warehouse.rows(query):
            held.setdefault(str(parent), set()).add(day)
    return held


def _days_of(conn: connection, parent: Table, keys: Iterable[str], start: date) -> dict[str, date]:
    """Key -> the partition of the row at the source; a key that is not there has none."""
    key = parent.key_columns[0].source_sql
    day = f"LEAST({day_expression(parent, start)}, DATE '{date.max}')"
    found: dict[str, date] = {}
    with conn.cursor() as cursor:
        for some in _slices(sorted(keys)):
            # Written out, so that each takes the column's type, and an index finds it.
            wanted = b", ".join(cursor.mogrify("%s", (one,)) for one in some).decode()
            cursor.execute("SAVEPOINT days")
            try:
                cursor.execute(f"SELECT t.{key}::text, {day} FROM {from_clause(parent)} WHERE t.{key} IN ({wanted})")
            except psycopg2.DataError:
                # Without a foreign key a row may name what no parent can be called.
                cursor.execute("ROLLBACK TO SAVEPOINT days")
                texts = f"t.{key}::text IN ({wanted})"
                cursor.execute(f"SELECT t.{key}::text, {day} FROM {from_clause(parent)} WHERE {texts}")
            found |= dict(cursor.fetchall())
    return found


def _is_one_of(columns: Sequence[Column], keys: Sequence[Key]) -> str:
    if len(columns) == 1:
        values = ", ".join(_literal(columns[0], str(key)) for key in keys)
        return f"{columns[0].name} IN ({values})"
    names = ", ".join(column.name for column in columns)
    rows = (", ".join(_literal(c, part) for c, part in zip(columns, key, strict=True)) for key in keys)
    return f"({names}) IN ({', '.join(f'({row})' for row in rows)})"


def _literal(column: Column, text: str) -> str:
    if column.kind is Kind.INTEGER:
        return str(int(text))
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _slices(values: Sequence[Key]) -> Iterator[Sequence[Key]]:
    return (values[start : start + KEYS_PER_QUERY] for start in range(0, len(values), KEYS_PER_QUERY))
