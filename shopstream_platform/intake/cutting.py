"""How tables are cut: into days of their own, into those of their parents, or not at all."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from shopstream_platform.intake.days import day_column
from shopstream_platform.intake.found import RelationKind
from shopstream_platform.intake.proposal import ByOwnDay, ByParentsDay, ProposedColumn, ProposedTable

# Of a table that was never analysed, only the size is known.
BYTES_OF_A_ROW = 100


def cut(tables: Iterable[ProposedTable], snapshots: Collection[int], daily_from: int) -> Iterator[ProposedTable]:
    """The tables, each behind its parent, with a partition and why."""
    done: dict[str, ProposedTable] = {}
    for table in tables:
        decided = _cut(table, done, snapshots, daily_from)
        done[table.full_name] = decided
        yield decided


def _cut(
    table: ProposedTable, done: dict[str, ProposedTable], snapshots: Collection[int], daily_from: int
) -> ProposedTable:
    relation = table.relation
    if relation.oid in snapshots:
        return replace(table, why="a snapshot was asked for")
    if (small := _small(table, daily_from)) is not None:
        return replace(table, why=small)
    names = {column.found.number: column.name for column in table.columns}
    if (day := day_column(relation, names)) is not None:
        indexed = any(index.columns[0] == day.number for index in relation.indexes)
        why = "not null, set once" + ("" if indexed else "; not indexed, so that a day is found by reading all rows")
        return replace(table, partition=ByOwnDay(names[day.number]), why=why)
    for column in table.columns:
        parent = done.get(column.references or "")
        if parent is not None and _is_detail(table, column, parent):
            return replace(table, partition=ByParentsDay(parent.full_name, column.name), why="rows of its parent's")
    return replace(table, why="no timestamp or date that is set once and not null")


def _small(table: ProposedTable, daily_from: int) -> str | None:
    relation = table.relation
    if relation.rows is not None:
        return f"fewer than {daily_from:,} rows" if relation.rows < daily_from else None
    if relation.kind in (RelationKind.VIEW, RelationKind.FOREIGN):
        return "how many rows it has is not known"
    if relation.bytes < daily_from * BYTES_OF_A_ROW:
        return f"less than {daily_from * BYTES_OF_A_ROW // 1000:,} kB (never analysed, so rows are not known)"
    return None


def _is_detail(table: ProposedTable, column: ProposedColumn, parent: ProposedTable) -> bool:
    """Whether rows of the table are parts of rows of `parent`, which has days of its own, and are written with them.

    A table that only mentions a row of another one (an order its customer) is no detail of it.
    """
    if not (isinstance(parent.partition, ByOwnDay) and len(parent.key) == 1 and column.found.required):
        return False
    return (len(table.key) > 1 and table.key[0] == column.name) or _is_named_after(table.name, parent.name)


def _is_named_after(detail: str, parent: str) -> bool:
    return bool(re.match(rf"{re.escape(parent.removesuffix('s'))}(?:s|es)?_", detail))
