"""Values as whole numbers, which PostgreSQL and Snowflake both compute exactly: cents, days, microseconds."""

from dataclasses import dataclass

from shopstream_platform.contract.declare import VALUE, Column, Kind, Table
from shopstream_platform.contract.oltp import type_at_source, value
from shopstream_platform.contract.snowflake_types import parsed

EPOCH = "1970-01-01"
# Of a wider one the whole number would not fit into eight bytes.
LARGEST_PRECISION = 18
FIRST_HOLDABLE, FIRST_BEYOND = "0001-01-01", "10000-01-01"
_LIMITS = {Kind.TIMESTAMP: "TIMESTAMP", Kind.INSTANT: "TIMESTAMPTZ"}
# Types of whole numbers that are smaller than a bigint, and one past what they hold.
_NARROW = {"smallint": 2**15, "integer": 2**31}
DAYS, MICROSECONDS_OF_A_DAY, MICROSECONDS = 2**32, 2**37, 2**60


@dataclass(frozen=True)
class Whole:
    """SQL for a whole number, or NULL; it is nearer to zero than `bound`."""

    sql: str
    bound: int


def is_whole(column: Column) -> bool:
    """Whether each of the column's values is a whole number that both engines compute."""
    match column.kind:
        case Kind.INTEGER | Kind.BOOLEAN | Kind.DATE | Kind.TIME | Kind.TIMESTAMP | Kind.INSTANT:
            return True
        case Kind.DECIMAL:
            # Digits that are cut off would not be seen.
            return column.read == VALUE and parsed(column.snowflake_type).sizes[0] <= LARGEST_PRECISION
        case _:
            return False


def are_whole(table: Table) -> bool:
    """Whether all of the table's values are: it has no texts, documents or floats."""
    return all(is_whole(column) for column in table.columns)


def at_source(column: Column) -> Whole:
    """The value of a column of the table t. What no warehouse holds is one number, of which no other value is."""
    name = value(column)
    match column.kind:
        case Kind.BOOLEAN:
            return Whole(f"{name}::int::bigint", 2)
        case Kind.DATE:
            days = f"CASE WHEN isfinite({name}) THEN {name} - DATE '{EPOCH}' WHEN {name} IS NOT NULL THEN {DAYS} END"
            return Whole(days, DAYS + 1)
        case Kind.TIME:
            return Whole(f"(extract(epoch FROM {name}) * 1000000)::bigint", MICROSECONDS_OF_A_DAY)
        case Kind.TIMESTAMP | Kind.INSTANT:
            type_ = _LIMITS[column.kind]
            holdable = f"{name} >= {type_} '{FIRST_HOLDABLE}' AND {name} < {type_} '{FIRST_BEYOND}'"
            since = f"(extract(epoch FROM {name}) * 1000000)::bigint"
            return Whole(
                f"CASE WHEN {holdable} THEN {since} WHEN {name} IS NOT NULL THEN {MICROSECONDS} END", MICROSECONDS + 1
            )
        case Kind.DECIMAL:
            bound = 10 ** parsed(column.snowflake_type).sizes[0]
            return Whole(
                f"CASE WHEN {name} < 'NaN' THEN ({_times_ten(column, name)})::bigint "
                f"WHEN {name} IS NOT NULL THEN {bound} END",
                bound + 1,
            )
        case _:
            return Whole(f"{name}::bigint", _NARROW.get(type_at_source(column), 2**63))


def in_warehouse(column: Column) -> Whole:
    """The value of a column of RAW."""
    name = column.name
    match column.kind:
        case Kind.BOOLEAN:
            return Whole(f"IFF({name}, 1, IFF({name} IS NULL, NULL, 0))", 2)
        case Kind.DATE:
            return Whole(f"DATEDIFF(DAY, '{EPOCH}'::DATE, {name})", DAYS)
        case Kind.TIME:
            return Whole(f"DATEDIFF(MICROSECOND, '00:00:00'::TIME, {name})", MICROSECONDS_OF_A_DAY)
        case Kind.TIMESTAMP | Kind.INSTANT:
            return Whole(f"DATE_PART(EPOCH_MICROSECOND, {name})", MICROSECONDS)
        case Kind.DECIMAL:
            return Whole(f"({_times_ten(column, name)})::BIGINT", 10 ** parsed(column.snowflake_type).sizes[0])
        case _:
            return Whole(name, 10**38)


def _times_ten(column: Column, name: str) -> str:
    """Without digits behind the point."""
    return f"{name} * {10**column.scale}" if column.scale else name
