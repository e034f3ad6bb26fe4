"""The comparison of every source: each by its own snapshot, and one that is down refuses its own tables alone."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import sleep

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.declare import SHOP, Table
from shopstream_platform.contract.tables import SOURCES, relations_of, source_names, tables_of
from shopstream_platform.pipeline.extract.schema import check_server
from shopstream_platform.pipeline.extract.table import as_read
from shopstream_platform.pipeline.feed.feed import Feed, FeedUse
from shopstream_platform.pipeline.feed.open import open_feed
from shopstream_platform.pipeline.feed.slot import Busy, Unread
from shopstream_platform.pipeline.refresh.chunks import Chunking
from shopstream_platform.pipeline.refresh.compare import Compared, beyond, compare
from shopstream_platform.pipeline.refresh.drift import Drift, Loads
from shopstream_platform.pipeline.refresh.fed import compare_fed, unexplained
from shopstream_platform.services import resolve
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform.stores.warehouse import Warehouse

# A refresh has read the slot within seconds.
TRIES, PAUSE_SECONDS = 20, 0.5


@dataclass(frozen=True)
class Question:
    """What is compared, and how: as `compare_sources` is asked for every source.

    `absent` are tables that RAW does not have yet, `refused` those that are not compared since RAW cannot take them.
    """

    settings: Settings
    warehouse: Warehouse
    loads: Loads
    deletion_limit: float | None
    broken: bool
    absent: Collection[str] = ()
    refused: Collection[str] = ()
    feed: FeedUse = FeedUse.OFF
    chunking: Chunking | None = None

    def compare(self, conn: connection, extent: Compared, tables: tuple[Table, ...]) -> tuple[Drift, Compared]:
        """By fingerprints."""
        return compare(
            conn,
            self.warehouse,
            self.loads,
            extent,
            deletion_limit=self.deletion_limit,
            broken=self.broken,
            tables=tables,
            absent=self.absent,
        )


def compare_sources(question: Question, extent: Compared, *, with_shop: bool) -> tuple[Drift, Compared]:
    """Compare the sources, the shop only if asked, with the load log; the drift of all, and the extent.

    A shop that cannot be reached is raised where it is the only source.
    """
    drift, reached = Drift(), extent
    settings = question.settings
    for name in source_names() if with_shop else source_names()[1:]:
        tables = tuple(
            as_read(table, settings.oltp.oversized_values)
            for table in tables_of(name)
            if table.name not in question.refused
        )
        try:
            found, compared = _patiently(question, extent, name, tables)
        except ShopStreamError as error:
            if not SOURCES:
                raise
            _refuse_all(drift, name, tables, error)
        else:
            drift.add(found)
            reached = _joined(reached, compared)
    return drift, reached


def _patiently(question: Question, extent: Compared, name: str, tables: tuple[Table, ...]) -> tuple[Drift, Compared]:
    """A slot that another refresh reads is waited for; to compare everything would take far longer."""
    for _ in range(TRIES):
        with suppress(Busy):
            return _compare_source(question, extent, name, tables, waits=True)
        sleep(PAUSE_SECONDS)
    return _compare_source(question, extent, name, tables, waits=False)


def _compare_source(
    question: Question, extent: Compared, name: str, tables: tuple[Table, ...], *, waits: bool
) -> tuple[Drift, Compared]:
    """One try. Raises Busy if it `waits`."""
    at = resolve.source(question.settings, name)
    feed = None
    unread: list[str] = []
    if question.feed is not FeedUse.OFF:
        try:
            feed = open_feed(question.settings, name, at, tables, question.warehouse, may_make=question.feed.takes)
        except Unread as reason:
            _raise_if_busy(reason, waits)
            unread.append(_unread(name, reason, question.feed))
    if feed is None and question.feed is FeedUse.CYCLE:
        return _left_to_the_schedules(extent, name, unread[0])
    with snapshot(at.dsn, setting=at.setting, locking=relations_of(tables)) as conn:
        check_server(conn)
        if feed is None or question.feed is FeedUse.PROVE:
            drift, compared = question.compare(conn, extent, tables)
            drift.blind.extend(unread)
            if feed:
                _prove(question, conn, compared, feed, drift)
            return drift, compared
        return _compare_with_feed(question, conn, extent, feed, tables, waits=waits)


def _prove(question: Question, conn: connection, compared: Compared, feed: Feed, drift: Drift) -> None:
    """Note what the feed has not named of what was found, or that this is not known."""
    try:
        drift.missed.extend(unexplained(conn, question.warehouse, question.loads, compared, feed, drift))
    except Unread as reason:
        drift.blind.append(f"whether the change feed has named what was found is not known: {reason}")


def _raise_if_busy(reason: Unread, waits: bool) -> None:
    if waits and isinstance(reason, Busy):
        raise reason


def _compare_with_feed(
    question: Question, conn: connection, extent: Compared, feed: Feed, tables: tuple[Table, ...], *, waits: bool
) -> tuple[Drift, Compared]:
    fed = tuple(table for table in tables if table.name in feed.served)
    rest = tuple(table for table in tables if table.name not in feed.served)
    try:
        drift, compared = compare_fed(
            conn,
            question.warehouse,
            question.loads,
            extent,
            feed,
            fed,
            question.feed,
            deletion_limit=question.deletion_limit,
            absent=question.absent,
            chunking=question.chunking,
        )
    except Unread as reason:
        _raise_if_busy(reason, waits)
        if question.feed is FeedUse.CYCLE:
            return _left_to_the_schedules(extent, feed.source, _unread(feed.source, reason, question.feed))
        drift, compared = question.compare(conn, extent, tables)
        drift.blind.append(_unread(feed.source, reason, question.feed))
        return drift, compared
    if question.feed is FeedUse.CYCLE:
        return drift, replace(compared, alone=True, beyond=beyond(conn, fed, extent, drift))
    drift.blind.extend(f"{name} is compared by fingerprints: {why}" for name, why in feed.unserved.items())
    others, by_fingerprints = question.compare(conn, extent, rest)
    drift.add(others)
    more = {**by_fingerprints.beyond, **beyond(conn, fed, extent, drift)}
    return drift, replace(by_fingerprints, fed=compared.fed, beyond=more, alone=not rest)


def _left_to_the_schedules(extent: Compared, source: str, why: str) -> tuple[Drift, Compared]:
    """A cycle without a source's feed; of the only source it is none."""
    if source == SHOP:
        raise ShopStreamError(why)
    return Drift(blind=[why]), replace(extent, alone=True)


def _unread(source: str, reason: Unread, use: FeedUse) -> str:
    if use is FeedUse.CYCLE:
        return f"{_named(source)} is left to the schedules, since its change feed is not used: {reason}"
    return f"the change feed of {_named(source)} is not used, so fingerprints are compared: {reason}"


def _refuse_all(drift: Drift, source: str, tables: Iterable[Table], error: ShopStreamError) -> None:
    for table in tables:
        drift.refuse(table.name, f"nothing of {_named(source)} was compared or loaded: {error}")


def _named(source: str) -> str:
    return f"source {source}" if source else "the shop"


def _joined(one: Compared, other: Compared) -> Compared:
    return replace(
        one,
        widened=one.widened | other.widened,
        gave_up=one.gave_up or other.gave_up,
        beyond={**one.beyond, **other.beyond},
        fed=one.fed | other.fed,
        alone=one.alone or other.alone,
    )
