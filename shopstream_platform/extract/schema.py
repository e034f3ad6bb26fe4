"""Whether the source still has the schema that the catalogue declares."""

import re

from psycopg2.extensions import connection

from shopstream_platform.errors import ShopStreamError
from shopstream_platform.tables import Column, Kind, Table

MINIMUM_SERVER_VERSION = 140000
_COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod)
    FROM pg_attribute
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
    ORDER BY attnum
"""


def check_server(conn: connection) -> None:
    """ShopStreamError if the server is too old to compute fingerprints."""
    if conn.server_version < MINIMUM_SERVER_VERSION:
        raise ShopStreamError(f"PostgreSQL {conn.server_version // 10000} is too old: version 14 or later is needed")


def source_columns(conn: connection, table: Table) -> dict[str, str]:
    """Column -> type as the source has it now; ShopStreamError if the table is missing."""
    with conn.cursor() as cursor:
        cursor.execute(_COLUMNS, (table.name,))
        columns = dict(cursor.fetchall())
    if not columns:
        raise ShopStreamError(
            f"table {table.name} does not exist in the source: create it, or check the database and the search_path"
        )
    return columns


def check_columns(table: Table, found: dict[str, str]) -> list[str]:
    """The undeclared columns, which are left out; ShopStreamError if a declared one is missing or retyped."""
    problems = [
        f"{column.name} is {'missing' if column.name not in found else 'now ' + found[column.name]}"
        f" (declared {column.postgres_type})"
        for column in table.columns
        if column.name not in found or not _holds(column, found[column.name])
    ]
    if problems:
        raise ShopStreamError(
            f"the source's table {table.name} has changed: {'; '.join(problems)}. "
            "Nothing of it was loaded; restore the column or declare the change in shopstream_platform/tables.py"
        )
    return [name for name in found if name not in table.column_names]


def _holds(column: Column, found: str) -> bool:
    """Whether every value of the found type fits the declared Snowflake type."""
    match column.kind:
        case Kind.INTEGER:
            return found in ("smallint", "integer", "bigint")
        case Kind.DECIMAL:
            return found == "numeric(10,2)"
        case Kind.BOOLEAN:
            return found == "boolean"
        case Kind.TIMESTAMP:
            return re.fullmatch(r"timestamp(\(\d\))? without time zone", found) is not None
        case Kind.JSON:
            return found == "jsonb"
        case Kind.TEXT:
            return _fits(found, declared=column.postgres_type)


def _fits(found: str, declared: str) -> bool:
    if declared == "TEXT":
        return found == "text" or found.startswith("character varying")
    length = re.fullmatch(r"character varying\((\d+)\)", found)
    return length is not None and int(length[1]) <= int(declared.removeprefix("VARCHAR(").removesuffix(")"))
