"""The comparison of what the change feed names: the partitions that a change, or a load, has touched since the last."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from psycopg2.extensions import connection

from shopstream_platform.contract.checksum import method
from shopstream_platform.contract.days import Days, contiguous_ranges, days_between
from shopstream_platform.contract.declare import Table
from shopstream_platform.pipeline.feed.feed import Feed, FeedUse, Reading
from shopstream_platform.pipeline.feed.state import Parts, State, Suspects, holds, joined
from shopstream_platform.pipeline.refresh.chunks import Base, Chunking, base_of, find_chunk_drift
from shopstream_platform.pipeline.refresh.compare import Compared, Fed, load_once_more
from shopstream_platform.pipeline.refresh.deletions import loaded_rows, withhold
from shopstream_platform.pipeline.refresh.drift import Drift, Loads, LoadsOfTable, Why, by_table, ended_days, find_drift
from shopstream_platform.stores.warehouse import Warehouse

# Days that are so near are compared by one query.
NEAR_DAYS = 7
CHANGES = (Why.CHANGED, Why.EMPTIED)


def compare_fed(
    conn: connection,
    warehouse: Warehouse,
    loads: Loads,
    compared: Compared,
    feed: Feed,
    tables: tuple[Table, ...],
    use: FeedUse,
    *,
    deletion_limit: float | None,
    absent: Collection[str],
    chunking: Chunking | None = None,
) -> tuple[Drift, Compared]:
    """Compare the partitions of `tables`, which the feed serves, that may differ; take the feed in if `use` says so.

    With `chunking`, of large snapshot tables only the chunks are compared that hold what has changed.
    Raises Unread if the feed cannot be read after all.
    """
    reading = feed.read(conn, warehouse, compared.start, absent, use)
    own = by_table(loads)
    suspected = _suspected(conn, own, compared, feed, tables, reading)
    ended = ended_days(own, tables, Days(compared.start, compared.last, compared.start), compared.now.date())
    drift = Drift()
    if feed.restarted:
        drift.blind.append(f"all that the change feed serves is compared by fingerprints: {feed.restarted}")
    drift.blind.extend(reading.notes)
    parts = 0
    for table in tables:
        days = _days(table, suspected.get(table.name, set()), compared) | ended.get(table.name, set())
        base = None
        if chunking and None in days:
            base = base_of(chunking, table, loads.get((table.name, None)), feed, reading, conn.server_version)
        if isinstance(base, Base) and not base.chunks:
            # It was suspected for its load alone, which is the one that was asked for.
            continue
        parts += len(days)
        for first, last in contiguous_ranges((day for day in days if day is not None), NEAR_DAYS):
            drift.add(find_drift(conn, loads, Days(first, last, compared.start), (table,)))
        if isinstance(base, Base):
            drift.add(find_chunk_drift(conn, table, base))
        elif None in days:
            if base:
                drift.blind.append(f"all of {table.name} is compared, not only the chunks that have changed: {base}")
            drift.add(find_drift(conn, loads, Days(compared.start, compared.start, compared.start), (table,)))
    if deletion_limit is not None:
        # Of some partitions, what is gone is a share of all that was loaded.
        withhold(drift, deletion_limit, None if feed.restarted else loaded_rows(loads))
    load_once_more(drift, ended)
    pending = _pending(drift, suspected)
    since = _since(feed.state, loads, reading, pending)
    if use.takes:
        asked = {name: named.result for name, named in drift.named.items()}
        feed.settle(warehouse, reading, pending, newest_loads(own), asked, since)
    names = tuple(table.name for table in tables)
    to_load = {name: at for name, at in since.items() if name not in drift.refused}
    return drift, replace(compared, fed=Fed(names, parts, reading.changes, to_load))


def unexplained(
    conn: connection, warehouse: Warehouse, loads: Loads, compared: Compared, feed: Feed, drift: Drift
) -> list[str]:
    """What a comparison of everything has found changed though neither the feed nor a load names it, as sentences."""
    reading = feed.read(conn, warehouse, compared.start, (), FeedUse.LOOK)
    tables = tuple(one.table for one in feed.served.values())
    suspected = _suspected(conn, by_table(loads), compared, feed, tables, reading)
    found: list[str] = []
    for table in tables:
        known = _days(table, suspected.get(table.name, set()), compared)
        changed = {day for day, why in drift.days.get(table.name, {}).items() if why in CHANGES} - known
        if changed:
            days = ", ".join(map(str, sorted(changed)[:NEAR_DAYS]))
            found.append(f"{table.name} of {days} has changed, and the change feed has not named it")
        if drift.snapshots.get(table.name) in CHANGES and None not in known:
            found.append(f"{table.name} has changed, and the change feed has not named it")
    return found


def newest_loads(loads: Mapping[str, LoadsOfTable]) -> dict[str, str]:
    """Table -> the id of its newest load."""
    return {name: max(load.load_id for load in own.values()) for name, own in loads.items()}


def _since(state: State | None, loads: Loads, reading: Reading, pending: Suspects) -> dict[str, float]:
    """Table -> when the oldest change of what is still to be loaded was committed, where that is known.

    What an earlier plan has found waits until a comparison finds it level. Where it was loaded since, and what was
    read now names it again, it is the new change alone that is taken to differ: else a day that changes all the time
    would grow ever older. A load of an older snapshot than the change is therefore told by a partition that no new
    change explains.
    """
    found: dict[str, float] = {}
    for name, parts in pending.items():
        moments: set[float] = set()
        for part in parts or [None]:
            named = name in reading.since and holds(reading.named, name, part)
            if named:
                moments.add(reading.since[name])
            if state and name in state.since and holds(state.pending, name, part):
                load = loads.get((name, part))
                if not (named and state.is_loaded_since(name, load and load.load_id)):
                    moments.add(state.since[name])
        if moments:
            found[name] = min(moments)
    return found


def _suspected(
    conn: connection,
    loads: Mapping[str, LoadsOfTable],
    compared: Compared,
    feed: Feed,
    tables: tuple[Table, ...],
    reading: Reading,
) -> Suspects:
    """What the feed names, what was to be loaded before, and what the load log says by itself."""
    seen = feed.state.loads if feed.state and not feed.restarted else {}
    version = conn.server_version
    logged = {table.name: _by_log(loads.get(table.name, {}), table, compared, seen, version) for table in tables}
    return joined(reading.suspects, {name: parts for name, parts in logged.items() if parts is None or parts})


def _by_log(loads: LoadsOfTable, table: Table, compared: Compared, seen: Mapping[str, str], version: int) -> Parts:
    """Partitions that were never loaded, are of another declaration or server, or were loaded since the last time."""
    newest = max((load.load_id for load in loads.values()), default="")
    known = seen.get(table.name)
    # The log was emptied, or brought back to an earlier state.
    if known is not None and newest < known:
        return None
    parts = days_between(compared.start, compared.last) if table.partitioned else [None]
    due: set[date] = set()
    for part in parts:
        load = loads.get(part)
        current = load and (load.method, load.server_version) == (method(table), version)
        if load is None or not current or load.load_id > (known or ""):
            if part is None:
                return None
            due.add(part)
    return due


def _days(table: Table, parts: Parts, compared: Compared) -> set[date | None]:
    """The partitions to compare; None stands for a snapshot table."""
    if not table.partitioned:
        return {None} if parts is None or parts else set()
    history = days_between(compared.start, compared.last)
    return set(history) if parts is None else {day for day in history if day in parts}


def _pending(drift: Drift, suspected: Suspects) -> Suspects:
    """What differs and is to be loaded, and whatever was suspected of tables that cannot be loaded now."""
    pending: Suspects = {name: set(days) for name, days in drift.days.items()}
    pending |= dict.fromkeys(drift.snapshots)
    return pending | {name: suspected[name] for name in drift.refused if name in suspected}
