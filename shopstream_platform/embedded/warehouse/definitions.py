"""DDL where upstream loses something: databases, comments, text lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import Expr, exp

from shopstream_platform.embedded.warehouse import metadata, statements
from shopstream_platform.embedded.warehouse.catalogue import database_creation_sql
from shopstream_platform.embedded.warehouse.errors import sql_error

if TYPE_CHECKING:
    from shopstream_platform.embedded.warehouse.cursor import WarehouseCursor
    from shopstream_platform.embedded.warehouse.session import Session


def handled(cursor: WarehouseCursor, expression: Expr) -> bool:
    """Run the statement if it is one of ours."""
    if isinstance(expression, exp.Create) and str(expression.kind).upper() == "DATABASE":
        create_database(cursor, expression)
    elif isinstance(expression, exp.Drop) and str(expression.args.get("kind")).upper() == "DATABASE":
        drop_database(cursor, expression)
    else:
        return False
    return True


def create_database(cursor: WarehouseCursor, create: exp.Create) -> None:
    """Attach a new file, with the schema PUBLIC, and make it current.

    Upstream neither creates PUBLIC nor changes the session's database.
    """
    session, name = cursor.session, _name(create.this)
    file = session.catalogue.database_file(name)
    with session.catalogue.metadata_lock:
        if _attached(cursor, name):
            if not create.args.get("exists"):
                raise sql_error(f"SQL compilation error:\nObject '{name}' already exists.", 2002, "42710")
            cursor.answer(statements.status(f"{name} already exists, statement succeeded."))
            return
        escaped = str(file).replace("'", "''")
        session.duck.execute(f"ATTACH '{escaped}' AS {name}; {database_creation_sql(name)}")
        session.duck.execute(f"CREATE SCHEMA IF NOT EXISTS {name}.PUBLIC; SET schema = '{name}.PUBLIC'")
    session.place(name, "PUBLIC")
    cursor.answer(statements.status(f"Database {name} successfully created."))


def drop_database(cursor: WarehouseCursor, drop: exp.Drop) -> None:
    session, name = cursor.session, _name(drop.this)
    if not _attached(cursor, name):
        if not drop.args.get("exists"):
            message = f"SQL compilation error:\nDatabase '{name}' does not exist or not authorized."
            raise sql_error(message, 2003, "02000")
        cursor.answer(statements.status("Drop statement executed successfully."))
        return
    if session.database == name:
        session.duck.execute("SET schema = 'memory.main'")
        session.place(None, None)
    session.duck.execute(f"DETACH {name}")
    session.catalogue.forget_database(name)
    cursor.answer(statements.status(f"{name} successfully dropped."))


def remember(
    session: Session,
    transformed: Expr,
    comment: tuple[exp.Table, str | None] | None,
    lengths: list[tuple[str, int]] | None,
) -> None:
    """Keep a table's comment and the lengths of its text columns."""
    if comment is not None:
        table, text = comment
        metadata.set_table_comment(session.catalogue, *_full_name(session, table), (text or "").replace("''", "'"))
    table = transformed.find(exp.Table)
    if lengths and table is not None:
        metadata.set_text_lengths(session.catalogue, *_full_name(session, table), lengths)


def _full_name(session: Session, table: exp.Table) -> tuple[str, str, str]:
    return table.catalog or session.database or "", table.db or session.schema or "", table.name


def _attached(cursor: WarehouseCursor, name: str) -> bool:
    found = cursor.session.duck.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = ?", [name]).fetchone()
    return found is not None


def _name(table: exp.Table) -> str:
    identifier = table.this
    return identifier.this if identifier.args.get("quoted") else identifier.this.upper()
