"""The simulator: makes up the business of days, a history at once or one more day at a time."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.simulator import shop as shops
from shopstream_platform.simulator.day import simulate_day
from shopstream_platform.simulator.errors import HistoryWithGaps, PastDay
from shopstream_platform.simulator.history import Progress, load_history
from shopstream_platform.simulator.schema import Schema, refuse_foreign_rows
from shopstream_platform.simulator.shop import Shop

# Held by a transaction that simulates, so that two of them queue. Any number that nobody else takes.
_ADVISORY_LOCK = 7_467_732_611


@dataclass
class SimulationSummary:
    """What a call of `simulate` did: days made, rows inserted and rows updated by table, seconds it took."""

    days: list[date] = field(default_factory=list)
    inserted: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def __str__(self) -> str:
        if not self.days:
            return "every day exists already"
        rows = ", ".join(f"{count:,} {table}" for table, count in self.inserted.items())
        return f"{len(self.days)} days, {self.days[0]} to {self.days[-1]}: {rows} in {self.seconds:.1f} s"


def simulate(
    connection: Connection,
    schema: Schema,
    days: Sequence[date],
    *,
    scale: float,
    seed: int,
    progress: Progress | None = None,
) -> SimulationSummary:
    """Make sure that the days exist in the shop; days that do are left as they are.

    The first call founds the shop: its days must be contiguous and become its history, in one transaction. Later
    calls move forward, one transaction per day. The connection's own transaction, if it is in one, is committed.

    Raises PastDay for a missing day before the newest one, HistoryWithGaps for a first call whose days have gaps, and
    ForeignRows for a database whose tables somebody else has filled.
    """
    begin, wanted, summary = time.perf_counter(), sorted(set(days)), SimulationSummary()
    report = progress or _silent
    if wanted and not _found_shop(connection, schema, wanted, scale, seed, report, summary):
        for number, day in enumerate(wanted):
            _move_on(connection, schema, day, scale, seed, summary)
            report("days", number + 1, len(wanted))
    summary.seconds = time.perf_counter() - begin
    return summary


def newest_day(connection: Connection) -> date | None:
    """The newest simulated day; None if nothing is simulated yet."""
    with connection.cursor() as cursor:
        return max(shops.days(cursor), default=None) if shops.exists(cursor) else None


def ensure_own_tables(connection: Connection, schema: Schema) -> None:
    """Raise ForeignRows if the tables hold rows that the simulator did not make."""
    with connection.cursor() as cursor:
        if not shops.exists(cursor):
            refuse_foreign_rows(cursor, schema)


def _found_shop(
    connection: Connection,
    schema: Schema,
    days: list[date],
    scale: float,
    seed: int,
    progress: Progress,
    summary: SimulationSummary,
) -> bool:
    """Make the days the history of a new shop; False if there is a shop already."""
    with connection, connection.cursor() as cursor:
        _take_turn(cursor)
        if shops.exists(cursor):
            return False
        refuse_foreign_rows(cursor, schema)
        _refuse_gaps(days)
        shop = Shop.founded(days, seed)
        shops.found(cursor, shop)
        summary.inserted.update(load_history(cursor, schema, shop, days, scale, progress))
        shops.remember_days(cursor, days, seed=seed, scale=scale, created_by="history")
        summary.days.extend(days)
        return True


def _move_on(
    connection: Connection, schema: Schema, day: date, scale: float, seed: int, summary: SimulationSummary
) -> None:
    """Add one day unless it exists."""
    with connection, connection.cursor() as cursor:
        _take_turn(cursor)
        existing = shops.days(cursor)
        if day in existing:
            return
        newest = max(existing)
        if day < newest:
            raise PastDay(
                f"{day} lies before the newest simulated day {newest}: the simulator only moves forward; "
                f"choose days from {newest + timedelta(days=1)} on"
            )
        inserted, updated = simulate_day(cursor, schema, shops.remembered(cursor), day, scale=scale, seed=seed)
        shops.remember_days(cursor, [day], seed=seed, scale=scale, created_by="day")
    summary.days.append(day)
    summary.inserted.update(inserted)
    summary.updated.update(updated)


def _take_turn(cursor: Cursor) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


def _refuse_gaps(days: list[date]) -> None:
    for before, after in pairwise(days):
        if after - before != timedelta(days=1):
            raise HistoryWithGaps(
                f"A new shop's history has no gaps, but {before} is followed by {after}: "
                f"ask for all days from {days[0]} to {days[-1]} in one range"
            )


def _silent(_what: str, _done: int, _total: int) -> None:
    pass
