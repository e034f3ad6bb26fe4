"""`shopstream source add` and `check`: bring a database, and compare it later with what is declared."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from shopstream_platform.cli.console import console
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import checkout

app = typer.Typer(help="Databases beside the shop's: bring one, compare it later.", no_args_is_help=True)

# As in intake/propose.py, which is imported late.
DAILY_FROM = 10_000


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What it is called here: lower-case letters, digits, single _.")],
    dsn_env: Annotated[str, typer.Option("--dsn-env", help="The variable that holds its connection string.")],
    schema: Annotated[list[str] | None, typer.Option(help="Only this schema; may be repeated.")] = None,
    table: Annotated[
        list[str] | None, typer.Option(help="Only tables like this: 'public.*', 'order*'; may be repeated.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="No tables like this; may be repeated.")] = None,
    daily_from: Annotated[
        int, typer.Option(min=0, help="A table of fewer rows is a snapshot, and is not cut into days.")
    ] = DAILY_FROM,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is proposed, write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Inspect a PostgreSQL database and write its declaration and dbt models, for you to go on editing."""
    from shopstream_platform.cli.source.adding import Wishes, ask, propose_for
    from shopstream_platform.cli.source.show import print_proposal
    from shopstream_platform.config.source_dsn import source_connection
    from shopstream_platform.intake.render.files import files
    from shopstream_platform.intake.write import check_free, write

    load_settings()
    place = _checkout()
    _check_names(name, dsn_env)
    check_free(place, name)
    wishes = Wishes(tuple(schema or ()), tuple(table or ()), tuple(exclude or ()), daily_from)
    with console.status("looking at the database"):
        look = propose_for(name, source_connection(name, dsn_env), wishes)
    proposal = look.proposal()
    print_proposal(console, proposal)
    if not proposal.tables:
        raise ShopStreamError(f"nothing of the database can be declared{look.why_nothing()}")
    if dry_run:
        console.print("Nothing was written.")
        return
    if not yes:
        proposal = ask(console, look, proposal)
    written = files(proposal, dsn_env)
    write(place, name, written)
    _say_what_next(name, [place / path for path in written], place)


@app.command()
def check(
    name: Annotated[str | None, typer.Argument(help="A declared source; without it, all of them.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")] = False,
) -> None:
    """Compare databases with what is declared of them; exit code 1 if something declared cannot be loaded."""
    from shopstream_platform.cli.source.checking import checked_sources, print_checked
    from shopstream_platform.contract.tables import SOURCES

    load_settings()
    known = {source.name: source for source in SOURCES}
    if name is not None and name not in known:
        have = f"declared are {', '.join(known)}" if known else "none is declared (`shopstream source add` brings one)"
        raise ShopStreamError(f"there is no source {name}: {have}")
    found = checked_sources([known[name]] if name else list(known.values()))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        print_checked(console, found)
    if any(not one.loads for one in found):
        raise typer.Exit(1)


def _checkout() -> Path:
    place = checkout()
    if place is None:
        raise ShopStreamError(
            "a source is declared in a clone of the repository, and this is an installed package: run "
            "`shopstream source add` in a clone, and install that"
        )
    return place


def _check_names(name: str, dsn_env: str) -> None:
    from shopstream_platform.contract.source import Source
    from shopstream_platform.intake.variable import is_for_a_source

    try:
        Source(name, dsn_env, ())
    except ValueError as error:
        raise ShopStreamError(str(error)) from None
    if not is_for_a_source(dsn_env):
        raise ShopStreamError(
            f"{dsn_env} cannot hold the connection string of a source: name a variable of capital letters, digits and "
            f"_ that no other program reads, such as {name.upper()}_DSN"
        )


def _say_what_next(name: str, written: list[Path], place: Path) -> None:
    declaration = written[-1].relative_to(place)
    models = written[0].parent.relative_to(place)
    console.print(f"\nWritten: {len(written)} files.", soft_wrap=True)
    console.print(f"  {escape(str(declaration))}: what is loaded; edit it", soft_wrap=True)
    console.print(f"  {escape(str(models))}: dbt's source, and a staging model for each table", soft_wrap=True)
    console.print("Next:", soft_wrap=True)
    console.print("  shopstream refresh   loads it and builds the models", soft_wrap=True)
    console.print("  shopstream dev       shows it in the asset graph", soft_wrap=True)
    console.print(f"  shopstream source check {name}   compares the two later", soft_wrap=True)
    console.print(f"To undo: delete {escape(str(declaration))} and {escape(str(models))}.", soft_wrap=True)
