"""Whether the state after a round is that of a run which nothing has disturbed."""

import json
import shutil
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from shopstream_platform.services import embedded
from shopstream_platform_tests.chaos.processes import orphans, sockets_left
from shopstream_platform_tests.chaos.shop import ChaosShop
from shopstream_platform_tests.e2e.shop import Contents

UNFINISHED = ("QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING")
# What history a home has seen: another that holds the same may have seen less.
_OF_HISTORY = 'CORE."SNAP_'


def raw_differs(shop: ChaosShop) -> list[str]:
    """Tables whose rows in RAW are not those of the source, up to the newest partition."""
    source, raw = _due(shop, shop.oltp()), _due(shop, shop.raw())
    return [
        f"RAW.{name}: {len(raw[name])} rows, the source has {len(rows)}, and "
        f"{len({repr(row) for row in rows} ^ {repr(row) for row in raw[name]})} differ"
        for name, rows in source.items()
        if sorted(map(repr, rows)) != sorted(map(repr, raw[name]))
    ]


def _due(shop: ChaosShop, contents: Contents) -> Contents:
    """Without the days that a clock ahead has made or loaded."""
    from shopstream_platform.contract.tables import BY_NAME

    def until(name: str, column: str) -> list[tuple[Any, ...]]:
        at = BY_NAME[name].column_names.index(column)
        return [row for row in contents[name] if row[at] is None or row[at].date() <= shop.yesterday]

    orders, events = until("orders", "created_at"), until("events", "event_ts")
    known, via = {row[0] for row in orders}, BY_NAME["order_items"].column_names.index("order_id")
    lines = [row for row in contents["order_items"] if row[via] in known]
    return {**contents, "orders": orders, "events": events, "order_items": lines}


def leftovers(shop: ChaosShop) -> list[str]:
    """Runs that seem to go on, slots that are taken, processes without a command."""
    found = [f"orphan {line}" for line in orphans(shop.home)]
    dsn = embedded.database(shop.home, "dagster").dsn
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('runs') IS NOT NULL")
        if cursor.fetchone() != (True,):
            return found
        cursor.execute("SELECT run_id, status FROM runs WHERE status IN %s", [UNFINISHED])
        found += [f"run {run_id} is {status}" for run_id, status in cursor.fetchall()]
        cursor.execute("SELECT run_id FROM concurrency_slots WHERE run_id IS NOT NULL")
        found += [f"slot of run {run_id}" for (run_id,) in cursor.fetchall()]
        cursor.execute("SELECT run_id FROM pending_steps")
        found += [f"pending step of run {run_id}" for (run_id,) in cursor.fetchall()]
    return found


def differs_from_undisturbed(shop: ChaosShop, folder: Path) -> list[str]:
    """Tables of RAW, CORE and MARTS that another home, which loads the same source from nothing, holds otherwise."""
    reference = ChaosShop(
        folder / "reference",
        shop.start,
        shop.zone,
        {
            **shop.settings,
            "SHOPSTREAM_SOURCE": "external",
            "SHOPSTREAM_POSTGRES_DSN": embedded.ensure_postgres(shop.home).dsn,
        },
    )
    try:
        ran = reference.command("refresh")
        if ran.code != 0:
            return [f"the reference home's refresh ended with {ran.code}: {ran.said}"]
        ours, other = shop.contents(), reference.contents()
        return [
            f"{name}: {len(ours.get(name, []))} rows, undisturbed {len(other.get(name, []))}"
            for name in sorted(ours.keys() | other.keys())
            if ours.get(name) != other.get(name) and not name.startswith(_OF_HISTORY)
        ]
    finally:
        embedded.down(reference.home)
        shutil.rmtree(reference.home, ignore_errors=True)


def left_after_down(shop: ChaosShop) -> list[str]:
    """What a home whose services are stopped still has: processes, sockets."""
    ports = _ports(shop.home / "object_store" / "state.json")
    ran = shop.command("down")
    found = [] if ran.code == 0 else [f"down ended with {ran.code}: {ran.said}"]
    found += [f"process {line}" for line in orphans(shop.home)]
    return found + [f"socket {path}" for path in sockets_left(ports)]


def _ports(state: Path) -> dict[str, int]:
    try:
        return json.loads(state.read_text())["ports"]
    except (OSError, ValueError, KeyError):
        return {}


def told_badly(said: str, code: int, *, killed: bool) -> Iterable[str]:
    """What no output may hold, and what one must."""
    if "Traceback (most recent call last)" in said:
        yield "a traceback"
    if "an unexpected " in said:
        yield "an error that nobody has foreseen"
    if (
        code != 0
        and not killed
        and not any(line.startswith(("error: ", "interrupted", "Not everything agrees.")) for line in said.splitlines())
    ):
        yield "no sentence says why it failed"
