"""How far the feed was taken in, kept in the warehouse beside what it was taken into."""

import json
from collections.abc import Iterable
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


@dataclass(frozen=True)
class State:
    """What the warehouse knows of a source's feed.

    Every transaction before `confirmed` was compared with RAW, but for the partitions in `pending`; `loads` is the
    newest load of each table that was compared, `since` when the oldest change of a pending partition was committed.
    `asked`: the extraction of a large snapshot table that holds all of those transactions too, if it is ever loaded.
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
    since: float | None = None
    asked: dict[str, str] = field(default_factory=dict)


def read_state(warehouse: Warehouse, source: str) -> State | None:
    """The state of a source's feed; None if there is none yet."""
    rows = warehouse.rows_if_there(f"SELECT state FROM {FEED_TABLE} WHERE source = '{source}'")
    if not rows:
        return None
    known = json.loads(rows[0][0])
    return State(**(known | {"pending": {name: _parts(ranges) for name, ranges in known["pending"].items()}}))


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


def earlier(*moments: float | None) -> float | None:
    """The earliest of those that are known."""
    return min((one for one in moments if one is not None), default=None)


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
