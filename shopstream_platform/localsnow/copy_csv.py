"""CSV files as a DuckDB table function."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from snowflake.connector.errors import ProgrammingError

from shopstream_platform.localsnow import copy_csv_odd, errors
from shopstream_platform.localsnow.copy_files import LocalFile, longest_record
from shopstream_platform.localsnow.copy_options import FileFormat
from shopstream_platform.localsnow.copy_values import literal
from shopstream_platform.localsnow.errors import sql_error


def reader(files: list[LocalFile], given: FileFormat, columns: int) -> str:
    """SQL that reads all files at once: text columns C1, C2 ... and FILENAME.

    An unquoted empty field is NULL and a quoted one is an empty string, which is what PostgreSQL's COPY writes.
    """
    if copy_csv_odd.is_odd(files, given):
        files, given = copy_csv_odd.rewritten(files, given)
    paths = ", ".join(literal(str(file.path)) for file in files)
    names = ", ".join(f"'C{number}': 'VARCHAR'" for number in range(1, columns + 1))
    quote = literal(given.quote or "")
    options = [
        "auto_detect = false",
        "header = false",
        f"columns = {{{names}}}",
        f"skip = {given.skip_header}",
        f"delim = {literal(given.delimiter)}",
        f"quote = {quote}",
        f"escape = {quote}",
        f"nullstr = {literal('' if given.empty_field_as_null else chr(0) + chr(1))}",
        "allow_quoted_nulls = false",
        "strict_mode = true",
        f"max_line_size = {longest_record(files)}",
        "filename = 'FILENAME'",
    ]
    source = f"read_csv([{paths}], {', '.join(options)})"
    return f"(SELECT {_values(given, columns)}, FILENAME FROM {source})" if given.null_if else source


def _values(given: FileFormat, columns: int) -> str:
    """NULL_IF holds for quoted fields too, unlike EMPTY_FIELD_AS_NULL."""
    words = ", ".join(map(literal, given.null_if))
    names = [f"C{number}" for number in range(1, columns + 1)]
    return ", ".join(f"CASE WHEN {name} IN ({words}) THEN NULL ELSE {name} END AS {name}" for name in names)


def count_fields(files: list[LocalFile], given: FileFormat) -> int:
    """Fields of the first record, header included; a COPY with a query does not say how many there are."""
    for file in files:
        with file.path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            for fields in _records(text, given):
                return len(fields)
    return 1


def _records(text: Iterator[str], given: FileFormat) -> Iterator[list[str]]:
    quoting = csv.QUOTE_MINIMAL if given.quote else csv.QUOTE_NONE
    return csv.reader(text, delimiter=given.delimiter, quotechar=given.quote or None, quoting=quoting)


def explain(message: str, file: LocalFile) -> ProgrammingError:
    """DuckDB's complaint about a file, in Snowflake's words and with the object's name."""
    line = re.search(r"CSV Error on Line: (\d+)", message)
    count = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if count:
        text = f"Number of columns in file ({count[2]}) does not match that of the corresponding table ({count[1]})"
    else:
        text = "Error parsing file: " + message.split("Possible ")[0].replace("\n", " ").strip()
    return sql_error(f"{text}\n  File '{file.key}', line {line[1] if line else 'unknown'}", errors.BAD_FILE, "22000")
