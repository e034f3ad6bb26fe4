"""The shop's tables: created, filled in bulk, and closed with keys, indexes and statistics."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import cursor as Cursor

from shopstream_platform.contract.oltp import postgres_ddl
from shopstream_platform.contract.tables import TABLES

NAMES = [table.name for table in TABLES]

_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint
WHERE contype = 'f' AND conrelid = ANY (%s::regclass[])
ORDER BY conname
"""


def filled_tables(cursor: Cursor) -> list[str]:
    """Those of the six tables that exist and hold rows."""
    cursor.execute("SELECT name FROM unnest(%s) AS name WHERE to_regclass(name) IS NOT NULL", [NAMES])
    there = {name for (name,) in cursor.fetchall()}
    return [name for name in NAMES if name in there and _holds_rows(cursor, name)]


@contextmanager
def bulk_loading(cursor: Cursor) -> Iterator[None]:
    """Empty tables without foreign keys for the block; then keys, indexes, sequences and statistics.

    Rows copied into a table emptied in the same transaction need no write-ahead log, and keys checked all at once
    cost a tenth of keys checked row by row.
    """
    ddl = postgres_ddl(TABLES)
    _run(cursor, [statement for statement in ddl if statement.startswith("CREATE TABLE")])
    cursor.execute(f"TRUNCATE {', '.join(NAMES)} RESTART IDENTITY")
    cursor.execute(_FOREIGN_KEYS, [NAMES])
    foreign_keys = cursor.fetchall()
    _run(cursor, [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _ in foreign_keys])
    yield
    _run(cursor, [statement for statement in ddl if not statement.startswith("CREATE TABLE")])
    _run(cursor, [f"ALTER TABLE {table} ADD CONSTRAINT {name} {key}" for table, name, key in foreign_keys])
    advance_sequences(cursor)
    _run(cursor, [f"ANALYZE {name}" for name in NAMES])


def advance_sequences(cursor: Cursor) -> None:
    """Let a plain INSERT continue after the ids that were set explicitly."""
    for name in NAMES:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM {name} HAVING max(id) > 0", [name]
        )


def _holds_rows(cursor: Cursor, table: str) -> bool:
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
    (holds,) = cursor.fetchone() or (False,)
    return holds


def _run(cursor: Cursor, statements: list[str]) -> None:
    for statement in statements:
        cursor.execute(statement)
