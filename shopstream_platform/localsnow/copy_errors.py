"""Which file, row and column a failed COPY stumbled over, and the files and rows that ON_ERROR leaves out."""

from __future__ import annotations

from typing import Any

import duckdb
from snowflake.connector.errors import ProgrammingError

from shopstream_platform.localsnow import copy_csv, copy_query, errors
from shopstream_platform.localsnow.copy_files import LocalFile
from shopstream_platform.localsnow.copy_history import FileResult
from shopstream_platform.localsnow.copy_options import CONTINUE
from shopstream_platform.localsnow.copy_query import Query
from shopstream_platform.localsnow.copy_statement import Copy
from shopstream_platform.localsnow.copy_values import TargetColumn, complaint
from shopstream_platform.localsnow.errors import sql_error


def explained(copy: Copy, files: list[LocalFile], error: duckdb.Error) -> Exception:
    """The error with the file it comes from, found by reading once more outside the failed transaction."""
    if isinstance(error, duckdb.ConstraintException):
        return sql_error(f"NULL result in a non-nullable column: {error}", 100072, "22000")
    for file in files:
        found = _first_problem(copy, file)
        if found is not None:
            return found
    return sql_error(f"{error}\n  File '{files[0].key}'", errors.CONVERSION, "22018")


def set_aside(copy: Copy, files: list[LocalFile]) -> tuple[list[FileResult], list[LocalFile]]:
    """The results of files that are left out, and the files to load."""
    failed: list[FileResult] = []
    good: list[LocalFile] = []
    for file in files:
        problem = _structural_problem(copy, file) if copy.options.on_error == CONTINUE else _first_problem(copy, file)
        if problem is None:
            good.append(file)
        else:
            text = str(problem.raw_msg or problem)
            failed.append(FileResult(file.key, "LOAD_FAILED", 0, 0, 1, 1, text))
    return failed, good


def partial_results(copy: Copy, files: list[LocalFile]) -> list[FileResult]:
    """What ON_ERROR = CONTINUE has loaded of each file."""
    results = []
    for file in files:
        query = copy.query([file])
        bad = _any_invalid(query)
        total, errors_seen = _rows(copy, f"SELECT count(*), count(*) FILTER ({bad}) FROM ({query.sql})")[0]
        problem = _bad_value(copy, file, query) if errors_seen else None
        first = str(problem.raw_msg) if problem else None
        status = "PARTIALLY_LOADED" if errors_seen else "LOADED"
        results.append(FileResult(file.key, status, total, total - errors_seen, total, errors_seen, first))
    return results


def _first_problem(copy: Copy, file: LocalFile) -> ProgrammingError | None:
    try:
        query = copy.query([file])
        counts = ", ".join(f"count({cast})" for cast in query.casts())
        _rows(copy, f"SELECT {counts} FROM ({query.sql})")
    except duckdb.Error as error:
        structural = _structural_problem(copy, file)
        return structural or _bad_value(copy, file, copy.query([file])) or _plain(error, file)
    return None


def _structural_problem(copy: Copy, file: LocalFile) -> ProgrammingError | None:
    """A file that cannot be split into rows and fields, whatever they hold."""
    try:
        _rows(copy, f"SELECT count(COLUMNS(* EXCLUDE FILENAME)) FROM ({copy.query([file]).sql})")
    except duckdb.InvalidInputException as error:
        return copy_csv.explain(str(error), file)
    except duckdb.Error:
        return None
    return None


def _bad_value(copy: Copy, file: LocalFile, query: Query) -> ProgrammingError | None:
    conditions = query.invalid()
    if not conditions:
        return None
    which = "CASE " + " ".join(f"WHEN {test} THEN {number}" for number, (test, _) in enumerate(conditions)) + " END"
    values = ", ".join(f"CAST({query.value(column)} AS VARCHAR)" for _, column in conditions)
    source = copy_query.numbered(f"({query.sql})")
    try:
        rows = _rows(
            copy, f"SELECT FILE_ROW, {which}, [{values}] FROM {source} WHERE {_any_invalid(query)} ORDER BY 1 LIMIT 1"
        )
    except duckdb.Error:
        return None
    if not rows:
        return None
    row, number, found = rows[0]
    return _value_error(copy, file, row, conditions[number][1], found[number])


def _value_error(copy: Copy, file: LocalFile, row: int, column: TargetColumn, value: str) -> ProgrammingError:
    where = f'\n  File \'{file.key}\', row {row}, column "{copy.table.name}"["{column.name}":{column.position}]'
    return sql_error(complaint(value, column) + where, errors.CONVERSION, "22018")


def _plain(error: duckdb.Error, file: LocalFile) -> ProgrammingError:
    return sql_error(f"{error}\n  File '{file.key}'", errors.CONVERSION, "22018")


def _any_invalid(query: Query) -> str:
    return " OR ".join(condition for condition, _ in query.invalid()) or "FALSE"


def _rows(copy: Copy, sql: str) -> list[tuple[Any, ...]]:
    with copy.cursor.session.aside() as connection:
        return connection.execute(sql).fetchall()
