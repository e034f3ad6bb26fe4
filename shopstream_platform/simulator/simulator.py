"""The simulator: makes up the business of days, a history at once or one more day at a time."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.simulator import shop as shops
from shopstream_platform.simulator.day import live_day, simulate_day
from shopstream_platform.simulator.errors import HistoryWithGaps, NotYet, PastDay
from shopstream_platform.simulator.history import Progress, load_history
from shopstream_platform.simulator.running import Running, end_of_day, running
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
    running: datetime | None = None

    def add(self, day: date, inserted: Counter[str], updated: Counter[str]) -> None:
        """Take in one day."""
        self.days.append(day)
        self.inserted.update(inserted)
        self.updated.update(updated)

    def __str__(self) -> str:
        if not self.days:
            return "every day exists already"
        rows = ", ".join(f"{count:,} {table}" for table, count in self.inserted.items())
        which = "the last one " if len(self.days) > 1 else ""
        lived = f", {which}up to {self.running:%H:%M}" if self.running else ""
        first, last, number = self.days[0], self.days[-1], len(self.days)
        extent = f"{number} days, {first} to {last}" if number > 1 else f"1 day, {first}"
        return f"{extent}{lived}: {rows} in {self.seconds:.1f} s"


def simulate(
    connection: Connection,
    schema: Schema,
    days: Sequence[date],
    *,
    scale: float,
    seed: int,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> SimulationSummary:
    """Make sure that the days exist in the shop; days that do are left as they are.

    The first call founds the shop: its days must be contiguous and become its history, in one transaction. Later
    calls move forward, one transaction per day. The day of `now`, the moment in the shop's own time, is lived up to
    that moment, and its rest by a later call; without `now` every day is over. The connection's own transaction, if it
    is in one, is committed.

    Raises PastDay for a missing day before the newest one, NotYet for a day after `now`, or where the history of a new
    shop would have no day that is over, HistoryWithGaps for a first call whose days have gaps, and ForeignRows for a
    database whose tables somebody else has filled.
    """
    begin, wanted, summary = time.perf_counter(), sorted(set(days)), SimulationSummary()
    report = progress or _silent
    if now and wanted and wanted[-1] > now.date():
        raise NotYet(f"{wanted[-1]} has not begun in the shop, where it is {now:%Y-%m-%d %H:%M}: choose earlier days")
    whole = [day for day in wanted if now is None or end_of_day(day) <= now]
    if wanted and not _found_shop(connection, schema, whole, scale, seed, report, summary):
        for number, day in enumerate(whole):
            _move_on(connection, schema, day, scale, seed, summary)
            report("days", number + 1, len(whole))
    if now and now.date() in wanted:
        _live(connection, schema, now, scale, seed, summary)
    summary.seconds = time.perf_counter() - begin
    return summary


def running_day(connection: Connection) -> Running | None:
    """The day that was begun and not lived to its end; None if there is none."""
    with connection.cursor() as cursor:
        return running(cursor)


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
        if not days:
            raise NotYet("a new shop begins with days that are over: choose earlier days too")
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
    """Add one day unless it exists; what is running before it is lived to its end first."""
    with connection, connection.cursor() as cursor:
        _take_turn(cursor)
        existing = shops.days(cursor)
        if day in existing:
            return
        _end_running(cursor, schema, day, summary)
        existing = shops.days(cursor)
        if day in existing:
            return
        _refuse_past(day, max(existing))
        inserted, updated = simulate_day(cursor, schema, shops.remembered(cursor), day, scale=scale, seed=seed)
        shops.remember_days(cursor, [day], seed=seed, scale=scale, created_by="day")
        summary.add(day, inserted, updated)


def _live(
    connection: Connection, schema: Schema, now: datetime, scale: float, seed: int, summary: SimulationSummary
) -> None:
    """Live through the running day up to now, unless that has been done."""
    day = now.date()
    with connection, connection.cursor() as cursor:
        _take_turn(cursor)
        _end_running(cursor, schema, day - timedelta(days=1), summary)
        existing, begun = shops.days(cursor), running(cursor)
        if day in existing or (begun and begun.lived_to >= now):
            return
        _refuse_past(day, max(existing))
        shop = shops.remembered(cursor)
        summary.add(day, *live_day(cursor, schema, shop, begun, day, now, scale=scale, seed=seed))
        summary.running = now


def _end_running(cursor: Cursor, schema: Schema, last: date, summary: SimulationSummary) -> None:
    """Live through the day that is running to its end, if it is `last` or before it."""
    begun = running(cursor)
    if begun is None or begun.day > last:
        return
    own = {"scale": begun.scale, "seed": begun.seed}
    changed = live_day(cursor, schema, shops.remembered(cursor), begun, begun.day, end_of_day(begun.day), **own)
    shops.remember_days(cursor, [begun.day], **own, created_by="life")
    summary.add(begun.day, *changed)


def _refuse_past(day: date, newest: date) -> None:
    if day < newest:
        raise PastDay(
            f"{day} lies before the newest simulated day {newest}: the simulator only moves forward; "
            f"choose days from {newest + timedelta(days=1)} on"
        )


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
