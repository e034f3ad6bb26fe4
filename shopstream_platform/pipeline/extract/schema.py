"""Whether the source still has the schema that the catalogue declares."""

import re

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.declare import Column, Kind, Table
from shopstream_platform.stores.postgres_errors import grant, see_every_row

MINIMUM_SERVER_VERSION = 140000
DECLARATIONS = "shopstream_platform/contract/tables.py"
_COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod), has_column_privilege(attrelid, attnum, 'SELECT')
    FROM pg_attribute
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
    ORDER BY attnum
"""
_KIND = "SELECT relkind, row_security_active(oid), current_user FROM pg_class WHERE oid = to_regclass(%s)"
_FILTERING = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}
_STANDBY = "SELECT pg_is_in_recovery(), EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp())::bigint"


def check_server(conn: connection) -> None:
    """ShopStreamError if the server is too old to compute fingerprints."""
    if conn.server_version < MINIMUM_SERVER_VERSION:
        raise ShopStreamError(f"PostgreSQL {conn.server_version // 10000} is too old: version 14 or later is needed")


def source_columns(conn: connection, table: Table) -> dict[str, str]:
    """Column -> type as the source has it now; ShopStreamError if the table, or a part of it, cannot be seen."""
    with conn.cursor() as cursor:
        cursor.execute(_COLUMNS, (table.name,))
        columns = {name: (kind, readable) for name, kind, readable in cursor}
    if not columns:
        raise ShopStreamError(
            f"table {table.name} does not exist in the source, or is in a schema that the role may not use: create it, "
            "or check the database, the search_path and USAGE on the schema"
        )
    _check_visible(conn, table, [name for name, (_, readable) in columns.items() if not readable])
    if table.parent:
        # A hidden parent would move its rows to the first partition.
        _check_visible(conn, table.parent, [])
    return {name: kind for name, (kind, _) in columns.items()}


def limits_of_sight(conn: connection, table: Table) -> str | None:
    """What no comparison with this table can see, as one sentence; None for an ordinary table."""
    with conn.cursor() as cursor:
        cursor.execute(_KIND, (table.name,))
        kind = (cursor.fetchone() or ("r",))[0]
    if kind not in _FILTERING:
        return None
    return f"{table.name} is {_FILTERING[kind]} at the source: rows it leaves out are treated as deleted"


def limits_of_server(conn: connection) -> str | None:
    """What no comparison with this server can see: the newest changes, if it is a standby."""
    with conn.cursor() as cursor:
        cursor.execute(_STANDBY)
        standby, lag = cursor.fetchone() or (False, None)
    if not standby:
        return None
    behind = "has replayed nothing yet" if lag is None else f"last replayed a transaction {lag} s ago"
    return f"the source is a standby, which {behind}; later changes are not visible"


def _check_visible(conn: connection, table: Table, unreadable: list[str]) -> None:
    with conn.cursor() as cursor:
        cursor.execute(_KIND, (table.name,))
        _, filtered, role = cursor.fetchone() or ("r", False, "?")
    if denied := [name for name in unreadable if name in table.column_names]:
        raise ShopStreamError(
            f"role {role} may not read {table.name} ({', '.join(denied)}), so nothing of it was compared or loaded: "
            f"{grant(f'SELECT ON {table.name}', role)}"
        )
    if filtered:
        raise ShopStreamError(
            f"row-level security hides rows of {table.name} from role {role}, and a hidden row cannot be told from "
            f"a deleted one, so nothing of it was compared or loaded: {see_every_row(role)}"
        )


def check_columns(table: Table, found: dict[str, str]) -> list[str]:
    """The undeclared columns, which are left out; ShopStreamError if a declared one is missing or retyped."""
    problems = [
        problem for column in table.columns if (problem := _problem(table, column, found.get(column.name), found))
    ]
    if problems:
        raise ShopStreamError(f"{'; '.join(problems)}; nothing of {table.name} was loaded")
    return [name for name in found if name not in table.column_names]


def _problem(table: Table, column: Column, now: str | None, found: dict[str, str]) -> str | None:
    """Which side lacks what, and the cure on either side."""
    name = f"{table.name}.{column.name}"
    if now is None:
        there = f", where it is still called {column.formerly}" if column.formerly in found else ""
        cure = "rename it there" if there else "add it there"
        return f"{name} is declared but the source does not have it{there}: {cure}, or remove it from {DECLARATIONS}"
    if holds(column, now):
        return None
    return (
        f"{name} is {now} at the source, declared {column.postgres_type}: change its type there, or declare it so in "
        f"{DECLARATIONS}"
    )


def holds(column: Column, found: str) -> bool:
    """Whether every value of the found type, as format_type writes it, fits the declared Snowflake type."""
    match column.kind:
        case Kind.INTEGER:
            return found in ("smallint", "integer", "bigint")
        case Kind.DECIMAL:
            return found == column.postgres_type.replace("DECIMAL", "numeric")
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
