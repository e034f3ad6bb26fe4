"""`shopstream migrate`: what RAW has otherwise than declared, and what a person decides about it."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from shopstream_platform.cli.console import console
from shopstream_platform.config.load import load_settings

if TYPE_CHECKING:
    from shopstream_platform.contract.raw_changes import Change


def migrate(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Drop columns and tables of RAW that are not declared, with their data.")
    ] = False,
) -> None:
    """Bring tables of RAW to the declaration where values are renamed, kept aside or, with --drop-old, dropped."""
    from shopstream_platform.contract.tables import TABLES
    from shopstream_platform.pipeline.evolve.raw import apply, changes_of, wanted
    from shopstream_platform.pipeline.upgrade.warehouse import open_warehouse
    from shopstream_platform.services import resolve
    from shopstream_platform.stores.warehouse import open_session

    settings = load_settings()
    with open_session(resolve.warehouse(settings), layer="migrate") as warehouse:
        for sentence in open_warehouse(warehouse):
            console.print(f"  {escape(sentence)}", soft_wrap=True)
        changes = changes_of(warehouse, TABLES)
        _print(changes, drop_old=drop_old)
        due = wanted(changes, drop_old=drop_old)
        if not due:
            console.print("Nothing to do.")
            return
        if not yes and not typer.confirm(f"Change RAW ({len(due)})?"):
            raise typer.Exit(1)
        for sentence in apply(warehouse, due):
            console.print(f"  {escape(sentence)}", soft_wrap=True)
    console.print("Run `shopstream refresh`: it loads what has to be loaded again, and no more.")


def _print(changes: "list[Change]", *, drop_old: bool) -> None:
    from rich.table import Table as Grid

    from shopstream_platform.contract.raw_changes import ASKED, AUTOMATIC, LOSING

    if not changes:
        console.print("RAW is as declared.")
        return
    grid = Grid(title="RAW, as found and as declared")
    for title in ("table", "column", "what", "when"):
        # A name is never shortened: what is dropped has to be readable.
        grid.add_column(title, overflow="fold")
    for change in changes:
        if change.what in AUTOMATIC:
            when = "now, or by itself before the next load"
        elif change.what in ASKED:
            when = "now"
        elif change.what in LOSING:
            when = "now: its data is dropped" if drop_old else "with --drop-old, which drops its data"
        else:
            when = "nothing to do"
        grid.add_row(*(escape(text) for text in (change.table, change.column, change.undecided, when)))
    console.print(grid)
