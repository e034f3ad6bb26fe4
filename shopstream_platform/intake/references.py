"""Foreign keys of a source as references between proposed tables, and the order that they ask for."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from shopstream_platform.intake.proposal import ProposedTable


def referring(tables: Sequence[ProposedTable]) -> list[ProposedTable]:
    """The tables with the references that a declaration can hold: one column, to the whole key of a table."""
    by_oid = {table.relation.oid: table for table in tables}
    return [_referring(table, by_oid) for table in tables]


def _referring(table: ProposedTable, by_oid: dict[int, ProposedTable]) -> ProposedTable:
    references: dict[int, str] = {}
    for key in table.relation.foreign_keys:
        target = by_oid.get(key.target)
        if target is None or not key.enforced or len(key.columns) != 1:
            continue
        (number,) = key.columns
        numbers = [column.found.number for column in target.columns if column.key]
        if numbers == list(key.target_columns):
            references.setdefault(number, target.full_name)
    columns = (replace(column, references=references.get(column.found.number)) for column in table.columns)
    return replace(table, columns=tuple(columns))


def in_order(tables: Sequence[ProposedTable]) -> list[ProposedTable]:
    """Each table behind those that it refers to; where they refer to each other in a circle, a reference is dropped."""
    waiting = {table.full_name: table for table in tables}
    done: list[ProposedTable] = []
    while waiting:
        free = next((table for table in waiting.values() if not _blocking(table, waiting)), None)
        if free is None:
            cut = _of_a_circle(waiting)
            waiting[cut.full_name] = cut
            continue
        done.append(free)
        del waiting[free.full_name]
    return done


def _blocking(table: ProposedTable, waiting: Container[str]) -> str:
    """A table that must come before; empty if none has to."""
    wanted = (column.references for column in table.columns if column.references)
    return next((name for name in wanted if name in waiting and name != table.full_name), "")


def _of_a_circle(waiting: Mapping[str, ProposedTable]) -> ProposedTable:
    """A table of a circle, without its references to the next one of it; all of `waiting` are blocked by another."""
    name, passed = next(iter(waiting)), set[str]()
    while name not in passed:
        passed.add(name)
        name = _blocking(waiting[name], waiting)
    table, dropped = waiting[name], _blocking(waiting[name], waiting)
    names = ", ".join(column.name for column in table.columns if column.references == dropped)
    note = f"{names}: refers to {dropped}, which refers back, so that the reference is not declared"
    columns = (replace(c, references=None) if c.references == dropped else c for c in table.columns)
    return replace(table, columns=tuple(columns), notes=(*table.notes, note))
