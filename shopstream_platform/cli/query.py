"""`shopstream sql`: statements on the warehouse, printed for people or for programs."""

import csv
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from shopstream_platform.cli.console import errors, results
from shopstream_platform.cli.tables import print_rows
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.visible import visible

if TYPE_CHECKING:
    from snowflake.connector.cursor import SnowflakeCursor

    from shopstream_platform.stores.warehouse import Warehouse

# What a person reads on a screen; a program gets all.
ROWS_ON_A_SCREEN = 1000


# https://docs.snowflake.com/en/developer-guide/snowflake-scripting/blocks
BLOCK = re.compile(
    r"\s*(BEGIN\b(?!\s*(WORK|TRANSACTION|NAME|;|\Z))|DECLARE\b|CREATE\s+(OR\s+REPLACE\s+)?(PROCEDURE|TASK)\b)", re.I
)


class Writable(Protocol):
    """What rows are written to."""

    def write(self, text: str, /) -> int: ...


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def sql(
    query: Annotated[
        str | None, typer.Argument(help="Statements, separated by semicolons, or one block; else from stdin.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Read the statements from this file.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print rows as CSV, with a header; NULL is empty.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print an array of objects for each statement.")] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help="Print at most so many rows, 0: all (default: 1000 on a terminal, else all)."),
    ] = None,
    pager: Annotated[bool, typer.Option("--pager", help="Show the rows in the pager.")] = False,
) -> None:
    """Run statements on the warehouse and print their rows; stderr says how many were left out."""
    from shopstream_platform.services import resolve
    from shopstream_platform.stores.warehouse import open_session

    if as_csv and as_json:
        raise ShopStreamError("--csv and --json exclude each other")
    if pager and (as_csv or as_json):
        raise ShopStreamError("--pager shows tables: leave it out with --csv or --json")
    chosen = Format.CSV if as_csv else Format.JSON if as_json else Format.TABLE
    statements = split(_text(query, file))
    if not statements:
        raise ShopStreamError("there is no statement: give one as the argument, by --file, or on stdin")
    default = ROWS_ON_A_SCREEN if results.is_terminal and chosen is Format.TABLE else 0
    with open_session(resolve.warehouse(load_settings())) as warehouse:
        if pager and results.is_terminal:
            # Without styles: pagers show their codes as text.
            with results.pager():
                run_statements(warehouse, statements, chosen, default if limit is None else limit)
        else:
            run_statements(warehouse, statements, chosen, default if limit is None else limit)


def _text(query: str | None, file: Path | None) -> str:
    if query is not None and file:
        raise ShopStreamError("give the statements as the argument or by --file, not both")
    if file is None:
        return sys.stdin.read() if query is None else query
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ShopStreamError(
            f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}"
        ) from None


def split(text: str) -> list[str]:
    """The statements of a text, as Snowflake's connector separates them; a block of Snowflake Scripting stays whole."""
    if BLOCK.match(text):
        return [text.strip()]
    # 0.7 s, as in `open_session`.
    from snowflake.connector.util_text import split_statements

    def is_statement(part: str) -> bool:
        return any(str(rest).strip("; \t\r\n") for rest, _ in split_statements(StringIO(part), remove_comments=True))

    found = (str(statement).strip().rstrip(";").strip() for statement, _ in split_statements(StringIO(text)))
    return [statement for statement in found if is_statement(statement)]


def run_statements(warehouse: "Warehouse", statements: list[str], chosen: Format, limit: int) -> None:
    """Run one after the other and print each one's rows; the first that fails ends it, and is named among several."""
    for number, statement in enumerate(statements, start=1):
        try:
            cursor = warehouse.execute(statement)
        except ShopStreamError as error:
            which = f"statement {number} of {len(statements)}: " if len(statements) > 1 else ""
            raise ShopStreamError(f"{which}{error}") from None
        if cursor.description is not None:
            print_result(cursor, chosen, limit)


def print_result(cursor: "SnowflakeCursor", chosen: Format, limit: int) -> None:
    """A statement's rows, at most `limit` of them (0: all); stderr is told of the others."""
    columns = [column.name for column in cursor.description]
    rows: Iterable[Any] = cursor.fetchmany(limit) if limit else _all(cursor)
    match chosen:
        case Format.TABLE:
            print_rows(results, columns, rows)
        case Format.CSV:
            write_csv(_stream(), columns, rows)
        case Format.JSON:
            write_json(_stream(), columns, rows)
    # Not by the count alone: of a change it is that of the rows that were changed.
    if limit and (total := cursor.rowcount) and total > limit and cursor.fetchone() is not None:
        errors.print(f"{total - limit:,} of {total:,} rows were left out: --limit 0 prints all", soft_wrap=True)


def _all(cursor: "SnowflakeCursor") -> Iterator[Any]:
    return chain.from_iterable(iter(lambda: cursor.fetchmany(ROWS_ON_A_SCREEN), []))


def write_csv(to: Writable, columns: list[str], rows: Iterable[Any]) -> None:
    """RFC 4180 but for its line ends, which are line feeds; NULL is an empty field."""
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([value.hex() if isinstance(value, bytes | bytearray) else value for value in row] for row in rows)


def write_json(to: Writable, columns: list[str], rows: Iterable[Any]) -> None:
    """An array with an object a row, a row a line. ShopStreamError if two columns have the same name."""
    if twice := [name for name, count in Counter(columns).items() if count > 1]:
        raise ShopStreamError(f"two columns are called {', '.join(twice)}: give them names of their own for --json")
    to.write("[")
    for number, row in enumerate(rows):
        values = dict(zip(columns, map(_finite, row), strict=True))
        document = json.dumps(values, default=_as_json, ensure_ascii=False, allow_nan=False)
        to.write(f"{',' if number else ''}\n{document}")
    to.write("\n]\n")


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they are texts."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _as_json(value: Any) -> Any:
    match value:
        case Decimal():
            return _number(value)
        case datetime() | date() | time():
            return value.isoformat()
        case bytes() | bytearray():
            return value.hex()
        case _:
            return str(value)


def _number(value: Decimal) -> int | float | str:
    """A JSON number if it keeps every digit, else a text."""
    if value.is_finite() and value == value.to_integral_value():
        return int(value)
    nearest = float(value)
    return nearest if Decimal(repr(nearest)) == value else str(value)


class _Terminal:
    """Standard output where it is a terminal: what would steer it is spelt out. A pipe gets data as they are."""

    def write(self, text: str) -> int:
        return sys.stdout.write(visible(text))


def _stream() -> Writable:
    return _Terminal() if sys.stdout.isatty() else sys.stdout
