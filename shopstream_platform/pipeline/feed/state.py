"""How far the feed was taken in, kept in the warehouse beside what it was taken into."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.days import contiguous_ranges, days_between
from shopstream_platform.contract.raw import FEED_TABLE, feed_ddl
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform.stores.warehouse_errors import says_forbidden

# The partitions of a table that may differ from the source; None: any of them, or a snapshot table as a whole.
Parts = set[date] | None
Suspects = dict[str, Parts]
# A table and its day; None: a snapshot table.
Partition = tuple[str, date | None]


@dataclass(frozen=True)
class State:
    """What the warehouse knows of a source's feed.

    Every transaction before `confirmed` was compared with RAW, but for the partitions in `pending`; `loads` is the
    newest load of each table that was compared, `since` when the oldest change of a table that is pending was
    committed, where that is known. `asked`: the extraction of a large snapshot table that holds all of those
    transactions too, if it is ever loaded.
    """

    slot: str
    output: str
    publication: int
    system: str
    timeline: str
    confirmed: int
    shapes: dict[str, str] = field(default_factory=dict)
    pending: Suspects = field(default_factory=dict)
    loads: dict[str, str] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)

    def is_loaded_since(self, table: str, load_id: str | None) -> bool:
        """Whether this load of a partition, its newest, is one that the plan before has not seen."""
        return load_id is not None and load_id > self.loads.get(table, "")

    def loaded_since(self, newest: Mapping[Partition, str]) -> Suspects:
        """What is pending and was loaded since; `newest` has the newest load of each partition."""
        found: Suspects = {}
        for name, parts in self.pending.items():
            if parts is None and self.is_loaded_since(name, newest.get((name, None))):
                found[name] = None
            elif days := {day for day in parts or () if self.is_loaded_since(name, newest.get((name, day)))}:
                found[name] = days
        return found


def read_state(warehouse: Warehouse, source: str) -> State | None:
    """The state of a source's feed; None if there is none yet."""
    rows = warehouse.rows_if_there(f"SELECT state FROM {FEED_TABLE} WHERE source = '{source}'")
    if not rows:
        return None
    known = json.loads(rows[0][0])
    pending = {name: _parts(ranges) for name, ranges in known["pending"].items()}
    since = known.get("since") or {}
    # An earlier version kept one moment for all tables.
    since = since if isinstance(since, dict) else dict.fromkeys(pending, since)
    return State(**(known | {"pending": pending, "since": since}))


def write_state(warehouse: Warehouse, source: str, state: State, *, is_first: bool) -> None:
    """Replace the state in one transaction; the table may not be there yet if it is the first one."""
    pending = {name: _ranges(parts) for name, parts in state.pending.items()}
    text = json.dumps(asdict(state) | {"pending": pending}, default=str)
    if is_first and warehouse.rows_if_there(f"DESCRIBE TABLE {FEED_TABLE}") is None:
        _create(warehouse)
    with warehouse.transaction():
        warehouse.execute(f"DELETE FROM {FEED_TABLE} WHERE source = '{source}'")
        warehouse.execute(
            f"INSERT INTO {FEED_TABLE} (source, state, written_at) VALUES (%s, %s, SYSDATE())", (source, text)
        )


def _create(warehouse: Warehouse) -> None:
    try:
        for statement in feed_ddl():
            warehouse.execute(statement)
    except Exception as error:
        if not says_forbidden(error):
            raise
        raise ShopStreamError(
            f"{FEED_TABLE} does not exist, and the role of this session may not make it: `shopstream provision "
            "snowflake` does"
        ) from None


def earliest(*several: Mapping[str, float]) -> dict[str, float]:
    """The earliest moment of each table."""
    return {name: min(one[name] for one in several if name in one) for one in several for name in one}


def without(suspects: Suspects, less: Suspects) -> Suspects:
    """What is left of the partitions."""
    left: Suspects = {}
    for name, parts in suspects.items():
        gone = less.get(name, set())
        if gone is not None and (parts is None or parts - gone):
            left[name] = None if parts is None else parts - gone
    return left


def holds(suspects: Suspects, table: str, part: date | None) -> bool:
    """Whether the partition is one of them; None stands for any of the table."""
    parts = suspects.get(table, set())
    return parts is None or (part in parts if part else bool(parts))


def joined(*several: Suspects) -> Suspects:
    """The partitions of all of them."""
    found: Suspects = {}
    for suspects in several:
        for name, parts in suspects.items():
            known = found.get(name, set())
            found[name] = None if parts is None or known is None else known | parts
    return found


def _ranges(parts: Parts) -> list[tuple[str, str]] | None:
    return None if parts is None else [(str(first), str(last)) for first, last in contiguous_ranges(parts)]


def _parts(ranges: Iterable[tuple[str, str]] | None) -> Parts:
    if ranges is None:
        return None
    return {day for first, last in ranges for day in days_between(date.fromisoformat(first), date.fromisoformat(last))}
