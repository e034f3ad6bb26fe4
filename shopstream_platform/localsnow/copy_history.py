"""What was loaded into a table before, and the answer of a COPY."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import pyarrow as pa
from sqlglot import exp

from shopstream_platform.localsnow.copy_values import identifier
from shopstream_platform.localsnow.interfaces import Session
from shopstream_platform.localsnow.upstream import LOAD_HISTORY


@dataclass(frozen=True)
class Table:
    database: str
    schema: str
    name: str

    @property
    def sql(self) -> str:
        return ".".join(map(identifier, (self.database, self.schema, self.name)))

    @property
    def keeps_history(self) -> bool:
        """DuckDB's database of temporary tables has none."""
        return self.database != "temp"

    @classmethod
    def of(cls, session: Session, target: exp.Table) -> Table:
        parts = [target.args.get("catalog"), target.args.get("db"), target.this]
        names = [part and (part.this if part.args.get("quoted") else part.this.upper()) for part in parts]
        if names[0] and names[0].lower() == "temp":
            return cls("temp", "main", names[2])
        return cls(names[0] or session.database or "", names[1] or session.schema or "", names[2])


@dataclass(frozen=True)
class FileResult:
    """One row of COPY's answer; the fields are its columns."""

    file: str
    status: str
    rows_parsed: int
    rows_loaded: int
    error_limit: int | None = 1
    errors_seen: int = 0
    first_error: str | None = None
    first_error_line: int | None = None
    first_error_character: int | None = None
    first_error_column_name: str | None = None


def loaded_before(session: Session, table: Table) -> set[tuple[str, str]]:
    """Names and ETags of the files that were loaded into the table."""
    if not table.keeps_history:
        return set()
    rows = session.duck.execute(
        f"SELECT DISTINCT FILE_NAME, ETAG FROM {identifier(table.database)}.{LOAD_HISTORY}"
        " WHERE SCHEMA_NAME = ? AND TABLE_NAME = ?",
        [table.schema, table.name],
    ).fetchall()
    return set(rows)


def forget(session: Session, table: Table) -> None:
    if table.keeps_history:
        session.duck.execute(
            f"DELETE FROM {identifier(table.database)}.{LOAD_HISTORY} WHERE SCHEMA_NAME = ? AND TABLE_NAME = ?",
            [table.schema, table.name],
        )


def record(session: Session, table: Table, results: list[FileResult], etags: dict[str, str]) -> None:
    """Remember the files in the transaction of the rows themselves."""
    loaded = [result for result in results if result.status in ("LOADED", "PARTIALLY_LOADED")]
    if not loaded or not table.keeps_history:
        return
    session.duck.execute(
        f"""INSERT INTO {identifier(table.database)}.{LOAD_HISTORY}
            (SCHEMA_NAME, TABLE_NAME, LAST_LOAD_TIME, FILE_NAME, ETAG, STATUS, ROW_COUNT, ROW_PARSED, ERROR_COUNT)
            SELECT ?, ?, now(), unnest(?), unnest(?), unnest(?), unnest(?), unnest(?), unnest(?)""",
        [
            table.schema,
            table.name,
            [result.file for result in loaded],
            [etags[result.file] for result in loaded],
            [result.status for result in loaded],
            [result.rows_loaded for result in loaded],
            [result.rows_parsed for result in loaded],
            [result.errors_seen for result in loaded],
        ],
    )


SCHEMA = pa.schema(
    {
        "file": pa.string(),
        "status": pa.string(),
        "rows_parsed": pa.int64(),
        "rows_loaded": pa.int64(),
        "error_limit": pa.int64(),
        "errors_seen": pa.int64(),
        "first_error": pa.string(),
        "first_error_line": pa.int64(),
        "first_error_character": pa.int64(),
        "first_error_column_name": pa.string(),
    }
)


def as_table(results: list[FileResult]) -> pa.Table:
    """COPY's answer with Snowflake's column names."""
    columns = list(zip(*map(astuple, results), strict=True)) or [()] * len(SCHEMA)
    return pa.Table.from_arrays(
        [pa.array(values, kind) for values, kind in zip(columns, SCHEMA.types, strict=True)], schema=SCHEMA
    )
