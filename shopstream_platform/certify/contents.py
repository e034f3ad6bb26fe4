"""What a warehouse and a source hold, in a form that can be compared."""

from shopstream_platform.certify.site import Site
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.stores.warehouse import Warehouse

# When and from where a row was loaded: another load of the same rows changes it.
_OF_A_LOAD = ("_LOADED_AT", "_SOURCE_FILE")
Digests = dict[str, tuple[int, int]]


def digests(warehouse: Warehouse, *schemas: str) -> Digests:
    """Table -> rows and a hash of them in any order, without when and how they were loaded."""
    listed = ", ".join(f"'{schema}'" for schema in schemas)
    columns: dict[str, list[str]] = {}
    for schema, table, column in warehouse.rows(
        "SELECT table_schema, table_name, column_name FROM INFORMATION_SCHEMA.COLUMNS "
        f"WHERE table_schema IN ({listed}) ORDER BY table_schema, table_name, ordinal_position"
    ):
        if not (table.startswith("_") or column in _OF_A_LOAD or column.endswith("_LOAD_ID")):
            columns.setdefault(f"{schema}.{table}", []).append(f'"{column}"')
    return {
        name: next(iter(warehouse.rows(f"SELECT COUNT(*), HASH_AGG({', '.join(found)}) FROM {name}")))  # pyright: ignore
        for name, found in columns.items()
    }


def unlike(before: Digests, after: Digests) -> list[str]:
    """Tables that hold something else, with both numbers of rows."""
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return [f"{name}: {_rows(before, name)}, then {_rows(after, name)}" for name in changed]


def _rows(found: Digests, name: str) -> str:
    return f"{found[name][0]} rows" if name in found else "not there"


def rows_of_source(site: Site) -> dict[str, int]:
    """Table -> rows at the source."""
    with site.source() as connection, connection.cursor() as cursor:
        return {table.name: _one(cursor, f"SELECT count(*) FROM {table.name}") for table in SHOP_TABLES}


def rows_of_raw(warehouse: Warehouse) -> dict[str, int]:
    """Table -> rows in RAW."""
    return {table.name: int(warehouse.value(f"SELECT COUNT(*) FROM {raw_name(table)}")) for table in SHOP_TABLES}


def _one(cursor: object, sql: str) -> int:
    cursor.execute(sql)  # pyright: ignore
    return int(cursor.fetchone()[0])  # pyright: ignore
