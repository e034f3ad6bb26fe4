"""The checksum of a row: one number that PostgreSQL and Snowflake both compute; a partition's is the sum over its rows.

Of a table with texts it is 60 bits of the md5 of the columns' texts in UTF-8. The two expressions stand side by side,
since they must stay equal. Of other tables it is made of numbers (`residues`), at a third of the cost.
"""

from dataclasses import dataclass
from enum import StrEnum

from shopstream_platform.contract import numbers, residues
from shopstream_platform.contract.declare import Column, Kind, Table
from shopstream_platform.contract.oltp import value
from shopstream_platform.contract.residues import Part

HEX_DIGITS = 15
FIELD_SEPARATOR = 31
NULL_MARK = 30
# A float's text differs between engines, its arithmetic with powers of two does not: the whole number below 2^53, and
# the rest in parts of 2^-30. Of larger values the sign is compared; fingerprints see every bit of them.
WHOLE_FLOATS, FLOAT_PARTS = 2**53, 2**30
# PostgreSQL does not merge such a subquery with the query around it, and still gives it to several workers.
BARRIER = " OFFSET 0"


class Way(StrEnum):
    """How a table's rows are summed up.

    Part of every load-log row and manifest: a change of any expression, or of how a fingerprint is taken, needs another
    value, which makes all loaded partitions of its tables stale.
    """

    TEXTS = "4"
    NUMBERS = "5"


@dataclass(frozen=True)
class Rows:
    """A row's number, and from where it is computed, as SQL; `part` is there what rows are grouped by, if anything."""

    number: str
    part: str | None
    source: str


def way_of(table: Table) -> Way:
    """The way of today."""
    return Way.NUMBERS if numbers.are_whole(table) else Way.TEXTS


def way_of_method(method: str) -> Way | None:
    """The way by which the measures of a method were taken; None of one that is not known here."""
    name = method.partition(":")[0]
    return next((way for way in Way if way == name), None)


def method(table: Table, way: Way | None = None) -> str:
    """How checksums and fingerprints are taken, today or by an earlier way.

    Another method makes every loaded partition of the table stale.
    """
    return f"{way or way_of(table)}:{table.fingerprint_of_declaration}"


def methods(table: Table) -> tuple[str, ...]:
    """The methods of today: with the values that are too large for the warehouse, and without them."""
    return tuple(dict.fromkeys((method(table), method(table.with_oversized_as_null()))))


def rows_at_source(table: Table, way: Way, part: Part | None, source: str, *, utf8: bool = True) -> Rows:
    """The rows of `source`, a FROM and WHERE with the table as t; `utf8`: whether the server's encoding is UTF-8."""
    if way is Way.TEXTS:
        return Rows(_text_at_source(table, utf8=utf8), part.sql if part else None, source)
    number, numbered = residues.rows([numbers.at_source(column) for column in table.columns], part, source, BARRIER)
    return Rows(number, part.name if part else None, numbered)


def at_source(table: Table, way: Way | None = None, *, utf8: bool = True) -> str:
    """The checksum of a row of the table t, as one expression: slower than `rows_at_source`."""
    if (way or way_of(table)) is Way.TEXTS:
        return _text_at_source(table, utf8=utf8)
    of_row = rows_at_source(table, Way.NUMBERS, None, "")
    return f"(SELECT {of_row.number} {of_row.source})"


def rows_in_warehouse(table: Table, way: Way, part: Part | None, source: str) -> Rows:
    """The rows of RAW in `source`, a FROM and WHERE."""
    if way is Way.TEXTS:
        number = _digest([_warehouse_text(column) for column in table.columns])
        return Rows(number, part.sql if part else None, source)
    number, numbered = residues.rows([numbers.in_warehouse(column) for column in table.columns], part, source)
    return Rows(number, part.name if part else None, numbered)


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


def _text_at_source(table: Table, *, utf8: bool) -> str:
    text = f" || chr({FIELD_SEPARATOR}) || ".join(
        f"COALESCE({_source_text(column)}, chr({NULL_MARK}))" for column in table.columns
    )
    # md5 is over bytes. Where they are UTF-8 already, converting them would only copy them.
    encoded = text if utf8 else f"convert_to({text}, 'UTF8')"
    return f"('x' || right(md5({encoded}), {HEX_DIGITS}))::bit({HEX_DIGITS * 4})::bigint"


def _digest(texts: list[str]) -> str:
    text = f" || CHR({FIELD_SEPARATOR}) || ".join(f"COALESCE({text}, CHR({NULL_MARK}))" for text in texts)
    return f"MOD(MD5_NUMBER_LOWER64({text}), {16**HEX_DIGITS})"


def _source_text(column: Column) -> str:
    name = value(column)
    match column.kind:
        case Kind.TEXT:
            return name
        case Kind.TIMESTAMP | Kind.INSTANT | Kind.DATE | Kind.TIME:
            return f"({numbers.at_source(column).sql})::text"
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
        case Kind.TIMESTAMP | Kind.INSTANT | Kind.DATE | Kind.TIME:
            return f"{numbers.in_warehouse(column).sql}::VARCHAR"
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
