"""Tables for people: numbers to the right, nothing broken inside a word; a row a block where a table is too wide."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from shopstream_platform.cli.console import cell

# Wider text than this is wrapped at its words before a table is given up for blocks.
WIDEST_TEXT = 40
GAP = 2
UNBROKEN = (int, float, Decimal, date, time)


def table_of(*columns: str, numbers: Collection[str] = ()) -> Table:
    """A table for the terminal, with these columns; those of numbers are aligned to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(cell(column), justify="right" if column in numbers else "left", overflow="fold")
    return table


def print_rows(console: Console, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A result as a table; as blocks of `column  value` where the terminal is too narrow for it."""
    found = [list(row) for row in rows]
    table = table_of()
    needed = GAP * (len(columns) - 1)
    for number, column in enumerate(columns):
        values = [row[number] for row in found if row[number] is not None]
        numeric = bool(values) and all(isinstance(value, (int, float, Decimal)) for value in values)
        width = max(cell_len(text) for text in (cell(column), *map(cell, values)))
        unbroken = width <= WIDEST_TEXT or all(isinstance(value, UNBROKEN) for value in values)
        needed += width if unbroken else WIDEST_TEXT
        table.add_column(cell(column), justify="right" if numeric else "left", no_wrap=unbroken, overflow="fold")
    for row in found:
        table.add_row(*map(_shown, row))
    if found and needed > console.width:
        _print_blocks(console, columns, found)
    else:
        console.print(table)


def _print_blocks(console: Console, columns: Sequence[str], rows: list[list[Any]]) -> None:
    """One block a row, as psql's expanded display."""
    for number, row in enumerate(rows, start=1):
        console.print(f"[bold]row {number:,}[/]")
        block = Table.grid(padding=(0, 2))
        for column, value in zip(columns, row, strict=True):
            block.add_row(cell(column), _shown(value))
        console.print(block)


def _shown(value: Any) -> str:
    return "NULL" if value is None else cell(value)
