"""A proposal for the terminal: what would be declared, and what would be left out with its reason."""

from collections.abc import Iterator

from rich.console import Console

from shopstream_platform.cli.console import cell
from shopstream_platform.cli.tables import table_of
from shopstream_platform.intake.proposal import ByOwnDay, ByParentsDay, Proposal, ProposedTable


def print_proposal(console: Console, proposal: Proposal) -> None:
    """The tables, their notes, personal columns, and all that is left out."""
    if proposal.tables:
        shown = table_of("table", "kind", "rows", "size", "key", "days", "columns", numbers=("rows", "size"))
        for table in proposal.tables:
            shown.add_row(*map(cell, _row(table)))
        console.print(shown)
    _print_lines(console, "Called otherwise here", [line for table in proposal.tables for line in _renamed(table)])
    whys = dict.fromkeys(table.why for table in proposal.tables if table.partition is None)
    together = [(why, ", ".join(t.relation.label for t in proposal.tables if _is_snapshot(t, why))) for why in whys]
    snapshots = sum(table.partition is None for table in proposal.tables)
    _print_lines(console, "Full snapshots each time, not cut into days", together, snapshots)
    _print_lines(console, "To know", [(t.relation.label, note) for t in proposal.tables for note in _notes(t)])
    personal = [(t.relation.label, ", ".join(c.found.name for c in t.columns if c.pii)) for t in proposal.tables]
    _print_lines(
        console,
        "Probably personal, by their names alone (pii=True in the declaration; check it)",
        [(label, names) for label, names in personal if names],
    )
    left_out = [(f"{t.relation.label}.{one.name}", one.reason) for t in proposal.tables for one in t.left_out]
    _print_lines(console, "Left out", [*left_out, *((one.name, one.reason) for one in proposal.left_out)])


def _row(table: ProposedTable) -> tuple[str, ...]:
    relation = table.relation
    rows = "?" if relation.rows is None else f"{relation.rows:,}"
    columns = f"{len(table.columns)} of {len(relation.columns)}"
    key = ", ".join(table.key) or "none"
    kind = relation.kind.words
    return (relation.label, kind, rows, _size(relation.bytes), key, _days(table), columns)


def _renamed(table: ProposedTable) -> Iterator[tuple[str, str]]:
    label = table.relation.label
    if table.name != table.relation.name:
        yield label, table.full_name
    for column in table.columns:
        if column.name != column.found.name:
            yield f"{label}.{column.found.name}", column.name


def _is_snapshot(table: ProposedTable, why: str) -> bool:
    return table.partition is None and table.why == why


def _days(table: ProposedTable) -> str:
    match table.partition:
        case ByOwnDay(column):
            return f"by {column}"
        case ByParentsDay(parent, via):
            return f"of {parent}, by {via}"
        case None:
            return "snapshot"


def _notes(table: ProposedTable) -> list[str]:
    measured = [
        f"{column.found.name} becomes NUMBER{column.digits}; {column.note}" for column in table.columns if column.note
    ]
    partition = [f"by day: {table.why}"] if isinstance(table.partition, ByOwnDay) and ";" in table.why else []
    return [*table.notes, *partition, *measured]


def _print_lines(console: Console, title: str, lines: list[tuple[str, str]], number: int | None = None) -> None:
    """The lines below their title; `number` is what they stand for, if a line may stand for several."""
    if lines:
        console.print(f"\n[bold]{title}[/]: {len(lines) if number is None else number:,}", soft_wrap=True)
    for name, text in lines:
        console.print(f"  {cell(name)}: {cell(text)}", soft_wrap=True)


def _size(number: int) -> str:
    if not number:
        return "-"
    return f"{number / 2**20:,.1f} MB" if number >= 2**20 else f"{number / 1024:,.0f} kB"
