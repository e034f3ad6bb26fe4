"""Foreign keys of a source as references between proposed tables, and the order that they ask for."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from shopstream_platform.intake.found import FoundForeignKey
from shopstream_platform.intake.proposal import ProposedTable


def referring(tables: Sequence[ProposedTable]) -> list[ProposedTable]:
    """The tables with the references that a declaration can hold: one column, to the whole key of a table."""
    by_oid = {table.relation.oid: table for table in tables}
    return [_referring(table, by_oid) for table in tables]


def _referring(table: ProposedTable, by_oid: dict[int, ProposedTable]) -> ProposedTable:
    references: dict[int, str] = {}
    notes: list[str] = []
    for key in table.relation.foreign_keys:
        target = by_oid.get(key.target)
        reason = _not_declared(key, target)
        if target is None or reason:
            names = ", ".join(table.relation.numbered(number).name for number in key.columns)
            notes.append(f"{names}: the foreign key is not declared, since {reason}")
        else:
            references.setdefault(key.columns[0], target.full_name)
    columns = (replace(column, references=references.get(column.found.number)) for column in table.columns)
    return replace(table, columns=tuple(columns), notes=(*table.notes, *notes))


def _not_declared(key: FoundForeignKey, target: ProposedTable | None) -> str:
    """Why a declaration cannot hold the foreign key; empty if it can."""
    if target is None:
        return "the table that it refers to is left out"
    if len(key.columns) > 1:
        return f"it has several columns (to {target.full_name})"
    if tuple(column.found.number for column in target.columns if column.key) != key.target_columns:
        return f"it refers to other columns than the key of {target.full_name}"
    return "" if key.enforced else "it is NOT VALID: rows of before it was made may break it"


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
