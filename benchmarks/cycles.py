"""Changes from commit to marts: cycles of the daemon's sensor on a shop under load, against the daily way.

    python -m benchmarks.cycles --home /tmp/cycles --orders 2000000 --minutes 10

A shop of its own that has 450 days, the last one today, gets 200 changes a second of today's orders, while `shopstream
dev` runs as a user would run it. Latencies are the metadata that the runs write. Then the same minutes of changes are
loaded by one refresh that hashes all of history. CPU is that of all processes: Dagster's, dbt's, and the three
services'. Compare ratios: seconds depend on the machine and on what else it does.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import psycopg2

from benchmarks.feed import writing
from benchmarks.measure import cpu_seconds, services_cpu
from benchmarks.source import DAYS, LINES_PER_ORDER, fill

SHOPSTREAM = [sys.executable, "-m", "shopstream_platform.cli.app"]
LAYERS = {"RAW": ["raw", "orders"], "fact": ["core", "fact_orders"], "mart": ["marts", "mart_sales_overview"]}
IDLE_SECONDS, WARM_SECONDS, DRAIN_SECONDS = 120, 60, 300
PORT = 3977


def cpu(home: Path, *others: psutil.Process) -> dict[str, float]:
    """CPU seconds of each service and of other processes, with all their children; those that have ended too."""
    return services_cpu(home) | {"dagster": sum(cpu_seconds(process) for process in others)}


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """The difference of each, and of all."""
    parts = {name: round(after[name] - before[name], 2) for name in before}
    return parts | {"all": round(sum(parts.values()), 2)}


@contextmanager
def dev(home: Path) -> Iterator[psutil.Process]:
    """The UI and the daemon, with the sensor of the change feed turned on."""
    with (home / "dev.log").open("w") as log:
        process = subprocess.Popen([*SHOPSTREAM, "dev", "--port", str(PORT)], stdout=log, stderr=log)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def refresh() -> dict[str, float]:
    """Wall and CPU seconds of the command itself."""
    began, before = time.monotonic(), os.times()
    subprocess.run([*SHOPSTREAM, "refresh"], check=True, stdout=sys.stderr)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": round(time.monotonic() - began, 1), "command CPU": round(used, 1)}


def latencies(since: float) -> dict[str, dict[str, float]]:
    """Seconds from the commit of a cycle's oldest change, by layer: how many cycles, their median and worst."""
    from dagster import AssetKey, AssetRecordsFilter, DagsterInstance

    from shopstream_platform.defs.latency import LATENCY

    found: dict[str, dict[str, float]] = {}
    with DagsterInstance.get() as instance:
        for layer, path in LAYERS.items():
            asked = AssetRecordsFilter(AssetKey(path), after_timestamp=since)
            records = instance.fetch_materializations(asked, limit=1000).records
            events = [one.asset_materialization for one in records]
            values = [
                float(str(event.metadata[LATENCY].value)) for event in events if event and LATENCY in event.metadata
            ]
            if values:
                found[layer] = {"cycles": len(values), "median s": median(values), "worst s": max(values)}
    return found


def measure(home: Path, dsn: str, minutes: float) -> dict[str, Any]:
    """An idle time, a time of changes until all of it is in the marts."""
    today = datetime.now(UTC).date()
    with dev(home) as process:
        time.sleep(WARM_SECONDS)
        before = cpu(home, process)
        time.sleep(IDLE_SECONDS)
        idle = spent(before, cpu(home, process))
        began, before = time.time(), cpu(home, process)
        with writing(dsn, today, old=False):
            time.sleep(minutes * 60)
        time.sleep(DRAIN_SECONDS)
        used = spent(before, cpu(home, process))
    layers = latencies(began)
    return {"idle CPU s an hour": {name: round(one * 3600 / IDLE_SECONDS) for name, one in idle.items()}} | {
        "latency": layers,
        "CPU s": used,
        "CPU s a cycle": round(used["all"] / max(1, layers.get("mart", {}).get("cycles", 0)), 1),
    }


def daily(home: Path, dsn: str, minutes: float) -> dict[str, Any]:
    """The same changes, loaded at once by fingerprints of all history."""
    with writing(dsn, datetime.now(UTC).date(), old=False):
        time.sleep(minutes * 60)
    before = cpu(home)
    own = refresh()
    return own | {"services' CPU s": spent(before, cpu(home))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--orders", type=int, default=2_000_000)
    parser.add_argument("--minutes", type=float, default=10)
    arguments = parser.parse_args()
    first = datetime.now(UTC).date() - timedelta(days=DAYS - 1)
    os.environ |= {
        "SHOPSTREAM_HOME": str(arguments.home),
        "SHOPSTREAM_START_DATE": str(first),
        "SHOPSTREAM_SOURCE": "external",
        "SHOPSTREAM_CHANGE_FEED": "logical",
        "SHOPSTREAM_AUTOMATION": "true",
    }
    from shopstream_platform.cli.environment import dagster_home
    from shopstream_platform.config.load import load_settings
    from shopstream_platform.services import embedded

    dsn = embedded.ensure_postgres(arguments.home).dsn
    with closing(psycopg2.connect(dsn)) as connection:
        fill(connection, arguments.orders * LINES_PER_ORDER, arguments.orders, first)
    results: dict[str, Any] = {"first refresh": refresh()}
    os.environ |= dagster_home(load_settings())
    results["feed"] = measure(arguments.home, dsn, arguments.minutes)
    os.environ["SHOPSTREAM_CHANGE_FEED"] = "fingerprints"
    results["fingerprints"] = daily(arguments.home, dsn, arguments.minutes)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
