"""ALTER TABLE on columns, as strict as Snowflake, and the lengths of texts that go with them.

DuckDB turns any type into any other, and its texts have no length: that is kept beside, by the names of table and
column.
https://docs.snowflake.com/en/sql-reference/sql/alter-table-column
"""

from __future__ import annotations

import re
from typing import TypeGuard

from sqlglot import Expr, exp

from shopstream_platform.localsnow import metadata
from shopstream_platform.localsnow.copy_history import Table
from shopstream_platform.localsnow.copy_values import literal
from shopstream_platform.localsnow.describe import TYPE
from shopstream_platform.localsnow.errors import sql_error, unknown_column
from shopstream_platform.localsnow.interfaces import Cursor
from shopstream_platform.localsnow.upstream import TEXT_LENGTHS

UNSUPPORTED_CHANGE = 2108
_TYPE = re.compile(r"(\w+)(?:\((\d+)(?:,(\d+))?\))?")
_NAMES = {
    "TEXT": "VARCHAR", "STRING": "VARCHAR", "INT": "NUMBER", "BIGINT": "NUMBER", "DECIMAL": "NUMBER",
    "DOUBLE": "FLOAT", "TIMESTAMPNTZ": "TIMESTAMP_NTZ", "TIMESTAMPTZ": "TIMESTAMP_TZ",
}  # fmt: skip
_SIZES = {"VARCHAR": (16_777_216,), "NUMBER": (38, 0), "BINARY": (8_388_608,)}
Type = tuple[str, tuple[int, ...]]


def alter_columns(cursor: Cursor, alter: exp.Alter) -> None:
    """Refuse what Snowflake does not change, run the rest, and keep the lengths in step."""
    table = Table.of(cursor.session, alter.this)
    for action in alter.args["actions"]:
        if isinstance(action, exp.AlterColumn) and action.args.get("dtype"):
            _check_type(cursor, table, action)
        elif isinstance(action, exp.RenameColumn):
            _type_now(cursor, table, _name(action.this))
        elif isinstance(action, exp.ColumnDef) and action.args.get("exists") and action.find(exp.ColumnConstraintKind):
            message = "SQL compilation error:\nIF NOT EXISTS is not supported with a default or a constraint."
            raise sql_error(message, 1003, "42000")
    cursor.execute_translated(alter)
    for action in alter.args["actions"]:
        if isinstance(action, exp.RenameColumn):
            _move(cursor, table, _name(action.this), table, _name(action.args["to"]))
        elif isinstance(action, exp.Drop):
            for column in action.args["tables"]:
                metadata.forget_text_length(cursor.session.catalogue, *_place(table), _name(column))
        elif isinstance(action, exp.AlterRename):
            renamed = Table(table.database, table.schema, Table.of(cursor.session, action.this).name)
            for column in _lengths(cursor, table):
                _move(cursor, table, column, renamed, column)


def is_of_columns(expression: Expr) -> TypeGuard[exp.Alter]:
    """Whether it changes a table's columns or its name."""
    kinds = (exp.AlterColumn, exp.ColumnDef, exp.RenameColumn, exp.Drop, exp.AlterRename)
    return (
        isinstance(expression, exp.Alter)
        and str(expression.args.get("kind")).upper() == "TABLE"
        and bool(actions := expression.args.get("actions"))
        and all(isinstance(action, kinds) for action in actions)
        and all(action.args.get("kind") == "COLUMN" for action in actions if isinstance(action, exp.Drop))
    )


def _check_type(cursor: Cursor, table: Table, action: exp.AlterColumn) -> None:
    name = _name(action.this)
    now, wanted = _type_now(cursor, table, name), _parsed(action.args["dtype"].sql(dialect="snowflake"))
    if now[0] != wanted[0]:
        reason = "they have incompatible types"
    elif now[0] in ("VARCHAR", "BINARY") and wanted[1] < now[1]:
        reason = f"reducing the byte-length of a {now[0].lower()} is not supported"
    elif now[0] == "NUMBER" and wanted[1][1] != now[1][1]:
        reason = "changing the scale of a number is not supported"
    else:
        return
    message = (
        f"SQL compilation error:\ncannot change column {name} from type {_sql(now)} to {_sql(wanted)} because {reason}."
    )
    raise sql_error(message, UNSUPPORTED_CHANGE, "0A000")


def _type_now(cursor: Cursor, table: Table, column: str) -> Type:
    found = cursor.session.duck.execute(f"""
        SELECT {TYPE} FROM duckdb_columns()
        LEFT JOIN {TEXT_LENGTHS} USING (database_name, schema_name, table_name, column_name)
        WHERE upper(database_name) = upper({literal(table.database)}) AND schema_name = {literal(table.schema)}
          AND table_name = {literal(table.name)} AND column_name = {literal(column)}""").fetchone()
    if found is None:
        raise unknown_column(column)
    return _parsed(found[0])


def _parsed(text: str) -> Type:
    found = _TYPE.match(text.upper().replace(" ", ""))
    if not found:
        raise sql_error(f"SQL compilation error:\nUnsupported data type '{text}'.", 2040, "42601")
    name = _NAMES.get(found[1], found[1])
    given = tuple(int(size) for size in found.groups()[1:] if size)
    return name, given + _SIZES.get(name, ())[len(given) :]


def _sql(of: Type) -> str:
    return f"{of[0]}({','.join(map(str, of[1]))})" if of[1] else of[0]


def _lengths(cursor: Cursor, table: Table) -> dict[str, int]:
    return metadata.text_lengths(cursor.session.catalogue, *_place(table))


def _move(cursor: Cursor, table: Table, column: str, to: Table, new: str) -> None:
    catalogue, length = cursor.session.catalogue, _lengths(cursor, table).get(column)
    metadata.forget_text_length(catalogue, *_place(table), column)
    if length is not None:
        metadata.set_text_lengths(catalogue, *_place(to), [(new, length)])


def _place(table: Table) -> tuple[str, str, str]:
    return table.database, table.schema, table.name


def _name(node: Expr) -> str:
    identifier = node.this if isinstance(node, exp.Column) else node
    return identifier.name if identifier.args.get("quoted") else identifier.name.upper()
