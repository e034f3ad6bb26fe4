"""From a type of PostgreSQL to one of Snowflake: the kind of its values, and how the source is asked for them.

Types are named as `format_type` writes them, a domain by its base type, and what a user has defined by the words enum,
array, composite and range.
"""

import re
from dataclasses import dataclass

from shopstream_platform.contract.declare import VALUE, Kind

LARGEST_PRECISION = 38
AS_TEXT, _AS_DOCUMENT = "{}::text", "to_jsonb({})"
_INTEGERS = ("smallint", "integer", "bigint", "oid")
# Types whose text says all that they hold.
_TEXTS = (
    *("text", "character varying", "name", "citext", "uuid", "enum", "inet", "cidr", "macaddr", "macaddr8", "xml"),
    *("interval", "time with time zone", "bit", "bit varying", "ltree", "range", "hstore", '"char"'),
)
# Those whose length is one of characters.
_SIZED = ("character varying", "bit", "bit varying")
_UNMAPPED = {
    "money": "its decimals depend on the server's locale; cast it to numeric in a view",
    "tsvector": "it is an index of other columns",
    "tsquery": "it is a query, not data",
    "pg_lsn": "it is a position in the server's log",
}


@dataclass(frozen=True)
class Mapping:
    """A type in the warehouse; `read` is SQL for the value at the source, with {} for the column."""

    kind: Kind
    snowflake_type: str
    read: str = VALUE


def mapped(postgres_type: str, digits: tuple[int, int] | None = None) -> Mapping:
    """How values of a type are kept; `digits` (precision, scale) for a numeric without any of its own.

    Raises ValueError, with the reason, for a type that is not mapped.
    """
    base, length = _parts(postgres_type)
    if base.startswith("numeric"):
        return _decimal(postgres_type, digits)
    if base in _INTEGERS:
        return Mapping(Kind.INTEGER, "NUMBER(38,0)", "{}::bigint" if base == "oid" else VALUE)
    if base in _TEXTS:
        read = VALUE if base in ("text", "character varying") else AS_TEXT
        return Mapping(Kind.TEXT, f"VARCHAR({length})" if length and base in _SIZED else "VARCHAR", read)
    if base == "character":
        # Blanks at the end are no part of its value.
        return Mapping(Kind.TEXT, f"VARCHAR({length or 1})", AS_TEXT)
    if (found := _FIXED.get(base)) is not None:
        return found
    reason = _UNMAPPED.get(base, "the platform does not know it; cast it to a type that it knows in a view")
    raise ValueError(f"type {postgres_type} is not mapped: {reason}")


_FIXED = {
    "boolean": Mapping(Kind.BOOLEAN, "BOOLEAN"),
    # By its text: a double that is made of a real has digits that nobody wrote.
    "real": Mapping(Kind.FLOAT, "FLOAT", "{}::text::double precision"),
    "double precision": Mapping(Kind.FLOAT, "FLOAT"),
    "date": Mapping(Kind.DATE, "DATE"),
    "time without time zone": Mapping(Kind.TIME, "TIME(9)"),
    "timestamp without time zone": Mapping(Kind.TIMESTAMP, "TIMESTAMP_NTZ(9)"),
    "timestamp with time zone": Mapping(Kind.INSTANT, "TIMESTAMP_TZ(9)"),
    "bytea": Mapping(Kind.BINARY, "BINARY"),
    "jsonb": Mapping(Kind.JSON, "VARIANT"),
    "json": Mapping(Kind.JSON, "VARIANT", "{}::jsonb"),
    "array": Mapping(Kind.JSON, "VARIANT", _AS_DOCUMENT),
    "composite": Mapping(Kind.JSON, "VARIANT", _AS_DOCUMENT),
}


def _decimal(postgres_type: str, digits: tuple[int, int] | None) -> Mapping:
    declared = re.fullmatch(r"numeric\((\d+),(-?\d+)\)", postgres_type)
    if declared and (own := (int(declared[1]), int(declared[2]))) and _fits(own) and digits is None:
        return Mapping(Kind.DECIMAL, f"NUMBER({own[0]},{own[1]})")
    if digits is None:
        raise ValueError(
            f"type {postgres_type} holds more digits than NUMBER({LARGEST_PRECISION}): say how many are kept, such as "
            "digits=(38, 9); a row with more is refused"
        )
    if not _fits(digits):
        raise ValueError(f"digits={digits} is not a precision up to {LARGEST_PRECISION} and a scale within it")
    precision, scale = digits
    # A cast of a larger value would be an error; one of more decimals is found by comparing.
    read = f"CASE WHEN abs({{0}}) < 1e{precision - scale}::numeric THEN {{0}}::numeric({precision},{scale}) END"
    return Mapping(Kind.DECIMAL, f"NUMBER({precision},{scale})", read)


def _fits(digits: tuple[int, int]) -> bool:
    precision, scale = digits
    return 1 <= precision <= LARGEST_PRECISION and 0 <= scale <= precision


def _parts(postgres_type: str) -> tuple[str, int | None]:
    """The type without its length or fields, and the length."""
    if postgres_type.startswith("interval"):
        return "interval", None
    found = re.fullmatch(r"(.+?)\((\d+)(?:,-?\d+)?\)(.*)", postgres_type)
    return (found[1] + found[3], int(found[2])) if found else (postgres_type, None)
