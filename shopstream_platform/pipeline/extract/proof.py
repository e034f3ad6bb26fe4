"""Whether partitions of an earlier declaration, or summed up by an earlier way, hold what would be extracted now.

They do where the source's fingerprint over the columns of then is still the manifest's, and each new column has one
value in all rows: NULL, or its declared default. Then the objects stay, and the manifest names the constants.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from psycopg2.extensions import connection

from shopstream_platform.contract import checksum
from shopstream_platform.contract.checksum import Way
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import Column, Kind, Table
from shopstream_platform.contract.former import (
    columns_then,
    digits_of,
    former,
    kind_of,
    names_of_same,
    names_of_today,
    scale_of,
)
from shopstream_platform.contract.oltp import constant_default, held, type_at_source
from shopstream_platform.pipeline.extract.schema import as_found
from shopstream_platform.pipeline.extract.sql import day_expression, fingerprint, from_clause, in_range
from shopstream_platform.stores.manifest import Manifest
from shopstream_platform.stores.postgres import is_utf8

# How the message of a run begins that did not load what it proved.
KEPT = "not loaded again:"


@dataclass(frozen=True)
class Earlier:
    """An earlier declaration against today's: the table of then, what its columns are called now, and new columns.

    `way` is how the rows were summed up then.
    """

    table: Table
    way: Way
    names: Mapping[str, str | None]
    added: tuple[Column, ...]


def proven(
    conn: connection,
    table: Table,
    method: str,
    manifests: Iterable[Manifest],
    days: Days | None,
    columns: dict[str, str],
) -> list[Manifest]:
    """The manifests that hold for the new declaration, as they are to be written; one query for each older one.

    `method` is the new declaration's, `columns` the source's types now.
    """
    older: dict[tuple[Any, ...], list[Manifest]] = {}
    for manifest in manifests:
        if manifest.method != method and manifest.server_version == conn.server_version:
            older.setdefault((manifest.method, *manifest.columns.items()), []).append(manifest)
    found = []
    for group in older.values():
        earlier = compared(table, group[0], columns)
        if earlier is not None:
            found += _of_group(conn, table, method, earlier, group, days, columns)
    return found


def compared(table: Table, manifest: Manifest, columns: Mapping[str, str]) -> Earlier | None:
    """The manifest's declaration, if it can be told from it and the source still has its columns."""
    of_then = columns_then(table, manifest.columns, manifest.digits)
    names = names_of_same(table, of_then)
    # At the source a renamed column has its new name.
    at_source = {names[old] or old: old for old in names}
    if len(at_source) != len(names) or any(
        _kind(columns.get(name)) != _kind(manifest.columns[old]) for name, old in at_source.items()
    ):
        return None
    readable = {
        name: replace(column, name=name) if (column := of_then[old]) else None for name, old in at_source.items()
    }
    then, read = former(table, of_then, names), former(table, readable, names_of_today(table, at_source))
    way = checksum.way_of_method(manifest.method)
    if not (then and read and way) or checksum.method(then, way) != manifest.method:
        return None
    if way is checksum.Way.NUMBERS and any(
        column.kind is Kind.DECIMAL and columns.get(column.source_name) != type_at_source(column)
        for column in read.columns
    ):
        # Of more digits than were declared the sums could be too large to be taken.
        return None
    known = {new for new in names.values() if new}
    return Earlier(
        as_found(read, columns), way, names, tuple(column for column in table.columns if column.name not in known)
    )


def _kind(type_at_source: str | None) -> tuple[Kind | None, int | None] | None:
    return (kind_of(type_at_source), scale_of(type_at_source)) if type_at_source else None


def sentence(table: Table, manifests: list[Manifest]) -> str:
    """What was proven, without a value of anybody's."""
    values: dict[str, set[str]] = {}
    for manifest in manifests:
        for name, value in manifest.constants.items():
            if not all(name in one.constants for one in manifests):
                # Kept from an earlier proof; other days have values of their own.
                continue
            # Of a day without rows anything is true.
            values.setdefault(name, set()).update(["NULL" if value is None else "its default"] * bool(manifest.rows))
    reasons = [
        f"{name} is {' or '.join(sorted(found)) or 'NULL'} in all rows{' of a day' * (len(found) > 1)}"
        for name, found in sorted(values.items())
    ]
    what = "1 snapshot" if not table.partitioned else f"{len(manifests)} day{'s' if len(manifests) > 1 else ''}"
    why = "; ".join([*reasons, "the other columns have the fingerprint of what was loaded"])
    return f"{KEPT} {table.name}, {what}: {why}, proven at the source"


def _of_group(
    conn: connection,
    table: Table,
    method: str,
    earlier: Earlier,
    manifests: list[Manifest],
    days: Days | None,
    columns: dict[str, str],
) -> list[Manifest]:
    with conn.cursor() as cursor:
        cursor.execute(_query(conn, table, earlier, days))
        found = {row[0]: row[1:] for row in cursor}
    nothing = (0, 0, 0, 0, *[0, 0] * len(earlier.added))
    return [
        kept
        for manifest in manifests
        if (kept := _kept(table, method, earlier, manifest, found.get(days and manifest.day, nothing), columns))
    ]


def _query(conn: connection, table: Table, earlier: Earlier, days: Days | None) -> str:
    """(day, rows, fingerprint of then, fingerprint, checksum, and of each new column: values, other than default)."""
    utf8 = is_utf8(conn)
    day = "NULL::date" if days is None else day_expression(table, days.start)
    where = "" if days is None else f"WHERE {in_range(table, days)}"
    sums = (fingerprint(earlier.table, earlier.way), fingerprint(table), checksum.at_source(table, utf8=utf8))
    counts = [
        f"count({held(column)}), count(*) FILTER (WHERE {held(column)} IS DISTINCT FROM {_default(column)})"
        for column in earlier.added
    ]
    measures = ["count(*)", *(f"COALESCE(sum({one}), 0)" for one in sums), *counts]
    return f"SELECT {day} AS partition_day, {', '.join(measures)} FROM {from_clause(table)} {where} GROUP BY 1"


def _default(column: Column) -> str:
    return column.default if column.default and constant_default(column) is not None else "NULL"


def _kept(
    table: Table, method: str, earlier: Earlier, manifest: Manifest, found: tuple[Any, ...], columns: dict[str, str]
) -> Manifest | None:
    rows, then, now, check, *counts = found
    if (rows, int(then)) != (manifest.rows, manifest.fingerprint):
        return None
    constants: dict[str, str | None] = {}
    for column, values, others in zip(earlier.added, counts[::2], counts[1::2], strict=True):
        if values and (others or column.kind is Kind.JSON):
            return None
        constants[column.name] = constant_default(column) if values else None
    in_objects = {name: then and earlier.names.get(then, then) for name, then in manifest.in_objects.items()}
    dropped = {n: manifest.columns[then] for n, then in manifest.in_objects.items() if then and not in_objects[n]}
    return manifest.model_copy(
        update={
            "columns": {name: columns[name] for name in table.column_names},
            "digits": digits_of(table),
            "held": in_objects,
            "dropped": manifest.dropped | dropped,
            "constants": {
                **{earlier.names[n]: value for n, value in manifest.constants.items() if earlier.names.get(n)},
                **constants,
            },
            "rows": rows,
            "checksum": int(check),
            "fingerprint": int(now),
            "method": method,
            # Their measures are of the columns of then.
            "chunks": {},
        }
    )
