"""The shop's tables: created, filled in bulk, and closed with keys, indexes and statistics."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.simulator.errors import ForeignRows

_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint
WHERE contype = 'f' AND conrelid = ANY (%s::regclass[])
ORDER BY conname
"""


@dataclass(frozen=True)
class Schema:
    """The shop's tables: their names, and idempotent statements that create first them and then their indexes.

    The simulator fills users, products, orders, order_items, events and crm_contacts; further tables stay empty. Each
    has a serial column `id`.
    """

    tables: tuple[str, ...]
    create_tables: tuple[str, ...]
    create_indexes: tuple[str, ...] = ()


def refuse_foreign_rows(cursor: Cursor, schema: Schema) -> None:
    """Raise ForeignRows if one of the tables exists and holds rows."""
    cursor.execute("SELECT name FROM unnest(%s) AS name WHERE to_regclass(name) IS NOT NULL", [list(schema.tables)])
    there = {name for (name,) in cursor.fetchall()}
    if filled := [name for name in schema.tables if name in there and _holds_rows(cursor, name)]:
        raise ForeignRows(
            f"{place(cursor.connection)} holds rows in {', '.join(filled)} that the simulator did not make, and it "
            "never writes to somebody else's data"
        )


def place(connection: Connection) -> str:
    """The database, for a message."""
    parts = connection.get_dsn_parameters()
    return f"the database {parts.get('dbname')} on {parts.get('host', 'the local socket')}:{parts.get('port')}"


@contextmanager
def bulk_loading(cursor: Cursor, schema: Schema) -> Iterator[None]:
    """Empty tables without foreign keys for the block; then keys, indexes, sequences and statistics.

    Rows copied into a table emptied in the same transaction need no write-ahead log, and keys checked all at once
    cost a tenth of keys checked row by row.
    """
    _run(cursor, schema.create_tables)
    cursor.execute(f"TRUNCATE {', '.join(schema.tables)} RESTART IDENTITY")
    cursor.execute(_FOREIGN_KEYS, [list(schema.tables)])
    foreign_keys = cursor.fetchall()
    _run(cursor, [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _ in foreign_keys])
    yield
    _run(cursor, schema.create_indexes)
    _run(cursor, [f"ALTER TABLE {table} ADD CONSTRAINT {name} {key}" for table, name, key in foreign_keys])
    advance_sequences(cursor, schema)
    _run(cursor, [f"ANALYZE {name}" for name in schema.tables])


def advance_sequences(cursor: Cursor, schema: Schema) -> None:
    """Let a plain INSERT continue after the ids that were set explicitly."""
    for name in schema.tables:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM {name} HAVING max(id) > 0", [name]
        )


def _holds_rows(cursor: Cursor, table: str) -> bool:
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
    (holds,) = cursor.fetchone() or (False,)
    return holds


def _run(cursor: Cursor, statements: Iterable[str]) -> None:
    for statement in statements:
        cursor.execute(statement)
