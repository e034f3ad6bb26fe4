"""COPY INTO a table: one atomic INSERT from all files of the statement, every value read as text first.

Upstream reads with DuckDB's own guesses about types and nulls, one INSERT a file, knows few options and columns, and
leaves what it has loaded when a later file fails.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
from sqlglot import exp

from shopstream_platform.localsnow import (
    copy_csv_odd,
    copy_errors,
    copy_files,
    copy_history,
    copy_statement,
)
from shopstream_platform.localsnow.copy_files import LocalFile, RemoteFile
from shopstream_platform.localsnow.copy_history import FileResult
from shopstream_platform.localsnow.copy_options import ABORT, CONTINUE, CopyOptions
from shopstream_platform.localsnow.copy_statement import Copy
from shopstream_platform.localsnow.copy_values import identifier
from shopstream_platform.localsnow.errors import sql_error
from shopstream_platform.localsnow.interfaces import Cursor

NOTHING_TO_DO = pa.table({"status": ["Copy executed with 0 files processed."]})


def run(cursor: Cursor, expression: exp.Copy) -> pa.Table:
    """Load the files and say what became of each."""
    copy = copy_statement.understood(cursor, expression)
    session = cursor.session
    remote = copy_files.select(session, copy.location, copy.options)
    before = set() if copy.options.force else copy_history.loaded_before(session, copy.table)
    wanted = [file for file in remote if (file.key, file.etag) not in before]
    if not wanted:
        return _skipped_only(remote, copy.options)
    with copy_files.downloaded(session, copy.location.bucket, wanted, copy.options.format) as files:
        fresh = [file for file in files if (file.key, file.etag) not in before]
        results = _load(copy, fresh)
        copy_history.record(session, copy.table, results, {file.key: file.etag for file in fresh})
        if copy.options.purge:
            copy_files.purge(session, copy.location.bucket, fresh)
    loaded = {file.key for file in fresh}
    results += [_skipped(file.key) for file in remote if file.key not in loaded and copy.options.files]
    return copy_history.as_table(results) if results else NOTHING_TO_DO


def _load(copy: Copy, files: list[LocalFile]) -> list[FileResult]:
    if not files:
        return []
    failed: list[FileResult] = []
    if copy.options.on_error != ABORT:
        failed, files = copy_errors.set_aside(copy, files)
    if not files:
        return failed
    query = copy.query(files)
    conditions = [condition for condition, _ in query.invalid()] if copy.options.on_error == CONTINUE else []
    where = f" WHERE NOT ({' OR '.join(conditions)})" if conditions else ""
    names = ", ".join(identifier(column.name) for column in copy.columns)
    sql = f"INSERT INTO {copy.table.sql} ({names}) SELECT {', '.join(query.casts())} FROM ({query.sql}){where}"
    try:
        (inserted,) = copy.cursor.session.duck.execute(sql).fetchall()[0]
    except duckdb.TransactionException:
        raise
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        raise copy_errors.explained(copy, files, error) from error
    if copy.options.on_error == CONTINUE:
        return [*copy_errors.partial_results(copy, files), *failed]
    return [*_counted(copy, files, inserted), *failed]


def _counted(copy: Copy, files: list[LocalFile], inserted: int) -> list[FileResult]:
    """Rows of each file, which must add up to what the reader has delivered."""
    counts = _records(copy, files)
    if sum(counts) != inserted:
        counts = _recount(copy, files)
    if sum(counts) != inserted:
        message = f"The files hold {sum(counts)} records but {inserted} rows were read: is there an empty line?"
        raise sql_error(f"{message}\n  File '{files[0].key}'", 100080, "22000")
    return [FileResult(file.key, "LOADED", count, count) for file, count in zip(files, counts, strict=True)]


def _records(copy: Copy, files: list[LocalFile]) -> list[int]:
    return [max(0, file.records - copy.options.format.skip_header) for file in files]


def _recount(copy: Copy, files: list[LocalFile]) -> list[int]:
    """The slow, exact way: a quote in the middle of an unquoted field misleads the quick one."""
    given = copy.options.format
    if given.type == "JSON":
        return [sum(1 for line in file.path.open("rb") if line.strip()) for file in files]
    return [copy_csv_odd.count_records(file, given) for file in files]


def _skipped_only(remote: list[RemoteFile], options: CopyOptions) -> pa.Table:
    if not options.files or not remote:
        return NOTHING_TO_DO
    return copy_history.as_table([_skipped(file.key) for file in remote])


def _skipped(key: str) -> FileResult:
    return FileResult(key, "LOAD_SKIPPED", 0, 0, None, 1, "File was loaded before.")
