"""`shopstream forget`: a person's data go from everything that the platform holds."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from shopstream_platform.cli.console import console
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import Settings

if TYPE_CHECKING:
    from shopstream_platform.pipeline.forget.places import Found, Places
    from shopstream_platform.pipeline.forget.record import Done, Work

STDIN = "-"
EMAIL, USER_ID = "e-mail", "user id"
SHOWN = 20


def forget(
    email: Annotated[str | None, typer.Option(help="The person's address; - takes it from stdin.")] = None,
    user_id: Annotated[int | None, typer.Option(min=0, help="The number of the person's account.")] = None,
    case: Annotated[str | None, typer.Option(help="Your name of the case, in the record that stays.")] = None,
    at_source: Annotated[bool, typer.Option("--at-source", help="Erase in the simulated shop first.")] = False,
    overwritten: Annotated[
        bool, typer.Option("--overwritten", help="What the source's rows of the account hold now is not the person's.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is held where, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    list_cases: Annotated[bool, typer.Option("--list", help="Show what was forgotten, and what is not done.")] = False,
) -> None:
    """Erase a person's data everywhere: RAW, history, marts, lake with old versions, pages, logs, run history."""
    from shopstream_platform.pipeline.forget import record
    from shopstream_platform.pipeline.forget.exclusion import alone
    from shopstream_platform.pipeline.forget.person import normal
    from shopstream_platform.pipeline.forget.places import Places

    settings = load_settings()
    if list_cases:
        _print_cases(record.finished(settings.home), record.unfinished(settings.home))
        return
    if email == STDIN:
        email = sys.stdin.readline()
    if (email is None) == (user_id is None) or (email is not None and not email.strip()):
        raise ShopStreamError("say whom to forget: --email ADDRESS or --user-id N (--list shows what was forgotten)")
    kind, asked = (EMAIL, normal(email)) if email is not None else (USER_ID, str(user_id))
    with alone(settings.home, lambda other: console.print(f"waiting for {escape(other)} to end what it writes")):
        work, places = record.begin(settings.home, kind, asked, case), Places(settings)
        with places.bucket.translated():
            _forget(places, work, at_source=at_source, overwritten=overwritten, dry_run=dry_run, yes=yes)


def _forget(places: "Places", work: "Work", *, at_source: bool, overwritten: bool, dry_run: bool, yes: bool) -> None:
    from shopstream_platform.cli.refresh import bring_up_to_date
    from shopstream_platform.pipeline.forget import erase, record
    from shopstream_platform.pipeline.forget.places import SOURCE

    settings = places.settings
    with console.status("looking everywhere"):
        _gather(places, work, record.finished(settings.home), overwritten=overwritten)
        found = places.look(work.person)
    resumed = bool(work.counts)
    _print_plan(found)
    if not found.is_anywhere and not resumed and not record.unfinished(settings.home):
        console.print("Nothing of this person was found; nothing was changed.")
        return
    if found.at_source.held:
        _check_source(settings, found, at_source=at_source)
    if dry_run:
        console.print("Nothing was changed.")
        return
    if not yes and not typer.confirm("Erase all of this? It cannot be brought back."):
        raise typer.Exit(1)
    # Before anything is erased: what tells what to look for is erased too.
    work.counts.setdefault(SOURCE, 0)
    record.save(settings.home, work)
    names = places.distinctive(work.person)
    if found.at_source.held:
        erase.erase_at_source(settings, work, found.at_source.held)
    bring_up_to_date(settings, window_days=None, dry_run=False, accept_deletes=False)
    with console.status("erasing"):
        found = places.look(work.person, names)
        erase.erase_history(places, work, found)
        erase.erase_in_lake(places, work, found)
        erase.erase_in_files(places, work, found)
        erase.write_anew(places)
    _prove(places, work, names)


def _gather(places: "Places", work: "Work", done: "list[Done]", *, overwritten: bool) -> None:
    from shopstream_platform.pipeline.forget.person import ACCOUNTS, ADDRESSES

    if work.kind == EMAIL:
        work.person.asked = {work.asked}
        for name in ADDRESSES:
            work.person.values.setdefault(name, set()).add(work.asked)
    else:
        work.person.add_id(ACCOUNTS, int(work.asked))
    if others := places.gather(work.person, done, overwritten=overwritten):
        numbers = ", ".join(map(str, sorted(others)))
        raise ShopStreamError(
            f"an address of this person is or was that of another account too ({numbers}): if it is the same person, "
            "forget each account by --user-id after the address was changed at the source; nothing was changed"
        )


def _check_source(settings: Settings, found: "Found", *, at_source: bool) -> None:
    """The platform's own shop may be changed, if it is told so; somebody else's source never is."""
    from shopstream_platform.pipeline.simulated import ensure_own_source
    from shopstream_platform.services import resolve
    from shopstream_platform.stores.postgres import connect

    rows = "; ".join(map(str, found.at_source.held[:SHOWN]))
    if settings.oltp.source == "external":
        advice = (
            "delete the row or overwrite these columns there, then run the command again; if they are overwritten and "
            "were loaded since, add --overwritten"
        )
        if at_source:
            advice = f"--at-source is for the simulated shop, the platform never writes to a source: {advice}"
    elif not at_source:
        advice = "run the command again with --at-source, which overwrites these columns in the simulated shop"
    else:
        with connect(resolve.postgres(settings).dsn) as conn:
            allow_foreign = settings.oltp.allow_foreign_source
            ensure_own_source(conn, embedded=settings.postgres_is_embedded, allow_foreign=allow_foreign)
        return
    raise ShopStreamError(
        f"the source still holds the person, and the next refresh would bring the data back. {rows}. "
        f"Nothing was changed: {advice}"
    )


def _prove(places: "Places", work: "Work", names: set[str]) -> None:
    """Look everywhere again; only then is the case closed."""
    from shopstream_platform.pipeline.forget import record
    from shopstream_platform.pipeline.forget.places import SERVERS

    with console.status("looking everywhere again"):
        found = places.look(work.person, names)
        places.look_into_servers(found)
    for place, lines in found.lines.items():
        searched = found.searched.get(place)
        if not lines:
            console.print(f"  nothing found in: {place}{f' ({searched})' if searched else ''}", soft_wrap=True)
    _print_lines({place: lines for place, lines in found.lines.items() if lines}, "still found in")
    for line in _not_looked_at(places.settings):
        console.print(f"  not looked at: {escape(line)}", soft_wrap=True)
    if found.is_anywhere:
        where = "; ".join(place for place, lines in found.lines.items() if lines)
        advice = "run the command again"
        if SERVERS in where:
            advice += " (files of servers are written anew each time)"
        # Tables that are kept aside, and those of other sources, have it in their names.
        if any("__" in line for lines in found.lines.values() for line in lines):
            advice += (
                "; what was kept aside in RAW goes by `shopstream migrate --drop-old`, and what another source holds "
                "by deleting it there and `shopstream refresh`"
            )
        raise ShopStreamError(f"something of the person is left ({where}): {advice}; case {work.case} stays open")
    closed = record.finish(places.settings.home, work, found.at_source.accepted)
    console.print(f"Forgotten: case {closed.case}. `shopstream forget --list` shows the record.")


def _print_plan(found: "Found") -> None:
    _print_lines({place: lines for place, lines in found.lines.items() if lines}, "held in")


def _print_lines(lines: Mapping[str, Sequence[str]], verb: str) -> None:
    for place, some in lines.items():
        console.print(f"  {verb} {place}: {len(some):,}", soft_wrap=True)
        for line in some[:SHOWN]:
            console.print(f"    {escape(line)}", soft_wrap=True)
        if len(some) > SHOWN:
            console.print(f"    and {len(some) - SHOWN:,} more")


def _not_looked_at(settings: Settings) -> list[str]:
    """What is out of reach; docs/forget.md says until when it stays."""
    from shopstream_platform.contract.tables import SOURCES

    lines = [f"the database of source {source.name}, and its folder in the lake" for source in SOURCES]
    lines.append(
        "parts of long texts and of documents in the warehouse (the lake's objects, from which they came, were)"
    )
    if not settings.warehouse_is_embedded:
        lines.append("Snowflake's Time Travel and Fail-safe, and results that it keeps for a day")
    if not settings.lake_is_embedded:
        lines.append("replicas and backups of the bucket")
    if settings.oltp.source == "external":
        lines.append("the source's write-ahead log and backups")
    if settings.is_deployed:
        lines.append("the Dagster instance's database and compute logs")
    return [*lines, "backups of this machine, other machines' homes, receivers of alerts"]


def _print_cases(finished: "Sequence[Done]", open_cases: "Sequence[Work]") -> None:
    for done in finished:
        counts = ", ".join(f"{place}: {number:,}" for place, number in done.counts.items() if number) or "nothing held"
        console.print(f"{done.case}  by {done.kind}  done {done.finished_at}  {counts}", soft_wrap=True)
    for work in open_cases:
        console.print(f"{work.case}  by {work.kind}  NOT DONE, begun {work.began_at}: run it again", soft_wrap=True)
    if not finished and not open_cases:
        console.print("Nobody was forgotten.")
