"""What the home holds beside the services: how much, how old, and what bounds it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from shopstream_platform.cli.tables import table_of
from shopstream_platform.config.files import files_below
from shopstream_platform.config.settings import Settings
from shopstream_platform.dbt.project import INVOCATIONS_KEPT, MANIFEST
from shopstream_platform.pipeline.housekeeping.record import days_of_files, last_sweep


@dataclass(frozen=True)
class Holding:
    """Files of one kind. `bound` says what keeps them from growing."""

    what: str
    folder: Path
    bound: str


@dataclass(frozen=True)
class Held:
    """What lies there of one kind: bytes, number of files, when the oldest of them was written."""

    what: str
    bytes_on_disk: int
    files: int
    oldest: datetime
    kept: str


def held_in(settings: Settings) -> list[Held]:
    """What the home holds, kind by kind; kinds of which there is nothing are left out."""
    found = []
    for holding in _holdings(settings.home, f"{days_of_files(settings.operation):g} days"):
        if files := list(files_below(holding.folder)):
            oldest = datetime.fromtimestamp(min(file.st_mtime for file in files), UTC)
            size = sum(file.st_size for file in files)
            found.append(Held(holding.what, size, len(files), oldest, holding.bound))
    return found


def print_holdings(console: Console, settings: Settings) -> None:
    """One line a kind of files: size, number, the oldest; then when what is old was dropped last."""
    table = table_of("in the home", "on disk", "files", "oldest", "kept")
    for held in held_in(settings):
        size = f"{held.bytes_on_disk / 2**20:,.1f} MiB"
        table.add_row(held.what, size, f"{held.files:,}", f"{held.oldest:%Y-%m-%d}", held.kept)
    if table.row_count:
        console.print()
        console.print(table)
        swept = last_sweep(settings.home)
        when = f"{swept.astimezone():%Y-%m-%d %H:%M}" if swept else "never yet: the first run notes the day"
        console.print(f"what is old was dropped last: {when}", soft_wrap=True)


def _holdings(home: Path, days: str) -> list[Holding]:
    of_runs = f"with their runs: until a later run supersedes them, then {days}"
    return [
        Holding("lake", home / "object_store" / "data", f"current versions for ever, replaced ones {days}"),
        Holding("shop and run history", home / "postgres" / "data", f"rows for ever, superseded runs {days}"),
        Holding("warehouse", home / "warehouse" / "data", "follows the data"),
        Holding("compute logs", home / "dagster" / "storage", of_runs),
        Holding("logs", home / "logs", f"the newest 20 MB of each, tracebacks {days}"),
        Holding("dashboards", home / "dashboards", "the newest of each page"),
        Holding("dbt documentation", home / "docs", "the newest"),
        Holding("dbt artifacts", MANIFEST.parent, f"the newest {INVOCATIONS_KEPT} invocations"),
    ]
