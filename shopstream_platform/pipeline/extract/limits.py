"""Values of the source that the warehouse cannot hold: refused by name, or loaded as NULL where that is asked for."""

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.chunks import Keys
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import VALUE, Kind, Table
from shopstream_platform.contract.oltp import LARGEST_BINARY, LARGEST_VALUE
from shopstream_platform.pipeline.extract import sql


def check_holdable(conn: connection, table: Table, days: Days | Keys | None) -> None:
    """ShopStreamError if a value of the range cannot be loaded; names the column and the first row."""
    query = sql.unholdable(table, days)
    if query is None:
        return
    with conn.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone() or ()
        found = [(d.name, value) for d, value in zip(cursor.description or (), row, strict=True) if value is not None]
    if found:
        raise ShopStreamError("; ".join(unloadable(table, column, key) for column, key in found))


def oversized(conn: connection, table: Table, days: Days | Keys | None) -> str | None:
    """What of the range is loaded as NULL for its size, as one sentence; None if nothing is."""
    query = sql.oversized(table, days)
    if query is None:
        return None
    with conn.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone() or ()
        found = {d.name: value for d, value in zip(cursor.description or (), row, strict=True) if value is not None}
    if not found:
        return None
    rows = ", ".join(f"{table.name}.{column} from {row_with(table, key)} on" for column, key in found.items())
    return f"values over {LARGEST_VALUE:,} bytes are loaded as NULL: {rows}"


def row_with(table: Table, key: object) -> str:
    """A row, by its key, unless that is somebody's."""
    if any(table.column(name).pii for name in table.key):
        return "a row (its key is personal)"
    return f"the row with {', '.join(table.key)} {key}" if table.key else "a row (the table has no key)"


def unloadable(table: Table, column: str, key: object) -> str:
    """Why a row's value cannot be loaded, and what to do."""
    where = f"{table.name}.{column} of {row_with(table, key)}"
    if column in table.column_names and table.column(column).unbounded:
        limit = LARGEST_BINARY if table.column(column).kind is Kind.BINARY else LARGEST_VALUE
        return (
            f"{where} is larger than the {limit:,} bytes that Snowflake holds: shorten it at the source, "
            "or set SHOPSTREAM_OVERSIZED_VALUES=null to load its row without it"
        )
    what = "infinity, NaN, BC or a year over 9999"
    if column in table.column_names:
        declared = table.column(column)
        if declared.kind is Kind.TIME:
            what = "24:00, which is no time of a day there"
        elif declared.kind is Kind.DECIMAL and declared.read != VALUE:
            what = f"it needs more digits than {declared.snowflake_type}, or is infinity or NaN"
    return f"{where} holds a value that Snowflake cannot ({what}): correct the row at the source, then run again"
