"""The source's side of the contract: its DDL, and how a column is read from it."""

import re
from collections.abc import Collection, Iterable

from shopstream_platform.contract.declare import Column, Kind, Table

# What a VARIANT or VARCHAR of every account holds, less room for other columns: a line of NDJSON is a VARIANT itself.
LARGEST_VALUE = 16 * 1024 * 1024 - 64 * 1024
# A byte is two digits where it is text.
LARGEST_BINARY = LARGEST_VALUE // 2
# A document that is stored in less is not made text to be measured.
SMALL_VALUE = 1024


def postgres_ddl(tables: Collection[Table]) -> list[str]:
    """The tables as idempotent statements, in the order given, then their indexes."""
    return table_ddl(tables) + index_ddl(tables)


def table_ddl(tables: Iterable[Table]) -> list[str]:
    """A statement for each table."""
    return [_create_table(table) for table in tables]


def index_ddl(tables: Iterable[Table]) -> list[str]:
    """A statement for each index."""
    return [
        f"CREATE INDEX IF NOT EXISTS idx_{table.name}_{column} ON {table.name} ({column})"
        for table in tables
        for column in table.indexes
    ]


def value(column: Column) -> str:
    """The column of a table called t, as it is extracted."""
    read = column.read.format(held(column))
    return f"(CASE WHEN NOT ({is_oversized(column)}) THEN {read} END)" if column.oversized_as_null else read


def held(column: Column) -> str:
    """The column of a table called t, as the source holds it."""
    return f"t.{column.source_sql}"


_SPELLINGS = {
    "SERIAL": "integer",
    "INT": "integer",
    "BIGSERIAL": "bigint",
    "TIMESTAMP": "timestamp without time zone",
}


def type_at_source(column: Column) -> str:
    """The declared type as PostgreSQL's format_type writes it."""
    type_ = column.postgres_type
    if type_ in _SPELLINGS:
        return _SPELLINGS[type_]
    return re.sub(r"^decimal", "numeric", re.sub(r"^varchar", "character varying", type_.lower()))


def constant_default(column: Column) -> str | None:
    """The text of the column's default where it is a literal; None without a default, or where it is computed."""
    found = re.fullmatch(r"'((?:[^'\\]|'')*)'|(-?\d+(?:\.\d+)?)|(TRUE|FALSE)", column.default or "", re.IGNORECASE)
    if not found:
        return None
    return found[1].replace("''", "'") if found[1] is not None else (found[2] or found[3].lower())


def is_oversized(column: Column) -> str:
    """Whether the warehouse cannot hold the value.

    Measured in UTF-8, as the warehouse holds it: in the server's own encoding a text may be shorter.
    """
    name = held(column)
    if column.kind is Kind.BINARY:
        return f"{name} IS NOT NULL AND octet_length({name}) > {LARGEST_BINARY}"
    # As it is loaded: an array of composites repeats their fields' names.
    loaded = column.read.format(name) if column.kind is Kind.JSON else name
    return (
        f"{name} IS NOT NULL AND CASE WHEN pg_column_size({name}) > {SMALL_VALUE} "
        f"THEN octet_length(convert_to({loaded}::text, 'UTF8')) > {LARGEST_VALUE} ELSE FALSE END"
    )


def row_key(table: Table) -> str:
    """SQL for what tells a row of a table called t from others, comparable; a constant if nothing does."""
    if table.integer_key:
        return held(table.integer_key)
    texts = [f"{held(column)}::text" for column in table.key_columns]
    return f"concat_ws(', ', {', '.join(texts)})" if texts else "''::text"


def _create_table(table: Table) -> str:
    lines = ",\n".join(f"    {c.name} {c.postgres_type} {c.constraint}".rstrip() for c in table.columns)
    return f"CREATE TABLE IF NOT EXISTS {table.name} (\n{lines}\n)"
