"""`shopstream live`: the simulated shop lives through the running day, minute by minute."""

import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from shopstream_platform.cli.console import console
from shopstream_platform.cli.own_shop import own_shop
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import Source
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import now_at_source

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from shopstream_platform.simulator.simulator import SimulationSummary

# How often something happens at most: a slow shop moves every minute of its own, a fast one every second of ours.
MINUTE_SECONDS, SHORTEST_PAUSE = 60.0, 1.0
A_MINUTE = timedelta(minutes=1)
# Table -> what a new row of it is, and what a changed one; one of them, and several.
NEW = {
    "orders": ("order", "orders"),
    "order_items": ("order line", "order lines"),
    "events": ("event", "events"),
    "users": ("signup", "signups"),
    "crm_contacts": ("contact", "contacts"),
}
MOVED = {
    "orders": ("order moved on", "orders moved on"),
    "crm_contacts": ("contact converted", "contacts converted"),
}


def live(
    speed: Annotated[
        float, typer.Option(min=0.01, max=100_000, help="Minutes of the shop in one minute of the clock.")
    ] = 1.0,
    minutes: Annotated[
        int | None, typer.Option(min=1, help="End after so many minutes of the shop (default: Ctrl-C ends it).")
    ] = None,
) -> None:
    """Let the simulated shop live: orders, events and status moves of the running day, as the day goes by."""
    settings = load_settings()
    if settings.oltp.source is Source.EXTERNAL:
        raise ShopStreamError("SHOPSTREAM_SOURCE=external: the source is somebody else's and is only read")
    if not settings.calendar.include_today:
        console.print("SHOPSTREAM_INCLUDE_TODAY is false: what happens now is loaded when the day is over.")
    with own_shop(settings) as connection:
        shop = _LiveShop(settings, connection)
        try:
            _live(shop, speed, minutes)
        except KeyboardInterrupt:
            connection.rollback()
            shop.look(shop.moment)
        console.print(
            f"\nThe shop stands at {shop.moment:%Y-%m-%d %H:%M}{shop.ahead}. `shopstream live` goes on from there, "
            "`shopstream refresh` loads what there is.",
            soft_wrap=True,
        )


class _LiveShop:
    """The shop and the moment that it has come to."""

    def __init__(self, settings: Settings, connection: "Connection") -> None:
        self._settings, self._connection = settings, connection
        self.moment = self.now

    @property
    def now(self) -> datetime:
        """What the source's clocks show."""
        return now_at_source(self._settings.calendar)

    @property
    def ahead(self) -> str:
        """That the shop is ahead of the clock, if it is."""
        return f", ahead of the clock, which shows {self.now:%H:%M}" if self.moment - self.now > A_MINUTE else ""

    def catch_up(self) -> "SimulationSummary":
        """Live through all that lies before now; a shop that is ahead already stays where it is."""
        from shopstream_platform.pipeline.refresh.missing import days_to_simulate

        now = self.now
        summary = self._simulate({*days_to_simulate(self._settings), now.date()}, now)
        self.look(now)
        return summary

    def look(self, now: datetime) -> None:
        """Where the shop stands by what it remembers itself, whatever was interrupted; at `now` if it is new."""
        from shopstream_platform.simulator.simulator import newest_day, running_day

        begun, newest = running_day(self._connection), newest_day(self._connection)
        self._connection.commit()
        has_ended = newest is not None and newest >= now.date()
        self.moment = begun.lived_to if begun else _end_of(now) if has_ended else now

    def go_on(self, to: datetime) -> "SimulationSummary":
        """Live up to a moment, but for days that have not begun by the clock."""
        to = max(self.moment, min(to, _end_of(self.now)))
        # The end of a day is the beginning of the next, which need not be lived yet.
        summary = self._simulate({self.moment.date(), (to - timedelta(microseconds=1)).date()}, to)
        self.moment = to
        return summary

    def _simulate(self, days: set[date], now: datetime) -> "SimulationSummary":
        from shopstream_platform.pipeline.simulated import simulate_days

        own = self._settings.simulator
        return simulate_days(self._connection, sorted(days), scale=own.scale, seed=own.seed, now=now)


def _live(shop: _LiveShop, speed: float, minutes: int | None) -> None:
    """Until the last of the minutes, or the end of the running day where the shop is faster than the clock."""
    console.print(f"Simulated shop: {escape(str(shop.catch_up()))}.", soft_wrap=True)
    begin, started = shop.moment, time.monotonic()
    last = begin + timedelta(minutes=minutes) if minutes else datetime.max
    console.print(
        f"The shop lives on from {begin:%Y-%m-%d %H:%M}{shop.ahead}: {speed:g} of its minutes in one minute; "
        "Ctrl-C ends it.",
        soft_wrap=True,
    )
    if speed > 1:
        console.print(
            "It will be ahead of the clock: `shopstream refresh` says how many rows are dated later today.",
            soft_wrap=True,
        )
    while shop.moment < last:
        if shop.moment >= _end_of(shop.now):
            console.print(f"{shop.now.date()} has ended in the shop, and the next day has not begun by the clock.")
            return
        time.sleep(max(SHORTEST_PAUSE, MINUTE_SECONDS / speed))
        to = min(begin + timedelta(seconds=(time.monotonic() - started) * speed), last)
        before = shop.moment
        summary = shop.go_on(to if speed > 1 else min(to, shop.now))
        _tell(before, summary, shop.moment)


def _tell(before: datetime, summary: "SimulationSummary", to: datetime) -> None:
    happened = [*_counted(summary.inserted, NEW), *_counted(summary.updated, MOVED)]
    if happened:
        day = f"{to:%Y-%m-%d} " if to.date() != before.date() else ""
        console.print(f"{day}{to:%H:%M}  {', '.join(happened)}", soft_wrap=True)


def _counted(rows: Mapping[str, int], names: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for table, (one, many) in names.items():
        if count := rows.get(table, 0):
            yield f"{count:,} {one if count == 1 else many}"


def _end_of(moment: datetime) -> datetime:
    """The end of the moment's day."""
    return datetime.combine(moment.date() + timedelta(days=1), datetime.min.time())
