"""DDL where upstream loses something: databases, comments, text lengths."""

from __future__ import annotations

from sqlglot import Expr, exp

from shopstream_platform.localsnow import (
    alterations,
    copy_history,
    metadata,
    stages,
    statements,
    temporary,
)
from shopstream_platform.localsnow.copy_history import Table
from shopstream_platform.localsnow.databases import creation_sql
from shopstream_platform.localsnow.errors import sql_error
from shopstream_platform.localsnow.interfaces import Cursor, Session
from shopstream_platform.localsnow.upstream import Translated


def handled(cursor: Cursor, expression: Expr) -> bool:
    """Run the statement if it is one of ours."""
    if isinstance(expression, exp.Create) and str(expression.kind).upper() == "DATABASE":
        create_database(cursor, expression)
    elif isinstance(expression, exp.Drop) and str(expression.args.get("kind")).upper() == "DATABASE":
        drop_database(cursor, expression)
    elif isinstance(expression, exp.Create) and str(expression.kind).upper() == "STAGE":
        stages.create(cursor, expression)
    elif isinstance(expression, exp.Drop) and str(expression.args.get("kind")).upper() == "STAGE":
        stages.drop(cursor, expression)
    elif moved := statements.moved_stage(expression):
        stages.move(cursor, *moved)
    elif isinstance(expression, exp.Create) and str(expression.kind).upper() in ("TABLE", "VIEW"):
        create_with_comments(cursor, expression)
    elif isinstance(expression, exp.Alter) and isinstance(_only_action(expression), exp.SwapTable):
        swap_tables(cursor, expression)
    elif alterations.is_of_columns(expression):
        alterations.alter_columns(cursor, expression)
    elif isinstance(expression, exp.TruncateTable):
        truncate(cursor, expression)
    else:
        return False
    return True


def create_database(cursor: Cursor, create: exp.Create) -> None:
    """Attach a new file, with the schema PUBLIC, and make it current.

    Upstream neither creates PUBLIC nor changes the session's database.
    """
    session, name = cursor.session, _name(create.this)
    file = session.catalogue.database_file(name)
    with session.catalogue.lock:
        if _attached(cursor, name):
            if not create.args.get("exists"):
                raise sql_error(f"SQL compilation error:\nObject '{name}' already exists.", 2002, "42710")
            cursor.answer(statements.status(f"{name} already exists, statement succeeded."))
            return
        escaped = str(file).replace("'", "''")
        session.duck.execute(f"ATTACH '{escaped}' AS {name}; {creation_sql(name)}")
        session.duck.execute(f"CREATE SCHEMA IF NOT EXISTS {name}.PUBLIC; SET schema = '{name}.PUBLIC'")
    session.place(name, "PUBLIC")
    cursor.answer(statements.status(f"Database {name} successfully created."))


def drop_database(cursor: Cursor, drop: exp.Drop) -> None:
    session, name = cursor.session, _name(temporary.dropped(drop))
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


def create_with_comments(cursor: Cursor, create: exp.Create) -> None:
    """Create a table or view, then comment its columns.

    Upstream loses the comments of columns, and fails on the column list of a view that has some.
    """
    if create.args.get("exists") and _is_there(cursor, create):
        # Otherwise the columns of this statement would be noted as those of the table that is there.
        name = _name(create.find(exp.Table))  # pyright: ignore[reportArgumentType]
        cursor.answer(statements.status(f"{name} already exists, statement succeeded."))
        return
    comments = comments_of_columns(create)
    cursor.execute_translated(create)
    for statement in comments:
        cursor.session.duck.execute(statement)


def _is_there(cursor: Cursor, create: exp.Create) -> bool:
    target = create.this.this if isinstance(create.this, exp.Schema) else create.this
    table = Table.of(cursor.session, target)
    found = cursor.session.duck.execute(
        "SELECT 1 FROM information_schema.tables WHERE upper(table_catalog) = upper(?) AND table_schema = ? "
        "AND table_name = ?",
        [table.database, table.schema, table.name],
    ).fetchone()
    return found is not None


def comments_of_columns(create: exp.Create) -> tuple[str, ...]:
    """Take the comments of columns out of the statement; DuckDB statements that set them.

    The table's own stays, as upstream reads it.
    """
    _unquote_comment(create)
    comments = _take_column_comments(create)
    table = create.this.this if isinstance(create.this, exp.Schema) else create.this
    return tuple(_comment_on_column(table, *comment) for comment in comments)


def _comment_on_column(table: exp.Table, column: exp.Identifier, text: str) -> str:
    quoted = exp.Literal.string(text).sql(dialect="duckdb")
    name = exp.to_identifier(column.name if column.args.get("quoted") else column.name.upper(), quoted=True)
    return f"COMMENT ON COLUMN {table.sql(dialect='duckdb')}.{name.sql()} IS {quoted}"


def _take_column_comments(create: exp.Create) -> list[tuple[exp.Identifier, str]]:
    if not isinstance(create.this, exp.Schema):
        return []
    comments: list[tuple[exp.Identifier, str]] = []
    for constraint in list(create.this.find_all(exp.CommentColumnConstraint)):
        column = constraint.find_ancestor(exp.ColumnDef)
        if column is not None and constraint.parent is not None:
            comments.append((column.this, constraint.this.name))
            constraint.parent.pop()
    for column in create.this.expressions:
        if isinstance(column, exp.ColumnDef) and column.kind is None and create.kind == "VIEW":
            column.replace(column.this)
    return comments


def _unquote_comment(create: exp.Create) -> None:
    """COMMENT = $$text$$ is a text like any other; upstream loses it."""
    properties = create.args.get("properties")
    for option in properties.expressions if properties else ():
        if isinstance(option, exp.SchemaCommentProperty) and isinstance(option.this, exp.RawString):
            option.set("this", exp.Literal.string(option.this.name))


def _only_action(alter: exp.Alter) -> Expr | None:
    actions = alter.args.get("actions") or []
    return actions[0] if len(actions) == 1 else None


def swap_tables(cursor: Cursor, alter: exp.Alter) -> None:
    """Exchange two tables of a schema. Neither upstream nor DuckDB knows SWAP."""
    first, second = alter.this, alter.find(exp.SwapTable).this  # pyright: ignore[reportOptionalMemberAccess]
    place, one = first.sql(dialect="duckdb").rpartition(".")[::2]
    other, aside = second.sql(dialect="duckdb").rpartition(".")[2], f'"_SS_SWAP_{cursor.session.id}"'
    prefix = f"{place}." if place else ""
    duck = cursor.session.duck
    duck.begin()
    try:
        for old, new in ((one, aside), (other, one), (aside, other)):
            duck.execute(f"ALTER TABLE {prefix}{old} RENAME TO {new}")
    except BaseException:
        duck.rollback()
        raise
    duck.commit()
    cursor.answer(statements.status())


def truncate(cursor: Cursor, expression: exp.TruncateTable) -> None:
    """Empty a table and forget which files were loaded into it."""
    session, table = cursor.session, Table.of(cursor.session, expression.expressions[0])
    missing = (
        session.duck.execute(
            "SELECT 1 FROM duckdb_tables() WHERE (database_name, schema_name, table_name) = (?, ?, ?)",
            [table.database, table.schema, table.name],
        ).fetchone()
        is None
    )
    if not (missing and expression.args.get("exists")):
        session.duck.execute(f"DELETE FROM {table.sql}")
        copy_history.forget(session, table)
    cursor.answer(statements.status())


def remember(session: Session, translated: Translated) -> None:
    """Keep a table's comment and the lengths of its text columns."""
    if translated.comment is not None:
        table, text = translated.comment
        metadata.set_table_comment(session.catalogue, *_full_name(session, table), (text or "").replace("''", "'"))
    table = translated.statement.find(exp.Table)
    if table is None:
        return
    if translated.comment is None and _is_creation(translated.statement):
        # One of this name that was dropped or replaced may have had a comment.
        metadata.forget_table_comment(session.catalogue, *_full_name(session, table))
    if translated.text_lengths:
        metadata.set_text_lengths(session.catalogue, *_full_name(session, table), translated.text_lengths)


def _is_creation(transformed: Expr) -> bool:
    return isinstance(transformed, exp.Create) and str(transformed.kind).upper() in ("TABLE", "VIEW")


def _full_name(session: Session, table: exp.Table) -> tuple[str, str, str]:
    return table.catalog or session.database or "", table.db or session.schema or "", table.name


def _attached(cursor: Cursor, name: str) -> bool:
    found = cursor.session.duck.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = ?", [name]).fetchone()
    return found is not None


def _name(table: exp.Table) -> str:
    identifier = table.this
    return identifier.this if identifier.args.get("quoted") else identifier.this.upper()
