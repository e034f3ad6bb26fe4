"""From a look at a database to the proposal that somebody agrees to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import typer
from rich.console import Console

from shopstream_platform.cli.console import cell
from shopstream_platform.config.connections import PostgresConnection
from shopstream_platform.intake.found import Inspection, Relation
from shopstream_platform.intake.inspect import inspect
from shopstream_platform.intake.measure import Measured, measured
from shopstream_platform.intake.proposal import Proposal
from shopstream_platform.intake.propose import Choices, propose
from shopstream_platform.pipeline.extract.schema import check_server
from shopstream_platform.stores.postgres import snapshot


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for: schemas, patterns of tables, and from how many rows on one is cut into days."""

    schemas: tuple[str, ...]
    tables: tuple[str, ...]
    excluded: tuple[str, ...]
    daily_from: int

    def unwanted(self, relations: Iterable[Relation]) -> dict[int, str]:
        """The relations that were not asked for, with the option that says so."""
        reasons: dict[int, str] = {}
        for relation in relations:
            if self.tables and not _matches(relation, self.tables):
                reasons[relation.oid] = "not asked for by --table"
            elif _matches(relation, self.excluded):
                reasons[relation.oid] = "left out by --exclude"
        return reasons


@dataclass(frozen=True)
class Look:
    """What was found, and what is wanted of it."""

    source: str
    found: Inspection
    measured: Measured
    choices: Choices

    def proposal(self) -> Proposal:
        """What is proposed."""
        return propose(self.source, self.found, self.measured, self.choices)

    def why_nothing(self) -> str:
        """What may be the matter if nothing is proposed at all."""
        if not self.found.relations:
            return ": it has no table or view that this role can see"
        return ", for the reasons above"


def propose_for(source: str, connection: PostgresConnection, wishes: Wishes) -> Look:
    """Look at the database; nothing is read of tables that are not wanted. Raises ShopStreamError."""
    with snapshot(connection.dsn, setting=connection.setting) as conn:
        check_server(conn)
        found = inspect(conn, wishes.schemas)
        unwanted = wishes.unwanted(found.relations)
        digits = measured(conn, (one for one in found.relations if one.oid not in unwanted and one.readable))
    return Look(source, found, digits, Choices(unwanted, daily_from=wishes.daily_from))


def ask(console: Console, look: Look, proposal: Proposal) -> Proposal:
    """The proposal as somebody wants it. Ends the command with exit code 1 if nothing of it is wanted."""
    number = len(proposal.tables)
    answer = _answer(console, f"Declare these {number} tables? [y]es, [t]able by table, [n]o", ("y", "t", "n"))
    if answer == "y":
        return proposal
    if answer == "t":
        proposal = _table_by_table(console, look, proposal)
    if answer == "n" or not proposal.tables:
        console.print("Nothing was written.")
        raise typer.Exit(1)
    return proposal


def _table_by_table(console: Console, look: Look, proposal: Proposal) -> Proposal:
    unwanted, snapshots = dict(look.choices.unwanted), set(look.choices.snapshots)
    console.print("For each table: [bold]y[/] as proposed, [bold]s[/] as a snapshot, [bold]n[/] not at all.")
    for table in proposal.tables:
        offered = ("y", "s", "n") if table.partition else ("y", "n")
        console.print(f"{cell(table.relation.label)} as {cell(table.full_name)}", soft_wrap=True)
        answer = _answer(console, f"  declare it? ({', '.join(offered)})", offered)
        if answer == "n":
            unwanted[table.relation.oid] = "not wanted"
        elif answer == "s":
            snapshots.add(table.relation.oid)
    # Anew: a table's parent or the table that it refers to may no longer be among them.
    choices = replace(look.choices, unwanted=unwanted, snapshots=snapshots)
    return replace(look, choices=choices).proposal()


def _answer(console: Console, question: str, offered: tuple[str, ...]) -> str:
    """One of what is offered; the first of it if nothing was typed in."""
    while (answer := typer.prompt(question, default=offered[0]).strip().lower()) not in offered:
        console.print(f"Answer one of {', '.join(offered)}.")
    return answer


def _matches(relation: Relation, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (relation.label, relation.name))
