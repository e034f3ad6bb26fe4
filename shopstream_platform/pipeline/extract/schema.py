"""Whether the source still has the schema that the catalogue declares."""

from collections.abc import Mapping
from dataclasses import replace

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.checksum import Way, way_of
from shopstream_platform.contract.declare import VALUE, Column, Kind, Table
from shopstream_platform.contract.snowflake_types import parsed
from shopstream_platform.contract.types import AS_TEXT, mapped
from shopstream_platform.stores.postgres_errors import grant, see_every_row

MINIMUM_SERVER_VERSION = 140000
# A type by the name that contract/types.py knows; `t` is its row of pg_type.
TYPE_NAME = """
    CASE
        WHEN t.typtype = 'e' THEN 'enum'
        WHEN t.typtype = 'c' THEN 'composite'
        WHEN t.typtype IN ('r', 'm') THEN 'range'
        WHEN t.typcategory = 'A' THEN 'array'
        WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN format_type(t.oid, {modifier})
        ELSE t.typname
    END
"""
# A domain is what it is a domain over.
_COLUMNS = f"""
    WITH RECURSIVE typed (attname, attnum, readable, type, modifier) AS (
        SELECT attname, attnum, has_column_privilege(attrelid, attnum, 'SELECT'), atttypid, atttypmod
        FROM pg_attribute
        WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT attname, attnum, readable, d.typbasetype, d.typtypmod
        FROM typed JOIN pg_type d ON d.oid = typed.type AND d.typtype = 'd'
    )
    SELECT attname, {TYPE_NAME.format(modifier="typed.modifier")}, readable
    FROM typed JOIN pg_type t ON t.oid = typed.type AND t.typtype <> 'd'
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
        cursor.execute(_COLUMNS, (table.source_sql,))
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
        cursor.execute(_KIND, (table.source_sql,))
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
        cursor.execute(_KIND, (table.source_sql,))
        _, filtered, role = cursor.fetchone() or ("r", False, "?")
    if denied := [name for name in unreadable if name in {column.source_name for column in table.columns}]:
        raise ShopStreamError(
            f"role {role} may not read {table.name} ({', '.join(denied)}), so nothing of it was compared or loaded: "
            f"{grant(f'SELECT ON {table.source_sql}', role)}"
        )
    if filtered:
        raise ShopStreamError(
            f"row-level security hides rows of {table.name} from role {role}, and a hidden row cannot be told from "
            f"a deleted one, so nothing of it was compared or loaded: {see_every_row(role)}"
        )


def check_columns(table: Table, found: dict[str, str]) -> list[str]:
    """The undeclared columns, which are left out; ShopStreamError if a declared one is missing or retyped."""
    problems = [
        problem
        for column in table.columns
        if (problem := _problem(table, column, found.get(column.source_name), found))
    ]
    if problems:
        raise ShopStreamError(f"{'; '.join(problems)}; nothing of {table.name} was loaded")
    declared = {column.source_name for column in table.columns}
    return [name for name in found if name not in declared]


def as_found(table: Table, found: Mapping[str, str]) -> Table:
    """The table with the types of the source's whole numbers: a wider one changes no value, but how it is summed up."""
    if way_of(table) is not Way.NUMBERS:
        return table
    whole = {column.name: found[column.source_name] for column in table.columns if column.kind is Kind.INTEGER}
    columns = (replace(column, postgres_type=whole.get(column.name, column.postgres_type)) for column in table.columns)
    return replace(table, columns=tuple(columns))


def declared_in(table: Table) -> str:
    """The file that declares a table."""
    return f"shopstream_platform/contract/{f'sources/{table.source}' if table.source else 'tables'}.py"


def _problem(table: Table, column: Column, now: str | None, found: dict[str, str]) -> str | None:
    """Which side lacks what, and the cure on either side."""
    name = f"{table.name}.{column.source_name}"
    if now is None:
        there = f", where it is still called {column.formerly}" if column.formerly in found else ""
        cure = f"{'rename' if there else 'add'} it there, or remove it from {declared_in(table)}"
        return f"{name} is declared but the source does not have it{there}: {cure}"
    if holds(column, now):
        return None
    return (
        f"{name} is {now} at the source, declared {column.postgres_type}: change its type there, or declare it so in "
        f"{declared_in(table)}"
    )


def holds(column: Column, found: str) -> bool:
    """Whether every value of the found type fits the declared Snowflake type, and is read as declared."""
    if found.startswith("numeric") and column.read not in (VALUE, AS_TEXT):
        return column.kind is Kind.DECIMAL
    try:
        there = mapped(found)
    except ValueError:
        return False
    is_read = column.read == there.read or (column.read == AS_TEXT and there.kind is Kind.TEXT)
    return is_read and column.kind is there.kind and parsed(column.snowflake_type).holds(parsed(there.snowflake_type))
