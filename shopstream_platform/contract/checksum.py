"""The checksum of a row: one number that PostgreSQL and Snowflake both compute, from the row's canonical text.

60 bits of the md5 of the columns' texts in UTF-8; a partition's checksum is the sum over its rows. The two expressions
stand side by side, since they must stay equal.
"""

from shopstream_platform.contract.declare import Column, Kind, Table
from shopstream_platform.contract.oltp import value

# Part of every load-log row: a change of any expression here, or of how a fingerprint is taken, makes all loaded
# partitions stale.
METHOD = "4"
HEX_DIGITS = 15
FIELD_SEPARATOR = 31
NULL_MARK = 30
EPOCH = "1970-01-01"
# A float's text differs between engines, its arithmetic with powers of two does not: the whole number below 2^53, and
# the rest in parts of 2^-30. Of larger values the sign is compared; fingerprints see every bit of them.
WHOLE_FLOATS, FLOAT_PARTS = 2**53, 2**30


def method(table: Table) -> str:
    """How fingerprints were taken; another method makes every loaded partition of the table stale."""
    return f"{METHOD}:{table.fingerprint_of_declaration}"


def methods(table: Table) -> tuple[str, ...]:
    """The methods of today: with the values that are too large for the warehouse, and without them."""
    return tuple(dict.fromkeys((method(table), method(table.with_oversized_as_null()))))


def at_source(table: Table, *, utf8: bool = True) -> str:
    """The checksum of a row of the table t; `utf8`: whether the server's own encoding is UTF-8."""
    text = f" || chr({FIELD_SEPARATOR}) || ".join(
        f"COALESCE({_source_text(column)}, chr({NULL_MARK}))" for column in table.columns
    )
    # md5 is over bytes. Where they are UTF-8 already, converting them would only copy them.
    encoded = text if utf8 else f"convert_to({text}, 'UTF8')"
    return f"('x' || right(md5({encoded}), {HEX_DIGITS}))::bit({HEX_DIGITS * 4})::bigint"


def in_warehouse(table: Table) -> str:
    """The checksum of a row of RAW."""
    return _digest([_warehouse_text(column) for column in table.columns])


def documents(table: Table) -> str:
    """A digest of the JSON columns of RAW as text; NULL for a table without any.

    PostgreSQL and Snowflake never write a document as the same text (numbers, order of keys), so this one is not
    compared with the source's: the manifest's ETags prove the objects, and this proves that RAW still is what was
    copied from them.
    """
    columns = [column for column in table.columns if column.kind is Kind.JSON]
    if not columns:
        return "NULL"
    # In a form that no format of a session's changes.
    keys = [_warehouse_text(column) for column in table.key_columns]
    return f"SUM({_digest([*keys, *(f'TO_JSON({column.name})' for column in columns)])})::VARCHAR"


def _digest(texts: list[str]) -> str:
    text = f" || CHR({FIELD_SEPARATOR}) || ".join(f"COALESCE({text}, CHR({NULL_MARK}))" for text in texts)
    return f"MOD(MD5_NUMBER_LOWER64({text}), {16**HEX_DIGITS})"


def _source_text(column: Column) -> str:
    name = value(column)
    match column.kind:
        case Kind.TEXT:
            return name
        case Kind.TIMESTAMP | Kind.INSTANT:
            # isfinite: a value that cannot be loaded is reported as such, not by a failing cast.
            return f"CASE WHEN isfinite({name}) THEN (extract(epoch FROM {name}) * 1000000)::bigint::text END"
        case Kind.DATE:
            return f"CASE WHEN isfinite({name}) THEN ({name} - DATE '{EPOCH}')::text END"
        case Kind.TIME:
            return f"(extract(epoch FROM {name}) * 1000000)::bigint::text"
        case Kind.FLOAT:
            return (
                f"CASE WHEN {name} = 'NaN' THEN 'n' WHEN abs({name}) >= {WHOLE_FLOATS} THEN sign({name})::text "
                f"WHEN {name} IS NOT NULL THEN trunc({name})::bigint::text || ':' || "
                f"trunc(({name} - trunc({name})) * {FLOAT_PARTS})::bigint::text END"
            )
        case Kind.BINARY:
            return f"encode({name}, 'hex')"
        case Kind.BOOLEAN:
            return f"{name}::int::text"
        case Kind.JSON:
            return f"CASE WHEN {name} IS NOT NULL THEN '1' END"
        case Kind.INTEGER | Kind.DECIMAL:
            return f"{name}::text"


def _warehouse_text(column: Column) -> str:
    match column.kind:
        case Kind.TEXT:
            return column.name
        case Kind.TIMESTAMP | Kind.INSTANT:
            return f"DATE_PART(EPOCH_MICROSECOND, {column.name})::VARCHAR"
        case Kind.DATE:
            return f"DATEDIFF(DAY, '{EPOCH}'::DATE, {column.name})::VARCHAR"
        case Kind.TIME:
            return f"DATEDIFF(MICROSECOND, '00:00:00'::TIME, {column.name})::VARCHAR"
        case Kind.FLOAT:
            name = column.name
            return (
                f"CASE WHEN {name} = 'NaN'::FLOAT THEN 'n' WHEN ABS({name}) >= {WHOLE_FLOATS} "
                f"THEN SIGN({name})::NUMBER(38,0)::VARCHAR "
                f"WHEN {name} IS NOT NULL THEN TRUNC({name})::NUMBER(38,0)::VARCHAR || ':' || "
                f"TRUNC(({name} - TRUNC({name})) * {FLOAT_PARTS})::NUMBER(38,0)::VARCHAR END"
            )
        case Kind.BINARY:
            return f"HEX_ENCODE({column.name}, 0)"
        case Kind.BOOLEAN:
            return f"IFF({column.name}, '1', IFF({column.name} IS NULL, NULL, '0'))"
        case Kind.JSON:
            return f"IFF({column.name} IS NULL, NULL, '1')"
        case Kind.INTEGER | Kind.DECIMAL:
            return f"{column.name}::VARCHAR"
