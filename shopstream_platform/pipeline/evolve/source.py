"""The simulated shop's tables on their way to the declaration, in one transaction: all of it or nothing.

An external source is never changed; there, what differs is said by pipeline/extract/schema.py.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.declare import Column, Table
from shopstream_platform.contract.oltp import index_ddl, table_ddl, type_at_source
from shopstream_platform.pipeline.extract.schema import holds

# How the message of a run begins that has changed the simulated shop's tables.
CHANGED = "changed the source:"
WHERE = "shopstream_platform/contract/tables.py"
_SIMULATED = "SELECT to_regclass('shopstream_simulator.days') IS NOT NULL"
_COLUMNS = """
    SELECT name, attname, format_type(atttypid, atttypmod), attnotnull, atthasdef
    FROM unnest(%s) AS name
    JOIN pg_attribute ON attrelid = to_regclass(name) AND attnum > 0 AND NOT attisdropped
    ORDER BY name, attnum
"""


@dataclass(frozen=True)
class FoundColumn:
    """A column as the source has it; `type` is format_type's."""

    type: str
    nullable: bool = True
    has_default: bool = False


@dataclass(frozen=True)
class SourceChange:
    """One change of a table, its statements in order, and what is at fault if they fail."""

    table: str
    detail: str
    statements: tuple[str, ...]

    def __str__(self) -> str:
        return f"{CHANGED} {self.table}{self.detail}"


Found = Mapping[str, Mapping[str, FoundColumn]]


def bring_source(connection: Connection, tables: Iterable[Table]) -> list[str]:
    """Bring a simulated shop's tables to the declaration; what was done. Nothing where no shop was simulated yet.

    ShopStreamError, with nothing changed, where the rows that are there do not allow it.
    """
    declared = list(tables)
    # Commits at its end, or rolls back.
    with connection, connection.cursor() as cursor:
        cursor.execute(_SIMULATED)
        if cursor.fetchone() != (True,):
            return []
        changes = list(source_changes(declared, _found(cursor, declared)))
        for change in changes:
            _apply(cursor, change)
        return [str(change) for change in changes]


def source_changes(tables: Iterable[Table], found: Found) -> Iterator[SourceChange]:
    """What must change for the tables to be as declared; columns that are not declared stay, and may be NULL."""
    for table in tables:
        if table.name not in found:
            statements = (*table_ddl([table]), *index_ddl([table]))
            yield SourceChange(table.name, " is created", statements)
            continue
        there = dict(found[table.name])
        for column in table.columns:
            old = column.formerly
            if old and column.name not in there and old in there:
                statement = f"ALTER TABLE {table.name} RENAME COLUMN {old} TO {column.name}"
                yield SourceChange(table.name, f".{column.name} is what {old} is called now", (statement,))
                there[column.name] = there.pop(old)
            yield from _of_column(table, column, there.get(column.name))
        for name, column in there.items():
            if name not in table.column_names and not column.nullable and not column.has_default:
                yield _nullable(table, name, "is not declared, and may be NULL now, so that rows can be inserted")


def _of_column(table: Table, column: Column, now: FoundColumn | None) -> Iterator[SourceChange]:
    alter = f"ALTER TABLE {table.name}"
    if now is None:
        added = f"{alter} ADD COLUMN IF NOT EXISTS {column.name} {column.postgres_type} {column.constraint}".rstrip()
        index = index_ddl([table]) if column.name in table.indexes else []
        yield SourceChange(table.name, f".{column.name} is added as {column.postgres_type}", (added, *index))
        return
    if not holds(column, now.type):
        detail = f".{column.name} is {column.postgres_type} now, and was {now.type}"
        yield SourceChange(table.name, detail, (_retype(alter, column, now),))
    if column.nullable and not column.primary_key and not now.nullable:
        yield _nullable(table, column.name, "may be NULL now")


def _retype(alter: str, column: Column, now: FoundColumn) -> str:
    name, type_ = column.name, type_at_source(column)
    # To a shorter text without a cast, which would cut values silently.
    is_text = type_.startswith(("character varying", "text")) and now.type.startswith(("character varying", "text"))
    using = "" if is_text else f" USING {name}::{type_}"
    retyped = f"ALTER COLUMN {name} TYPE {type_}{using}"
    if not now.has_default or column.primary_key:
        return f"{alter} {retyped}"
    default = f", ALTER COLUMN {name} SET DEFAULT {column.default}" if column.default else ""
    return f"{alter} ALTER COLUMN {name} DROP DEFAULT, {retyped}{default}"


def _nullable(table: Table, column: str, detail: str) -> SourceChange:
    statement = f"ALTER TABLE {table.name} ALTER COLUMN {column} DROP NOT NULL"
    return SourceChange(table.name, f".{column} {detail}", (statement,))


def _found(cursor: Cursor, tables: list[Table]) -> dict[str, dict[str, FoundColumn]]:
    cursor.execute(_COLUMNS, ([table.name for table in tables],))
    found: dict[str, dict[str, FoundColumn]] = {}
    for table, name, type_, not_null, has_default in cursor:
        found.setdefault(table, {})[name] = FoundColumn(type_, not not_null, has_default)
    return found


def _apply(cursor: Cursor, change: SourceChange) -> None:
    try:
        for statement in change.statements:
            cursor.execute(statement)
    except psycopg2.errors.NotNullViolation:
        raise ShopStreamError(
            f"{change.table}{change.detail}, NOT NULL and without a default, but {change.table} has rows: give it a "
            f"default in {WHERE}, or declare it without nullable=False; nothing was changed"
        ) from None
    except (psycopg2.DataError, psycopg2.errors.CannotCoerce, psycopg2.IntegrityError) as error:
        why = str(error).strip().splitlines()[0]
        raise ShopStreamError(
            f"the simulated shop cannot follow the declaration: {change.table}{change.detail}, but {why}: change it in "
            f"{WHERE}, or begin anew with `shopstream reset`; nothing was changed"
        ) from None
