"""SQL on the warehouse, derived from the catalogue: locks, COPY INTO, reconciliation, the load log.

Written for Snowflake; the embedded warehouse runs the same statements.
"""

from collections.abc import Mapping
from datetime import date

from shopstream_platform.contract import checksum
from shopstream_platform.contract.chunks import Keys
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import (
    Column,
    Kind,
    LakeFormat,
    Table,
)
from shopstream_platform.contract.raw import LOAD_LOG, LOAD_LOG_COLUMNS, NEWEST, STAGE, lock_name, raw_name
from shopstream_platform.contract.residues import Part
from shopstream_platform.stores.manifest import STAGE_ROOT

# Snowflake's limit for FILES.
FILES_PER_COPY = 1000
# A letter, which sorts behind the digits that the ids of earlier versions begin with.
LOAD_ID = "L{:012d}-{}"

# In full: every option that is left out has a default of Snowflake's, and some corrupt what PostgreSQL writes
# (ESCAPE_UNENCLOSED_FIELD is a backslash by default).
CSV_FORMAT = (
    "FILE_FORMAT = (TYPE = CSV COMPRESSION = GZIP RECORD_DELIMITER = '\\n' FIELD_DELIMITER = ',' SKIP_HEADER = 1 "
    "FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () "
    "EMPTY_FIELD_AS_NULL = TRUE TRIM_SPACE = FALSE SKIP_BLANK_LINES = FALSE ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE "
    "REPLACE_INVALID_CHARACTERS = FALSE ENCODING = 'UTF8' "
    # AUTO is what the session says, which the platform's sessions pin.
    "DATE_FORMAT = AUTO TIME_FORMAT = AUTO TIMESTAMP_FORMAT = AUTO)"
)
JSON_FORMAT = (
    "FILE_FORMAT = (TYPE = JSON COMPRESSION = GZIP STRIP_OUTER_ARRAY = FALSE STRIP_NULL_VALUES = FALSE "
    "ALLOW_DUPLICATE = FALSE REPLACE_INVALID_CHARACTERS = FALSE)"
)


def take_lock(table: Table) -> str:
    """The first statement of a load: a second load of the table waits here. Binds the run id, changes one row."""
    return f"UPDATE {lock_name(table)} SET locked_by = %s, locked_at = SYSDATE()"


def newest_load(table: Table) -> str:
    """(the largest load id, the warehouse's time in UTC, loads with or without days, whichever the table has not now).

    Send it behind the lock.
    """
    other = "NULL" if table.partitioned else "NOT NULL"
    return (
        f"SELECT MAX(load_id), SYSDATE(), COUNT_IF(partition_date IS {other}) "
        f"FROM {LOAD_LOG} WHERE table_name = '{table.name}'"
    )


def next_load_id(newest: str | None, suffix: str) -> str:
    """The id that sorts behind the newest one as text.

    The suffix makes it differ from ids of a log that was emptied: models of then are not taken for current.
    """
    prefix = LOAD_ID[0]
    number = int(newest.removeprefix(prefix).partition("-")[0]) if newest and newest.startswith(prefix) else 0
    return LOAD_ID.format(number + 1, suffix)


def delete_range(table: Table, days: Days | None) -> str:
    """Remove the range that is about to be loaded; everything for a snapshot table."""
    return f"DELETE FROM {raw_name(table)}{_where(days)}"


def delete_but(table: Table, kept: list[Keys]) -> str:
    """Remove the rows of a snapshot table whose key is in none of these ranges."""
    return f"DELETE FROM {raw_name(table)} WHERE NOT {_in_ranges(table, kept)}"


def reconcile_but(table: Table, kept: list[Keys]) -> str:
    """(rows and checksum of a snapshot table outside of these ranges of its key, all rows)."""
    source = f"FROM {raw_name(table)} WHERE NOT {_in_ranges(table, kept)}"
    rows = checksum.rows_in_warehouse(table, checksum.way_of(table), None, source)
    return (
        f"SELECT COUNT(*), COALESCE(SUM({rows.number}), 0)::VARCHAR, "
        f"(SELECT COUNT(*) FROM {raw_name(table)}) {rows.source}"
    )


def copy_into(
    table: Table, keys: list[str], filled: Mapping[str, str] | None = None, lake_format: LakeFormat | None = None
) -> str:
    """COPY exactly these objects, whether or not they were loaded before.

    `filled` are columns of RAW with their expressions over an object's row, where the objects are of an earlier
    declaration, and `lake_format` is theirs.
    """
    files = ", ".join("'" + key.removeprefix(STAGE_ROOT) + "'" for key in keys)
    given = as_declared(table) if filled is None else filled
    columns = ", ".join([*given, "_partition_date", "_source_file"])
    file_format = CSV_FORMAT if (lake_format or table.lake_format) is LakeFormat.CSV else JSON_FORMAT
    return (
        f"COPY INTO {raw_name(table)} ({columns}) FROM (SELECT {', '.join(given.values())}, "
        f"SPLIT_PART(METADATA$FILENAME, '/', -2)::DATE, METADATA$FILENAME FROM @{STAGE}) "
        f"FILES = ({files}) {file_format} ON_ERROR = ABORT_STATEMENT FORCE = TRUE"
    )


def set_constants(table: Table, constants: Mapping[str, str], days: Days | None) -> str:
    """Give columns one value in all rows of a range that do not have it."""
    assignments = ", ".join(f"{name} = {value}" for name, value in constants.items())
    others = " OR ".join(f"{name} IS DISTINCT FROM {value}" for name, value in constants.items())
    where = _where(days).replace(" WHERE ", " AND ")
    return f"UPDATE {raw_name(table)} SET {assignments} WHERE ({others}){where}"


def loaded_objects(table: Table) -> str:
    """(partition date, ETags, rows, digest of the documents) of the newest load of each partition of the table."""
    return (
        f"SELECT partition_date, etags, row_count, documents FROM {LOAD_LOG} WHERE table_name = '{table.name}' {NEWEST}"
    )


def forget_other_shape(table: Table) -> list[str]:
    """Begin anew: what was loaded while the table had no partitions, or had some, is not replaced by days."""
    return [f"DELETE FROM {raw_name(table)}", f"DELETE FROM {LOAD_LOG} WHERE table_name = '{table.name}'"]


def reconcile(table: Table, days: Days | None, way: checksum.Way | None = None) -> str:
    """(partition date, rows, checksum, digest of the documents) of what the transaction now holds.

    The date is NULL for a snapshot table, whose chunks may be of different days. `way` is that of an earlier method.
    """
    part = Part("_partition_date", "_partition_date") if table.partitioned else None
    source = f"FROM {raw_name(table)}{_where(days)}"
    rows = checksum.rows_in_warehouse(table, way or checksum.way_of(table), part, source)
    by_day = f" GROUP BY {rows.part}" if part else ""
    return (
        f"SELECT {rows.part or 'NULL'}, COUNT(*), SUM({rows.number})::VARCHAR, {checksum.documents(table)} "
        f"{rows.source}{by_day}"
    )


def insert_log() -> str:
    """One load-log row, all columns bound in the order of LOAD_LOG_COLUMNS."""
    marks = ", ".join(["%s"] * len(LOAD_LOG_COLUMNS))
    return f"INSERT INTO {LOAD_LOG} ({', '.join(LOAD_LOG_COLUMNS)}) VALUES ({marks})"


def current_loads() -> str:
    """The newest load of each partition.

    (table, partition date, load id, rows, fingerprint, method, server version, checksum, documents, ETags, whether
    the day was over)
    """
    return (
        "SELECT table_name, partition_date, load_id, row_count, fingerprint, method, server_version, checksum, "
        f"documents, etags, COALESCE(is_complete, TRUE) FROM {LOAD_LOG} {NEWEST}"
    )


def _in_ranges(table: Table, kept: list[Keys]) -> str:
    (key,) = table.key
    return "(" + " OR ".join(f"({key} >= {keys.first} AND {key} < {keys.end})" for keys in kept) + ")"


def _where(days: Days | None) -> str:
    return "" if days is None else f" WHERE _partition_date BETWEEN {_date(days.first)} AND {_date(days.last)}"


def _date(day: date) -> str:
    return f"'{day}'::DATE"


def as_declared(table: Table) -> dict[str, str]:
    """Columns of RAW -> their expressions over a row of the objects that the declaration makes."""
    if table.lake_format is LakeFormat.CSV:
        return {column.name: from_field(column, f"${number}") for number, column in enumerate(table.columns, start=1)}
    return {column.name: from_document(column, column.name) for column in table.columns}


def from_field(column: Column, field: str) -> str:
    """The column's value in a field of a line."""
    return f"TO_BINARY({field}, 'HEX')" if column.kind is Kind.BINARY else field


def from_document(column: Column, name: str) -> str:
    """The column's value in a document that calls it so."""
    path = f"$1:{name}"
    match column.kind:
        case Kind.JSON:
            return path
        case Kind.BINARY:
            return f"TO_BINARY({path}::VARCHAR, 'HEX')"
        case Kind.TIMESTAMP | Kind.INSTANT | Kind.DATE | Kind.TIME | Kind.FLOAT | Kind.DECIMAL:
            return f"{path}::VARCHAR::{column.snowflake_type}"
        case _:
            return f"{path}::{column.snowflake_type}"
