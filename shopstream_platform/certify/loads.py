"""Loads by the platform's own commands: a small shop, many rows, one that is killed, two at once."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from snowflake.connector.errors import DatabaseError

from shopstream_platform.certify.contents import digests, rows_of_raw, rows_of_source, unlike
from shopstream_platform.certify.outcome import Different, Outcome, prove
from shopstream_platform.certify.site import Site, finish, kill
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import LOAD_LOG
from shopstream_platform.contract.tables import BY_NAME
from shopstream_platform.pipeline.load.sql import take_lock
from shopstream_platform.pipeline.load.transaction import load
from shopstream_platform.stores.manifest import folder, manifest_key
from shopstream_platform.stores.warehouse import Warehouse

EVENTS, ORDERS, ITEMS = BY_NAME["events"], BY_NAME["orders"], BY_NAME["order_items"]
MILLION = 1_000_000
ATTEMPTS_TO_KILL = 3
PAUSE_SECONDS = 0.05
# Of Snowflake: the statement waited longer than LOCK_TIMEOUT.
LOCK_TIMED_OUT = 625
MANY_EVENTS = (
    "INSERT INTO events (event_type, event_ts, metadata) SELECT 'page_view', "
    "%(day)s::timestamp + n * interval '1 day' / %(rows)s, jsonb_build_object('page', 'p' || n %% 1000) "
    "FROM generate_series(0, %(rows)s - 1) AS n"
)


def small_shop(site: Site) -> Iterator[Outcome]:
    """The path of a user: refresh, then the proof that all layers agree."""
    yield prove("load", "a small shop is loaded and built by `shopstream refresh`", lambda: refreshed(site))
    yield prove("load", "source, lake, RAW and marts agree by `shopstream verify`", lambda: verified(site))
    yield prove("load", "RAW has as many rows as the source", lambda: same_counts(site))


def killed(site: Site) -> Iterator[Outcome]:
    """A refresh of many rows that dies in its load."""
    case = f"a refresh of {site.rows:,} events is killed by SIGKILL in its load and leaves RAW whole"
    yield prove("killed load", case, lambda: _killed(site))


def volume(site: Site) -> Iterator[Outcome]:
    """The same rows, of one day, where nothing kills the load."""
    yield prove("volume", f"{site.rows:,} events of one day are loaded by the next refresh", lambda: _many(site))
    yield prove("volume", "then source, lake, RAW and marts agree", lambda: verified(site))


def at_once(site: Site) -> Iterator[Outcome]:
    """Loads side by side, each by a session of its own."""
    yield prove("loads at once", "two loads of events at once", lambda: _side_by_side(site, EVENTS, EVENTS))
    yield prove("loads at once", "loads of orders and order_items at once", lambda: _side_by_side(site, ORDERS, ITEMS))


def refreshed(site: Site) -> None:
    """Different, with its own sentence, if the refresh fails."""
    site.command("refresh")


def verified(site: Site) -> None:
    """Different if the platform's own proof finds a difference."""
    site.command("verify")


def same_counts(site: Site) -> str:
    """Counted here, not by the platform's comparison."""
    wanted = rows_of_source(site)
    with site.session() as warehouse:
        found = rows_of_raw(warehouse)
    wrong = {name: rows for name, rows in wanted.items() if rows != found[name]}
    if wrong:
        lines = [f"{name}: the source has {rows}, RAW has {found[name]}" for name, rows in wrong.items()]
        raise Different("; ".join(lines))
    return f"{sum(wanted.values()):,} rows of {len(wanted)} tables"


def _many(site: Site) -> str:
    _insert(site, max(0, site.rows - rows_of_source(site)["events"]))
    began = time.monotonic()
    site.command("refresh")
    seconds = time.monotonic() - began
    fewer = "" if site.rows >= MILLION else f" (not {MILLION:,} events)"
    return f"{same_counts(site)}{fewer}, {seconds:.0f} s with the build of the marts"


def _insert(site: Site, rows: int) -> None:
    if rows:
        with site.source() as connection, connection.cursor() as cursor:
            cursor.execute(MANY_EVENTS, {"day": site.newest, "rows": rows})


def _killed(site: Site) -> str:
    for attempt in range(ATTEMPTS_TO_KILL):
        with site.session() as warehouse:
            before = digests(warehouse, "RAW")
        _insert(site, site.rows if attempt == 0 else 1)
        if _kill_in_load(site):
            with site.session() as warehouse:
                after = digests(warehouse, "RAW")
            return _whole(site, before, after)
    raise Different(f"a refresh ended {ATTEMPTS_TO_KILL} times before it could be killed in its load")


def _kill_in_load(site: Site) -> bool:
    """Whether a refresh was killed while its load of events had changed something and not yet committed."""
    key, place, lake = manifest_key(EVENTS, site.newest), folder(EVENTS, site.newest), site.lake
    known = lake.etags(place).get(key)
    process = site.start_command("refresh")
    try:
        with site.session() as probe:
            # Whether somebody has the lock is answered at once.
            probe.execute("ALTER SESSION SET LOCK_TIMEOUT = 0")
            extracted = False
            while process.poll() is None:
                extracted = extracted or lake.etags(place).get(key) != known
                if extracted and _is_locked(probe):
                    kill(process)
                    return True
                time.sleep(PAUSE_SECONDS)
    finally:
        kill(process)
    # One that failed says why.
    finish(process, "shopstream refresh")
    return False


def _is_locked(probe: Warehouse) -> bool:
    """Whether a load of events is going on: it has the table's lock from its first statement to its commit."""
    probe.execute("BEGIN")
    try:
        probe.execute(take_lock(EVENTS), ("certify",))
    except DatabaseError as error:
        if error.errno != LOCK_TIMED_OUT:
            raise
        return True
    finally:
        probe.execute("ROLLBACK")
    return False


def _whole(site: Site, before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> str:
    """Each table as before the load, or as after it."""
    source = rows_of_source(site)
    torn = [
        f"{name}: {before[name][0]} rows before, {rows} after, {source[name.partition('.')[2].lower()]} at the source"
        for name, (rows, _) in after.items()
        if after[name] != before.get(name) and rows != source[name.partition(".")[2].lower()]
    ]
    if torn:
        raise Different("; ".join(torn))
    return "loaded already" if unlike(before, after) else "as before the load"


def _side_by_side(site: Site, *tables: Table) -> str:
    with site.session() as warehouse:
        before = digests(warehouse, "RAW")
    days = Days(site.start, site.newest, start=site.start)
    calls: list[Callable[[], str]] = [partial(_load, site, table, days, number) for number, table in enumerate(tables)]
    with ThreadPoolExecutor(len(calls)) as pool:
        ids = [future.result() for future in [pool.submit(call) for call in calls]]
    with site.session() as warehouse:
        after = digests(warehouse, "RAW")
        logged = {row[0] for row in warehouse.rows(f"SELECT load_id FROM {LOAD_LOG}")}
    if wrong := unlike(before, after):
        raise Different("; ".join(wrong))
    if lost := [load_id for load_id in ids if load_id not in logged]:
        raise Different(f"load log has no load {', '.join(lost)}")
    return f"{len(set(ids))} loads, same contents"


def _load(site: Site, table: Table, days: Days, number: int) -> str:
    with site.session() as warehouse:
        return load(warehouse, site.lake, table, days, start_date=site.start, run_id=f"certify-{number}").load_id
