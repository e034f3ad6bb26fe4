"""How the feed of each source is, and what it does to the source: for `shopstream refresh --feed-status` and doctor."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from psycopg2.extensions import connection

from shopstream_platform.config.connections import PostgresConnection
from shopstream_platform.config.groups import FeedOutput
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.declare import Table
from shopstream_platform.pipeline.feed import publication
from shopstream_platform.pipeline.feed.commits import lsn
from shopstream_platform.pipeline.feed.feed import PAGE_BYTES, FeedUse, Reading
from shopstream_platform.pipeline.feed.open import check_source, open_feed, publication_name, slot_name
from shopstream_platform.pipeline.feed.served import served
from shopstream_platform.pipeline.feed.slot import Slot, find_slot
from shopstream_platform.pipeline.feed.state import Parts, State, Suspects, earliest, joined, without
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform.stores.warehouse import Warehouse

# What the platform asks of the source's server and its owner, measured on PostgreSQL 18.
EFFECTS = (
    "the source keeps its write-ahead log until the slot has read it: bound that by max_slot_wal_keep_size there",
    "wal_level = logical adds the old keys of updated and deleted rows to the log, of every table",
    "TRUNCATE and ALTER TABLE wait while a refresh reads the tables, and what comes after them waits too",
)
EFFECTS_OF_PUBLICATION = (
    "a published table without its primary key, or with REPLICA IDENTITY FULL, refuses every UPDATE and DELETE",
    "a published column (keys, days) cannot be dropped before it is taken out of the publication",
    "a table that is dropped and made again is not published any more; the next refresh adds it",
)
EFFECTS_OF_TEST_DECODING = ("all columns of all tables are sent to this machine, six times the bytes of pgoutput",)


@dataclass(frozen=True)
class Status:
    """One source's feed; `slot` and `published`, the publication's oid, are None where there is none.

    `found` is what the log that was not read yet names; None if it was not looked into. `loaded` is what was to be
    loaded and was, which the next refresh confirms.
    """

    source: str
    slot_name: str
    publication_name: str
    slot: Slot | None
    published: int | None
    keeps: str
    served: tuple[str, ...]
    unserved: dict[str, str] = field(default_factory=dict)
    state: State | None = None
    found: Reading | None = None
    loaded: Suspects = field(default_factory=dict)

    @property
    def waiting(self) -> Suspects:
        """What is to be compared, and loaded if it differs."""
        return joined(self.found.named if self.found else {}, self._left)

    @property
    def _left(self) -> Suspects:
        return without(self.state.pending, self.loaded) if self.state else {}

    @property
    def lag_seconds(self) -> float | None:
        """Since when the oldest known change waits to be loaded; None if none is known."""
        left = {name: at for name, at in self.state.since.items() if name in self._left} if self.state else {}
        since = earliest(self.found.since if self.found else {}, left)
        return max(datetime.now(UTC).timestamp() - min(since.values()), 0) if since else None


def status(conn: connection, settings: Settings, source: str, tables: tuple[Table, ...], state: State | None) -> Status:
    """What is there; makes and changes nothing. Raises Unread if the server cannot be decoded."""
    check_source(conn)
    can, cannot = served(conn, tables)
    found = None
    name = publication_name(settings, source)
    if settings.feed.output is FeedOutput.PGOUTPUT and (found := publication.find(conn, name)):
        for table, why in publication.lacking(found, can).items():
            cannot[table] = why
            del can[table]
    with conn.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_slot_wal_keep_size')")
        (keeps,) = cursor.fetchone() or ("-1",)
    slot = find_slot(conn, slot_name(settings, source))
    oid = found.oid if found else None
    return Status(source, slot_name(settings, source), name, slot, oid, keeps, tuple(can), cannot, state)


def look(
    settings: Settings, source: str, at: PostgresConnection, tables: tuple[Table, ...], warehouse: Warehouse
) -> Reading:
    """What the next refresh will find in the feed; nothing is made, loaded or advanced. Raises Unread."""
    feed = open_feed(settings, source, at, tables, warehouse, may_make=False)
    with snapshot(at.dsn, setting=at.setting) as conn:
        return feed.read(conn, warehouse, settings.calendar.start_date, (), FeedUse.LOOK)


def is_worth_a_look(one: Status) -> bool:
    """Whether the log can be looked into at once: there is a slot that was read before, and not too much behind it."""
    return one.state is not None and one.slot is not None and one.slot.behind <= PAGE_BYTES


def effects(settings: Settings) -> tuple[str, ...]:
    """What the feed does to the source, as sentences."""
    own = EFFECTS_OF_PUBLICATION if settings.feed.output is FeedOutput.PGOUTPUT else EFFECTS_OF_TEST_DECODING
    return (*EFFECTS, *own)


def described(one: Status, settings: Settings) -> Iterator[str]:
    """The status as lines."""
    with_publication = settings.feed.output is FeedOutput.PGOUTPUT
    if one.slot is None:
        yield f"slot {one.slot_name}: not there; the next refresh makes it and compares everything once"
    else:
        state = one.slot.status or "unknown"
        yield f"slot {one.slot_name}: {state}, by {one.slot.plugin}, read up to {lsn(one.slot.confirmed)}"
        yield (
            f"lag: {one.slot.behind:,} bytes of log not read yet, {one.slot.held:,} bytes kept by the source "
            f"(max_slot_wal_keep_size {'no limit' if one.keeps == '-1' else one.keeps})"
        )
    if with_publication:
        yield f"publication {one.publication_name}: {'there' if one.published else 'not there'}"
    yield f"served: {', '.join(one.served) or 'no table'}"
    yield from (f"by fingerprints: {name}, since {why}" for name, why in one.unserved.items())
    if one.state is None:
        yield "to be loaded: unknown, since nothing was read yet"
        return
    if one.found:
        yield f"not read yet: {one.found.changes:,} change{'s' * (one.found.changes != 1)}"
        yield from one.found.notes
    else:
        yield "not read yet: not counted, since that would take long" if one.slot else "not read yet: unknown"
    age = f", the oldest change is {one.lag_seconds:,.0f} s old" if one.lag_seconds is not None else ""
    yield f"to be compared, and loaded if it differs: {_listed(one.waiting) or 'nothing'}{age}"
    if loaded := _listed(without(one.loaded, one.waiting)):
        yield f"loaded, which the next refresh confirms: {loaded}"


def _listed(suspects: Suspects) -> str:
    return "; ".join(f"{table} {_extent(parts)}" for table, parts in suspects.items())


def _extent(parts: Parts) -> str:
    if parts is None:
        return "as a whole"
    days = sorted(parts)
    return f"{len(days)} day{'s' * (len(days) != 1)} from {days[0]} to {days[-1]}" if days else "nothing"
