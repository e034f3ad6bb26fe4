"""RAW as both sides of a load rely on it: names, tables, load log and load locks."""

from collections.abc import Iterable

from shopstream_platform.contract.declare import Table

SCHEMA = "RAW"
LOCK_PREFIX = "_LOAD_LOCK_"
STAGE = f"{SCHEMA}.S3_RAW_STAGE"
LOAD_LOG = f"{SCHEMA}._LOAD_LOG"
# One row: which version of the platform has written what is here.
VERSION_TABLE = f"{SCHEMA}._VERSION"
VERSION_COLUMNS = {"version": "NUMBER(38,0)"}
# How far the change feed of each source was taken in.
FEED_TABLE = f"{SCHEMA}._CHANGE_FEED"
FEED_COLUMNS = {"source": "VARCHAR NOT NULL", "state": "VARCHAR NOT NULL", "written_at": "TIMESTAMP_NTZ(9) NOT NULL"}
# Of the load log: the newest load of each partition.
NEWEST = "QUALIFY ROW_NUMBER() OVER (PARTITION BY table_name, partition_date ORDER BY load_id DESC) = 1"
LOAD_COLUMNS = {
    "_partition_date": "DATE",
    "_source_file": "VARCHAR",
    "_loaded_at": "TIMESTAMP_NTZ(9) DEFAULT SYSDATE()",
}
# The lake is the backup of RAW: no Fail-safe, and a day of Time Travel, of what every load replaces.
TRANSIENT, RETENTION = "TRANSIENT ", " DATA_RETENTION_TIME_IN_DAYS = 1"
LOCK_COLUMNS = {"table_name": "VARCHAR", "locked_by": "VARCHAR", "locked_at": "TIMESTAMP_NTZ(9)"}
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
    "is_complete": "BOOLEAN",  # false: the day was not over when its snapshot was taken; NULL: of before, and it was
}


def raw_name(table: Table) -> str:
    """A table's name in the warehouse."""
    return f"{SCHEMA}.{table.name.upper()}"


def lock_name(table: Table) -> str:
    """The table of one row that a load of `table` updates first.

    One for each table: UPDATE locks all rows until the commit, so that in one for all they would load one by one. Not
    the loaded table itself: whether DELETE locks a table in which it finds nothing is not documented.
    """
    return f"{SCHEMA}.{LOCK_PREFIX}{table.name.upper()}"


def raw_ddl(tables: Iterable[Table]) -> list[str]:
    """RAW tables, load log, version and load locks as idempotent statements. No constraints: dbt tests the keys."""
    wanted = list(tables)
    return [
        *(table_ddl(table) for table in wanted),
        *log_ddl(),
        *version_ddl(),
        *feed_ddl(),
        *(statement for table in wanted for statement in lock_ddl(table)),
    ]


def table_ddl(table: Table) -> str:
    """The loaded table itself."""
    return _create_raw(raw_name(table), {c.name: c.snowflake_type for c in table.columns} | LOAD_COLUMNS)


def log_ddl() -> list[str]:
    """The load log."""
    return [
        _create(LOAD_LOG, LOAD_LOG_COLUMNS),
        # A log of before documents were digested, or of before running days were loaded.
        *(
            f"ALTER TABLE {LOAD_LOG} ADD COLUMN IF NOT EXISTS {column} {LOAD_LOG_COLUMNS[column]}"
            for column in ("documents", "is_complete")
        ),
    ]


def version_ddl() -> list[str]:
    """The version, of a warehouse that has none yet: the one of before there were versions."""
    return [
        _create(VERSION_TABLE, VERSION_COLUMNS),
        f"MERGE INTO {VERSION_TABLE} AS v USING (SELECT 1 AS version) AS t "
        "ON TRUE WHEN NOT MATCHED THEN INSERT (version) VALUES (t.version)",
    ]


def feed_ddl() -> list[str]:
    """The state of change feeds."""
    return [_create_raw(FEED_TABLE, FEED_COLUMNS)]


def lock_ddl(table: Table) -> list[str]:
    """The lock of one table's loads, and its row."""
    name = lock_name(table)
    return [
        _create_raw(name, LOCK_COLUMNS),
        f"MERGE INTO {name} AS l USING (SELECT '{table.name}' AS table_name) AS t "
        "ON l.table_name = t.table_name WHEN NOT MATCHED THEN INSERT (table_name) VALUES (t.table_name)",
    ]


def _create_raw(name: str, columns: dict[str, str]) -> str:
    return _create(name, columns, TRANSIENT) + RETENTION


def _create(name: str, columns: dict[str, str], kind: str = "") -> str:
    body = ",\n".join(f"    {column} {definition}" for column, definition in columns.items())
    return f"CREATE {kind}TABLE IF NOT EXISTS {name} (\n{body}\n)"
