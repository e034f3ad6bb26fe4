"""One source's feed, from its slot to the partitions that may differ, and on to what the warehouse remembers of it.

The order is what makes it exact, wherever it is stopped: a snapshot of the source, all changes up to it, the partitions
that they name, the comparison of these; then the partitions that differ are written to the warehouse, and only then is
the slot advanced, over transactions alone that the snapshot sees.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from psycopg2.extensions import connection

from shopstream_platform.config.connections import PostgresConnection
from shopstream_platform.config.groups import FeedOutput, FeedSettings
from shopstream_platform.pipeline.feed.commits import Commit, covered, end_of_snapshot
from shopstream_platform.pipeline.feed.pgoutput import Decoder
from shopstream_platform.pipeline.feed.served import Served
from shopstream_platform.pipeline.feed.shape import Server, leaves, shapes
from shopstream_platform.pipeline.feed.slot import Busy, Slot, advance, find_slot, peek
from shopstream_platform.pipeline.feed.state import State, Suspects, earliest, joined, write_state
from shopstream_platform.pipeline.feed.suspects import suspects
from shopstream_platform.pipeline.feed.test_decoding import TextDecoder
from shopstream_platform.pipeline.feed.touched import Key, Touched
from shopstream_platform.stores.postgres import connect_by_statement
from shopstream_platform.stores.warehouse import Warehouse

# Of log in which nothing counts, so much may come together before the slot is advanced over it.
IDLE_BYTES = 64 << 20
# The server decodes so much of its log at once; what it has named is remembered before the next part.
PAGE_BYTES = 1 << 30


class FeedUse(StrEnum):
    """What a plan does with the feed: nothing, looks at it, takes it in, takes it in alone, or is compared with it."""

    OFF = "off"
    LOOK = "look"
    TAKE = "take"
    CYCLE = "cycle"
    PROVE = "prove"

    @property
    def takes(self) -> bool:
        """Whether the slot is advanced."""
        return self in (FeedUse.TAKE, FeedUse.CYCLE)


@dataclass(frozen=True)
class Reading:
    """What the feed says as of a snapshot: partitions that may differ, keys that were named, and up to where.

    The keys of a table are None where they do not tell all that has changed since the feed was taken in. `named` has
    the partitions that what was read now has named, `since` their tables, with the first commit, in epoch seconds, of
    what has named them.
    """

    suspects: Suspects
    keys: dict[str, frozenset[Key] | None]
    changes: int
    position: int
    named: Suspects
    since: dict[str, float]
    shapes: dict[str, str]
    notes: list[str] = field(default_factory=list)


@dataclass
class Feed:
    """A feed whose slot and publication are there. `restarted` says why all that it serves must be compared."""

    source: str
    at: PostgresConnection
    settings: FeedSettings
    slot: Slot
    publication: str
    publication_oid: int
    server: Server
    served: dict[str, Served]
    unserved: dict[str, str]
    state: State | None
    restarted: str = ""

    def read(
        self, conn: connection, warehouse: Warehouse, start: date, absent: Collection[str], use: FeedUse
    ) -> Reading:
        """Everything up to the snapshot of `conn`, which this takes unless there is one. Raises Unread."""
        upto = end_of_snapshot(conn)
        now = shapes(conn, self.served, self.publication)
        notes, unknown = self._of_shapes(now)
        known = self.state if self.state and not self.restarted else None
        named, since = unknown, dict[str, float]()
        touched = {name: Touched(self.settings.max_keys) for name in self.served}
        commits: list[Commit] = []
        end = self.slot.confirmed
        for page in self._pages(upto, use):
            decoder = self._decoder(conn)
            peek(conn, self.slot.name, self.publication, page, decoder)
            if end == self.slot.confirmed:
                self._check_where_that_began(conn)
            found = suspects(conn, warehouse, self.served, decoder.touched, start, absent)
            named = joined(named, found)
            since = earliest(since, {name: decoder.commits[0].at for name in found if decoder.commits})
            commits += decoder.commits
            _add(touched, decoder.touched)
            end = covered(conn, commits, page)
            if page < upto and use.takes and known and end > self.slot.confirmed:
                # Whatever was asked for lacks what this page has named.
                so_far = replace(known, pending=joined(named, known.pending), since=earliest(since, known.since))
                self._remember(warehouse, replace(so_far, confirmed=end, asked={}))
        return Reading(
            joined(named, known.pending if known else {}),
            {name: None if name in unknown or one.whole else one.keys for name, one in touched.items()},
            sum(one.changes for one in touched.values()),
            end,
            named,
            since,
            now,
            notes,
        )

    def settle(
        self,
        warehouse: Warehouse,
        reading: Reading,
        pending: Suspects,
        loads: Mapping[str, str],
        asked: Mapping[str, str],
        since: Mapping[str, float],
    ) -> None:
        """Remember what is still to be loaded, and the newest load of each table that was compared; then advance.

        `asked` names the extractions that hold whatever was read up to here; `since` is when the oldest change of
        each table that is still to be loaded was committed, where that is known.

        Where nothing has changed, nothing is written: it would start a warehouse that is suspended.
        """
        state = State(
            slot=self.slot.name,
            output=str(self.settings.output),
            publication=self.publication_oid,
            system=self.server.system,
            timeline=self.server.timeline,
            confirmed=max(reading.position, self.slot.confirmed),
            shapes=reading.shapes,
            pending=pending,
            loads=dict(loads),
            since=dict(since),
            asked=dict(asked),
        )
        known = self.state
        passed = state.confirmed - (known.confirmed if known else 0)
        same = known and state == replace(known, confirmed=state.confirmed, since=state.since)
        if same and not self.restarted and not reading.changes and passed < IDLE_BYTES:
            return
        self._remember(warehouse, state)

    def _remember(self, warehouse: Warehouse, state: State) -> None:
        write_state(warehouse, self.source, state, is_first=self.state is None)
        with connect_by_statement(self.at.dsn, setting=self.at.setting) as conn:
            advance(conn, self.slot.name, state.confirmed)

    def _of_shapes(self, now: Mapping[str, str]) -> tuple[list[str], Suspects]:
        if self.restarted or self.state is None:
            return [], dict.fromkeys(self.served)
        found: Suspects = {}
        notes: list[str] = []
        for name, shape in now.items():
            if name not in self.state.shapes:
                notes.append(f"{name} is new to the change feed, so all of it is compared")
            elif self.state.shapes[name] != shape:
                notes.append(
                    f"{name} was altered, truncated or written anew at the source, which the change feed does not "
                    "tell in full, so all of it is compared"
                )
            else:
                continue
            found[name] = None
            found |= {child: None for child, one in self.served.items() if _parent(one) == name}
        return notes, found

    def _check_where_that_began(self, conn: connection) -> None:
        """Busy if another refresh has taken the feed in since this one read the state: what that named is not in it.

        The position only grows, so that it was the same when what was read began.
        """
        now = find_slot(conn, self.slot.name)
        if now is None or now.confirmed != self.slot.confirmed:
            raise Busy(f"slot {self.slot.name} was read by another refresh at the same moment: run again")

    def _pages(self, upto: int, use: FeedUse) -> Iterator[int]:
        page = self.slot.confirmed
        # What is only looked at begins at the same place each time.
        while use.takes and not self.restarted and upto - page > PAGE_BYTES:
            page += PAGE_BYTES
            yield page
        yield upto

    def _decoder(self, conn: connection) -> Decoder | TextDecoder:
        touched = {name: Touched(self.settings.max_keys) for name in self.served}
        if self.settings.output is FeedOutput.TEST_DECODING:
            return TextDecoder(self.served, touched, leaves(conn, self.served))
        return Decoder(self.served, touched)


def _parent(one: Served) -> str | None:
    return one.table.parent.name if one.table.parent else None


def _add(total: dict[str, Touched], more: Mapping[str, Touched]) -> None:
    for name, one in more.items():
        known = total[name]
        known.changes += one.changes
        known.whole |= one.whole
        known.inserted |= one.inserted
        known.changed |= one.changed
