"""What is compared: all of history or a window, widened to the days whose rows the window would leave alone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.checksum import method
from shopstream_platform.contract.days import Days, contiguous_ranges, days_between
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.pipeline.extract import sql
from shopstream_platform.pipeline.extract.limits import unloadable
from shopstream_platform.pipeline.extract.schema import limits_of_server
from shopstream_platform.pipeline.feed.state import earliest
from shopstream_platform.pipeline.refresh.deletions import loaded_rows, withhold
from shopstream_platform.pipeline.refresh.drift import (
    Drift,
    Loads,
    LoadsOfTable,
    Why,
    by_table,
    ended_days,
    find_drift,
    refusing,
)
from shopstream_platform.pipeline.refresh.partners import (
    TooMany,
    days_with_broken_rows,
    days_without_partner,
    unsearched,
)
from shopstream_platform.stores.warehouse import Warehouse

# Each round compares the days that the one before has made suspect.
ROUNDS = 10


@dataclass(frozen=True)
class Beyond:
    """Rows of a table that are not due, of the running day and of later days, and how many are dated later today.

    The latter are loaded with their day where that is a partition already.
    """

    today: int
    future: int
    later: int = 0


@dataclass(frozen=True)
class Fed:
    """What was compared because the change feed names it: tables, and how many of their partitions.

    `changes` are those that the feed had; `since` has the tables that are to be loaded, with the commit of the oldest
    change that is not loaded yet, where that is known.
    """

    tables: tuple[str, ...] = ()
    parts: int = 0
    changes: int = 0
    since: dict[str, float] = field(default_factory=dict)

    def oldest(self, tables: Iterable[str]) -> float | None:
        """The commit of the oldest change of these tables; None if none is known."""
        return min((self.since[name] for name in tables if name in self.since), default=None)

    def __or__(self, other: "Fed") -> "Fed":
        """Both of them."""
        since = earliest(self.since, other.since)
        return Fed(self.tables + other.tables, self.parts + other.parts, self.changes + other.changes, since)


@dataclass(frozen=True)
class Compared:
    """The extent of a comparison.

    `at` is the moment at the source; without it the last day has just ended. `widened` are the days that were added to
    a window, `gave_up` says that they are all of history, `beyond` has the tables with rows that are not due. `fed` has
    the tables that the change feed serves: of these, the window says nothing. `alone`: no other table was compared.
    """

    first: date
    last: date
    start: date
    at: datetime | None = None
    widened: frozenset[date] = frozenset()
    gave_up: bool = False
    beyond: dict[str, Beyond] = field(default_factory=dict)
    fed: Fed = field(default_factory=Fed)
    alone: bool = False

    @property
    def days(self) -> set[date]:
        """Every day that was compared: the window, the first partition, and what was added to them."""
        return {*days_between(self.first, self.last), self.start, *self.widened}

    @property
    def now(self) -> datetime:
        """The moment at the source, whose day is not over."""
        return self.at or datetime.combine(self.last + timedelta(days=1), time.min)

    @property
    def running(self) -> date | None:
        """The day that was compared though it is not over."""
        return self.last if self.last >= self.now.date() else None

    @property
    def left_out(self) -> set[date]:
        """The days of history that were not compared."""
        return set(days_between(self.start, self.last)) - self.days


def compare(
    conn: connection,
    warehouse: Warehouse,
    loads: Loads,
    compared: Compared,
    *,
    deletion_limit: float | None,
    broken: bool,
    tables: tuple[Table, ...] = TABLES,
    absent: Collection[str] = (),
) -> tuple[Drift, Compared]:
    """Compare the source with the load log; the drift, and the extent of the comparison with all that was added.

    `deletion_limit` None accepts whatever is gone; `broken` says that the last build failed, so that RAW itself is
    searched for rows without partner; `tables` are the catalogue's, as the settings read them,
    and `absent` those that RAW does not have yet.
    """
    drift = find_drift(conn, loads, Days(compared.first, compared.last, compared.start), tables)
    partitioned = tuple(table for table in tables if table.partitioned)
    history, own = Days(compared.start, compared.last, compared.start), by_table(loads)
    if compared.first > compared.start:
        _compare_days(conn, loads, drift, {compared.start}, compared.start, partitioned)
        # A new declaration may move rows from day to day: those of days that stayed as they were would be there twice.
        redeclared = tuple(table for table in partitioned if _is_redeclared(table, own.get(table.name, {})))
        _compare_days(conn, loads, drift, compared.left_out, compared.start, redeclared)
    ended = ended_days(own, partitioned, history, compared.now.date())
    for table in partitioned:
        _compare_days(conn, loads, drift, ended[table.name] - compared.days, compared.start, (table,))
    if deletion_limit is not None:
        withhold(drift, deletion_limit)
    load_once_more(drift, ended)
    if compared.first > compared.start:
        suspects = days_with_broken_rows(warehouse, partitioned, absent) if broken else set()
        added, gave_up = _widen(conn, warehouse, loads, drift, compared, suspects, partitioned, absent)
        compared = replace(compared, widened=frozenset(added), gave_up=gave_up)
        if deletion_limit is not None:
            # Days are added because they have lost rows: what these are a share of is all that was loaded.
            withhold(drift, deletion_limit, loaded_rows(loads))
        if names := unsearched(tables):
            drift.blind.append(
                f"{', '.join(names)}: rows outside the window that have lost their partner are found by a comparison "
                "of all history alone, since the key is not one whole number"
            )
    if behind := limits_of_server(conn):
        drift.blind.append(behind)
    return drift, replace(compared, beyond=beyond(conn, tables, compared, drift))


def load_once_more(drift: Drift, ended: Mapping[str, set[date]]) -> None:
    """Days that have ended since they were loaded are due, also where no row has changed: they are complete now."""
    for table, days in ended.items():
        if days and table not in drift.refused:
            found = drift.days.setdefault(table, {})
            found.update((day, Why.ENDED) for day in days - found.keys())


def _is_redeclared(table: Table, loads: LoadsOfTable) -> bool:
    return any(load.method != method(table) for load in loads.values())


def window(start: date, last: date, window_days: int | None, at: datetime | None = None) -> Compared:
    """All of history, or its newest days; `at` is the moment at the source."""
    first = start if window_days is None else max(start, last - timedelta(days=window_days - 1))
    return Compared(first, last, start, at)


def beyond(conn: connection, tables: tuple[Table, ...], compared: Compared, drift: Drift) -> dict[str, Beyond]:
    """Table -> its rows that are not due; a table that cannot be loaded for one of them is refused."""
    found: dict[str, Beyond] = {}
    for table in tables:
        if table.partitioned and table.name not in drift.refused:
            with refusing(conn, drift, table):
                if rows := read_beyond(conn, table, compared.last, compared.now):
                    found[table.name] = rows
    return found


def read_beyond(conn: connection, table: Table, last: date, now: datetime) -> Beyond | None:
    """The rows of a partitioned table after the last partition, or after now in it; None if there are none.

    Raises ShopStreamError for a row that no partition will ever take (infinity, a year over 9999).
    """
    with conn.cursor() as cursor:
        cursor.execute(sql.beyond(table, last, now))
        today, future, later, never = cursor.fetchone() or (0, 0, 0, None)
    if never is not None:
        raise ShopStreamError(unloadable(table, table.day_column, never))
    return Beyond(today, future, later) if today or future or later else None


def _widen(
    conn: connection,
    warehouse: Warehouse,
    loads: Loads,
    drift: Drift,
    compared: Compared,
    suspects: set[date],
    tables: tuple[Table, ...],
    absent: Collection[str],
) -> tuple[set[date], bool]:
    """Compare more days as long as what was found makes others suspect; those that were added, and if they are all."""
    known, history = compared.days, set(days_between(compared.start, compared.last))
    todo = (suspects & history) - known
    try:
        for _ in range(ROUNDS):
            todo |= days_without_partner(conn, warehouse, drift, known, compared.start, absent) & history
            if not todo:
                return known - compared.days, False
            _compare_days(conn, loads, drift, todo, compared.start, tables)
            known, todo = known | todo, set()
    except TooMany:
        pass
    _compare_days(conn, loads, drift, history - known, compared.start, tables)
    return history - compared.days, True


def _compare_days(
    conn: connection, loads: Loads, drift: Drift, days: set[date], start: date, tables: tuple[Table, ...]
) -> None:
    for first, last in contiguous_ranges(days):
        drift.add(find_drift(conn, loads, Days(first, last, start), tables))
