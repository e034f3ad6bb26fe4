"""A database against what is declared of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2.extensions import connection

from shopstream_platform.contract.declare import Column, Table
from shopstream_platform.contract.names import quoted
from shopstream_platform.contract.source import Source
from shopstream_platform.contract.types import mapped
from shopstream_platform.intake.found import FoundColumn, Inspection, Relation, RelationKind
from shopstream_platform.intake.measure import is_free
from shopstream_platform.pipeline.extract.schema import holds
from shopstream_platform.stores.postgres_errors import grant, see_every_row

_IDENTIFIERS = "SELECT name, parse_ident(name) FROM unnest(%s::text[]) AS name"


@dataclass(frozen=True)
class Difference:
    """What is one way in the declaration and another in the database.

    `what` is gone, retyped, rights, changed or undeclared; `at` is a relation or a column as the source calls it.
    A table of which something `stops` is not loaded.
    """

    what: str
    at: str
    says: str
    stops: bool


def compare(conn: connection, source: Source, found: Inspection) -> list[Difference]:
    """All differences: first those that stop a table, then what is merely undeclared."""
    relations = _relations(conn, source, found)
    undeclared = [one for one in found.relations if one not in relations.values()]
    differences: list[Difference] = []
    for table in source.tables:
        relation = relations.get(table.name)
        differences += _of_table(table, relation, found.role) if relation else [_gone(table, undeclared, found)]
    differences += (
        Difference("undeclared", one.label, f"a {one.kind.words} that is not declared", stops=False)
        for one in undeclared
    )
    return sorted(differences, key=lambda difference: not difference.stops)


def _relations(conn: connection, source: Source, found: Inspection) -> dict[str, Relation]:
    """The relation of each table that is there."""
    with conn.cursor() as cursor:
        cursor.execute(_IDENTIFIERS, ([table.source_sql for table in source.tables],))
        parts = dict(cursor.fetchall())
        cursor.execute("SELECT current_schemas(false)")
        (path,) = cursor.fetchone() or ([],)
    known = {(one.schema, one.name): one for one in found.relations}
    by_table: dict[str, Relation] = {}
    for table in source.tables:
        *schema, name = parts[table.source_sql]
        places = (known.get((one, name)) for one in schema or path)
        if relation := next(filter(None, places), None):
            by_table[table.name] = relation
    return by_table


def _gone(table: Table, undeclared: list[Relation], found: Inspection) -> Difference:
    schema = table.source_sql.split(".")[0]
    if schema in map(quoted, found.closed_schemas) or schema in found.closed_schemas:
        cure = grant(f"USAGE ON SCHEMA {schema}", found.role)
        return Difference("rights", table.source_sql, f"role {found.role} may not use its schema: {cure}", stops=True)
    wanted = {column.source_name for column in table.columns}
    near = [one.label for one in undeclared if wanted <= {column.name for column in one.columns}]
    perhaps = f"; perhaps it was renamed to {' or '.join(near)}, which has its columns" if near else ""
    return Difference("gone", table.source_sql, f"{table.name} is declared and not there{perhaps}", stops=True)


def _of_table(table: Table, relation: Relation, role: str) -> Iterator[Difference]:
    label = relation.label
    if not relation.readable:
        cure = grant(f"SELECT ON {relation.sql}", role)
        yield Difference("rights", label, f"role {role} may not read it: {cure}", stops=True)
        return
    if relation.filtered:
        cure = see_every_row(role)
        yield Difference("rights", label, f"row-level security hides rows from role {role}: {cure}", stops=True)
    there = {column.name: column for column in relation.columns}
    declared = {column.source_name for column in table.columns}
    new = [column for column in relation.columns if column.name not in declared]
    for column in table.columns:
        yield from _of_column(column, there.get(column.source_name), new, relation, role)
    for column in new:
        yield Difference("undeclared", f"{label}.{column.name}", _about(column), stops=False)
    if (
        table.key
        and relation.kind in (RelationKind.TABLE, RelationKind.PARTITIONED)
        and not _is_unique(table, relation)
    ):
        says = f"no unique index says that {', '.join(table.key)}, its declared key, names one row"
        yield Difference("changed", label, says, stops=False)


def _of_column(
    column: Column, there: FoundColumn | None, new: list[FoundColumn], relation: Relation, role: str
) -> Iterator[Difference]:
    at = f"{relation.label}.{column.source_name}"
    if there is None:
        near = [one.name for one in new if holds(column, one.type_name)]
        perhaps = f"; perhaps it was renamed to {' or '.join(near)}, of the same type" if near else ""
        yield Difference("gone", at, f"declared {column.postgres_type} and not there{perhaps}", stops=True)
        return
    if not holds(column, there.type_name):
        says = f"declared {column.postgres_type}, now {there.declared_type}"
        yield Difference("retyped", at, says, stops=True)
    if not there.readable:
        cure = grant(f"SELECT ({quoted(there.name)}) ON {relation.sql}", role)
        yield Difference("rights", at, f"role {role} may not read it: {cure}", stops=True)
    if not column.nullable and not there.required and relation.kind is not RelationKind.VIEW:
        yield Difference("changed", at, "declared not null, and may be NULL now", stops=False)


def _about(column: FoundColumn) -> str:
    try:
        if not is_free(column):
            mapped(column.type_name)
    except ValueError as reason:
        return f"{column.declared_type}, not declared ({reason})"
    return f"{column.declared_type}, not declared"


def _is_unique(table: Table, relation: Relation) -> bool:
    names = {column.source_name for column in table.columns if column.name in table.key}
    return any(
        index.unique and names.issuperset(relation.numbered(number).name for number in index.columns)
        for index in relation.indexes
    )
