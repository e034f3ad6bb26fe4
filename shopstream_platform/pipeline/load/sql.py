"""SQL on the warehouse, derived from the catalogue: RAW tables, COPY INTO, reconciliation, the load log.

Written for Snowflake; the embedded warehouse runs the same statements.
"""

from datetime import date

from shopstream_platform.contract.tables import Column, Kind, LakeFormat, Table
from shopstream_platform.pipeline.extract.sql import CHECKSUM_HEX_DIGITS, FIELD_SEPARATOR, NULL_MARK, Days
from shopstream_platform.stores.manifest import STAGE_ROOT

SCHEMA = "RAW"
STAGE = f"{SCHEMA}.S3_RAW_STAGE"
LOAD_LOG = f"{SCHEMA}._LOAD_LOG"
LOAD_LOCK = f"{SCHEMA}._LOAD_LOCK"
# Snowflake's limit for FILES.
FILES_PER_COPY = 1000
# A letter, which sorts behind the digits that the ids of earlier versions begin with.
LOAD_ID = "L{:012d}-{}"
# Another one whenever anything was loaded, or the log was emptied and filled again; macros/build_log.sql has it too.
RAW_VERSION = "SELECT HASH_AGG(table_name, load_id) FROM RAW._LOAD_LOG"

# In full: every option that is left out has a default of Snowflake's, and some corrupt what PostgreSQL writes
# (ESCAPE_UNENCLOSED_FIELD is a backslash by default).
CSV_FORMAT = (
    "FILE_FORMAT = (TYPE = CSV COMPRESSION = GZIP RECORD_DELIMITER = '\\n' FIELD_DELIMITER = ',' SKIP_HEADER = 1 "
    "FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () "
    "EMPTY_FIELD_AS_NULL = TRUE TRIM_SPACE = FALSE SKIP_BLANK_LINES = FALSE ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE "
    "REPLACE_INVALID_CHARACTERS = FALSE ENCODING = 'UTF8')"
)
JSON_FORMAT = (
    "FILE_FORMAT = (TYPE = JSON COMPRESSION = GZIP STRIP_OUTER_ARRAY = FALSE STRIP_NULL_VALUES = FALSE "
    "ALLOW_DUPLICATE = FALSE REPLACE_INVALID_CHARACTERS = FALSE)"
)
LOAD_COLUMNS = {
    "_partition_date": "DATE",
    "_source_file": "VARCHAR",
    "_loaded_at": "TIMESTAMP_NTZ(9) DEFAULT SYSDATE()",
}
LOAD_LOG_COLUMNS = {
    "table_name": "VARCHAR NOT NULL",
    "partition_date": "DATE",  # NULL: a snapshot table
    "load_id": "VARCHAR NOT NULL",
    "row_count": "NUMBER(38,0) NOT NULL",
    "checksum": "VARCHAR NOT NULL",  # exact digits: sums of 60-bit numbers are larger than many clients' integers
    "fingerprint": "VARCHAR NOT NULL",
    "documents": "VARCHAR",  # a digest of the JSON columns as the warehouse holds them
    "method": "VARCHAR NOT NULL",
    "server_version": "NUMBER(38,0) NOT NULL",
    "etags": "VARCHAR NOT NULL",
    "run_id": "VARCHAR NOT NULL",
    "start_date": "DATE NOT NULL",
    "loaded_at": "TIMESTAMP_NTZ(9) NOT NULL",
}


def raw_name(table: Table) -> str:
    """A table's name in the warehouse."""
    return f"{SCHEMA}.{table.name.upper()}"


def ddl(tables: tuple[Table, ...]) -> list[str]:
    """RAW tables, load log and load lock as idempotent statements. No constraints: dbt tests the keys."""
    lock_rows = ", ".join(f"('{table.name}')" for table in tables)
    return [
        *(_create(raw_name(t), {c.name: c.snowflake_type for c in t.columns} | LOAD_COLUMNS) for t in tables),
        _create(LOAD_LOG, LOAD_LOG_COLUMNS),
        # A log of before documents were digested.
        f"ALTER TABLE {LOAD_LOG} ADD COLUMN IF NOT EXISTS documents {LOAD_LOG_COLUMNS['documents']}",
        _create(LOAD_LOCK, {"table_name": "VARCHAR", "locked_by": "VARCHAR", "locked_at": "TIMESTAMP_NTZ(9)"}),
        f"MERGE INTO {LOAD_LOCK} AS l USING (SELECT column1 AS table_name FROM VALUES {lock_rows}) AS t "
        "ON l.table_name = t.table_name WHEN NOT MATCHED THEN INSERT (table_name) VALUES (t.table_name)",
    ]


def take_lock(table: Table) -> str:
    """The first statement of a load: a second load of the table waits here. Binds the run id."""
    return f"UPDATE {LOAD_LOCK} SET locked_by = %s, locked_at = SYSDATE() WHERE table_name = '{table.name}'"


def newest_load(table: Table) -> str:
    """(the largest load id, the warehouse's time in UTC); send it behind the lock."""
    return f"SELECT MAX(load_id), SYSDATE() FROM {LOAD_LOG} WHERE table_name = '{table.name}'"


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


def copy_into(table: Table, keys: list[str]) -> str:
    """COPY exactly these objects, whether or not they were loaded before."""
    files = ", ".join("'" + key.removeprefix(STAGE_ROOT) + "'" for key in keys)
    columns = ", ".join([*table.column_names, "_partition_date", "_source_file"])
    file_format = CSV_FORMAT if table.lake_format is LakeFormat.CSV else JSON_FORMAT
    return (
        f"COPY INTO {raw_name(table)} ({columns}) FROM (SELECT {_stage_columns(table)}, "
        f"SPLIT_PART(METADATA$FILENAME, '/', -2)::DATE, METADATA$FILENAME FROM @{STAGE}) "
        f"FILES = ({files}) {file_format} ON_ERROR = ABORT_STATEMENT FORCE = TRUE"
    )


def reconcile(table: Table, days: Days | None) -> str:
    """(partition date, rows, checksum, digest of the documents) of what the transaction now holds."""
    return (
        f"SELECT _partition_date, COUNT(*), SUM({checksum(table)})::VARCHAR, {documents(table)} "
        f"FROM {raw_name(table)}{_where(days)} GROUP BY _partition_date"
    )


def insert_log() -> str:
    """One load-log row, all columns bound in the order of LOAD_LOG_COLUMNS."""
    marks = ", ".join(["%s"] * len(LOAD_LOG_COLUMNS))
    return f"INSERT INTO {LOAD_LOG} ({', '.join(LOAD_LOG_COLUMNS)}) VALUES ({marks})"


def current_loads() -> str:
    """The newest load of each partition.

    (table, partition date, load id, rows, fingerprint, method, server version, checksum, documents, ETags)
    """
    return (
        "SELECT table_name, partition_date, load_id, row_count, fingerprint, method, server_version, checksum, "
        f"documents, etags FROM {LOAD_LOG} "
        "QUALIFY ROW_NUMBER() OVER (PARTITION BY table_name, partition_date ORDER BY load_id DESC) = 1"
    )


def checksum(table: Table) -> str:
    """The number that `extract.sql.checksum` computes at the source."""
    return _digest([_canonical(column) for column in table.columns])


def documents(table: Table) -> str:
    """A digest of the JSON columns as text; NULL for a table without any.

    PostgreSQL and Snowflake never write a document as the same text (numbers, order of keys), so this one is not
    compared with the source's: the manifest's ETags prove the objects, and this proves that RAW still is what was
    copied from them.
    """
    columns = [column for column in table.columns if column.kind is Kind.JSON]
    if not columns:
        return "NULL"
    return f"SUM({_digest([f'{_key(table)}::VARCHAR', *(f'TO_JSON({column.name})' for column in columns)])})::VARCHAR"


def _key(table: Table) -> str:
    return table.columns[0].name


def _digest(texts: list[str]) -> str:
    text = f" || CHR({FIELD_SEPARATOR}) || ".join(f"COALESCE({text}, CHR({NULL_MARK}))" for text in texts)
    return f"MOD(MD5_NUMBER_LOWER64({text}), {16**CHECKSUM_HEX_DIGITS})"


def _create(name: str, columns: dict[str, str]) -> str:
    body = ",\n".join(f"    {column} {definition}" for column, definition in columns.items())
    return f"CREATE TABLE IF NOT EXISTS {name} (\n{body}\n)"


def _where(days: Days | None) -> str:
    return "" if days is None else f" WHERE _partition_date BETWEEN {_date(days.first)} AND {_date(days.last)}"


def _date(day: date) -> str:
    return f"'{day}'::DATE"


def _stage_columns(table: Table) -> str:
    if table.lake_format is LakeFormat.CSV:
        return ", ".join(f"${position}" for position in range(1, len(table.columns) + 1))
    return ", ".join(_from_document(column) for column in table.columns)


def _from_document(column: Column) -> str:
    path = f"$1:{column.name}"
    if column.kind is Kind.JSON:
        return path
    if column.kind is Kind.TIMESTAMP:
        return f"{path}::VARCHAR::{column.snowflake_type}"
    return f"{path}::{column.snowflake_type}"


def _canonical(column: Column) -> str:
    match column.kind:
        case Kind.TEXT:
            return column.name
        case Kind.TIMESTAMP:
            return f"DATE_PART(EPOCH_MICROSECOND, {column.name})::VARCHAR"
        case Kind.BOOLEAN:
            return f"IFF({column.name}, '1', IFF({column.name} IS NULL, NULL, '0'))"
        case Kind.JSON:
            return f"IFF({column.name} IS NULL, NULL, '1')"
        case Kind.INTEGER | Kind.DECIMAL:
            return f"{column.name}::VARCHAR"
