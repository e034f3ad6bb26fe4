"""From what a database has to what is proposed for it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from shopstream_platform.contract.declare import Kind
from shopstream_platform.contract.names import quoted
from shopstream_platform.contract.types import mapped
from shopstream_platform.intake.cutting import cut
from shopstream_platform.intake.found import FoundColumn, Inspection, Relation, RelationKind
from shopstream_platform.intake.measure import Digits, Measured, is_free, scale_of
from shopstream_platform.intake.names import column_names, table_names
from shopstream_platform.intake.personal import is_personal
from shopstream_platform.intake.proposal import LeftOut, Proposal, ProposedColumn, ProposedTable
from shopstream_platform.intake.references import in_order, referring
from shopstream_platform.stores.postgres_errors import grant, see_every_row

DAILY_FROM = 10_000
_NOT_COMPARED = {
    RelationKind.VIEW: "a view: rows that it leaves out are treated as deleted",
    RelationKind.MATERIALIZED: "a materialized view: as old as its last REFRESH",
    RelationKind.FOREIGN: "a foreign table: read through the source's server, while that reaches the other one",
}


@dataclass(frozen=True)
class Choices:
    """What somebody decided otherwise, by oid: relations that are not wanted, with the reason, and snapshots.

    A table of fewer rows than `daily_from` is a snapshot.
    """

    unwanted: Mapping[int, str]
    snapshots: Collection[int] = ()
    daily_from: int = DAILY_FROM


def propose(source: str, found: Inspection, measured: Measured, choices: Choices) -> Proposal:
    """Every relation is among the tables or left out with a reason, and so is every column of a table."""
    left_out = [
        LeftOut(
            f"schema {schema}",
            f"role {found.role} may not use it: {grant(f'USAGE ON SCHEMA {quoted(schema)}', found.role)}",
        )
        for schema in found.closed_schemas
    ]
    wanted: list[Relation] = []
    for relation in found.relations:
        if reason := _refused(relation, found.role, measured, choices):
            left_out.append(LeftOut(relation.label, reason))
        else:
            wanted.append(relation)
    names = table_names([(relation.schema, relation.name) for relation in wanted])
    tables: list[ProposedTable] = []
    for relation, name in zip(wanted, names, strict=True):
        table = _table(source, name, relation, found.role, measured.digits)
        if table.columns:
            tables.append(table)
        else:
            reasons = "; ".join(f"{column.name}: {column.reason}" for column in table.left_out)
            left_out.append(LeftOut(relation.label, f"no column of it can be loaded ({reasons or 'it has none'})"))
    return Proposal(
        source, tuple(cut(in_order(referring(tables)), choices.snapshots, choices.daily_from)), tuple(left_out)
    )


def _refused(relation: Relation, role: str, measured: Measured, choices: Choices) -> str:
    """Why nothing of a relation is loaded; empty if it can be."""
    if relation.oid in choices.unwanted:
        return choices.unwanted[relation.oid]
    if not relation.readable:
        return f"role {role} may not read it: {grant(f'SELECT ON {relation.sql}', role)}"
    if relation.filtered:
        return f"row-level security hides rows from role {role}: {see_every_row(role)}"
    return measured.unreadable.get(relation.oid, "")


def _table(
    source: str, name: str, relation: Relation, role: str, digits: Mapping[tuple[int, int], Digits]
) -> ProposedTable:
    names = dict(
        zip(
            (column.number for column in relation.columns),
            column_names([column.name for column in relation.columns]),
            strict=True,
        )
    )
    columns: list[ProposedColumn] = []
    left_out: list[LeftOut] = []
    for column in relation.columns:
        own = names[column.number]
        try:
            proposed = _column(relation, column, role, digits.get((relation.oid, column.number)))
        except ValueError as reason:
            left_out.append(LeftOut(f"{column.name} ({column.declared_type})", str(reason)))
        else:
            columns.append(replace(proposed, name=own, pii=is_personal(name, own)))
    key = _key(relation, columns)
    notes = [_NOT_COMPARED[relation.kind]] if relation.kind in _NOT_COMPARED else []
    if not key:
        notes.append("no key: its rows are counted and compared as a bag")
    return ProposedTable(
        *(source, name, relation, tuple(replace(c, key=c.found.number in key) for c in columns), tuple(left_out)),
        partition=None,
        why="",
        notes=tuple(notes),
    )


def _column(relation: Relation, column: FoundColumn, role: str, digits: Digits | None) -> ProposedColumn:
    """The column, without its name; ValueError with the reason if it cannot be loaded."""
    if not column.readable:
        right = f"SELECT ({quoted(column.name)}) ON {relation.sql}"
        raise ValueError(f"role {role} may not read it: {grant(right, role)}")
    proposed = ProposedColumn(column, column.name, key=False, pii=False)
    if is_free(column):
        # Of an empty table, too, something has to be said.
        measured = digits or Digits(0, 0, finite=True, rows=0, whole=True)
        where = f"all {measured.rows:,} rows" if measured.whole else f"the first {measured.rows:,} rows"
        note = f"digits in {where}: at most {measured.before} before the point, {measured.behind} behind it"
        proposed = replace(proposed, digits=measured.proposed(scale_of(column)), note=note)
    mapped(column.type_name, proposed.digits)
    return proposed


def _key(relation: Relation, columns: list[ProposedColumn]) -> tuple[int, ...]:
    """The primary key, else the shortest unique index that has no NULL, of columns that are loaded and compare."""
    usable = {c.found.number for c in columns if c.found.required and c.mapping.kind not in (Kind.JSON, Kind.FLOAT)}
    for index in relation.indexes:
        if index.unique and usable.issuperset(index.columns):
            return index.columns
    return ()
