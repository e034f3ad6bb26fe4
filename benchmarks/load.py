"""Many clients at once: 20 sessions that query, beside refreshes of changing days, for ten minutes.

    python -m benchmarks.load --home DIR --minutes 10

Prints one JSON line: statements, failures, seconds of the middle and of the slowest twentieth, refreshes, and the
largest memory of each service.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from time import monotonic, sleep

import psutil

QUERIES = (
    "SELECT COUNT(*) FROM RAW.ORDERS",
    "SELECT country, SUM(total_revenue) FROM MARTS.mart_sales_overview GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
    "SELECT segment, COUNT(*), AVG(lifetime_value) FROM MARTS.mart_customer_ltv GROUP BY 1",
    "SELECT * FROM MARTS.mart_product_performance ORDER BY revenue_rank LIMIT 100",
    "SELECT * FROM CORE.fact_orders LIMIT 5000",
    "SELECT o.status, COUNT(*) FROM RAW.ORDERS o JOIN RAW.ORDER_ITEMS i ON i.order_id = o.id GROUP BY 1",
    "SELECT event_type, DATE_TRUNC('day', event_ts), COUNT(*) FROM RAW.EVENTS GROUP BY 1, 2 ORDER BY 3 DESC",
    "SHOW TABLES IN SCHEMA RAW",
)


class Tally:
    """What the clients saw; shared by all of them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seconds: list[float] = []
        self.failures: list[str] = []

    def add(self, seconds: float, failure: str | None = None) -> None:
        """One statement."""
        with self.lock:
            self.seconds.append(seconds)
            if failure:
                self.failures.append(failure)


def _client(number: int, end: float, tally: Tally) -> None:
    from shopstream_platform.config.load import load_settings
    from shopstream_platform.services import resolve
    from shopstream_platform.stores.warehouse import open_session

    dice = random.Random(number)
    while monotonic() < end:
        with open_session(resolve.warehouse(load_settings())) as session:
            for _ in range(dice.randrange(1, 40)):
                began = monotonic()
                try:
                    session.rows(dice.choice(QUERIES))
                    tally.add(monotonic() - began)
                except Exception as error:
                    tally.add(monotonic() - began, f"{type(error).__name__}: {error}"[:300])
                if monotonic() >= end:
                    return
                sleep(dice.random() * 0.2)


def _refreshes(end: float, tally: Tally) -> int:
    shopstream, dice, done = str(Path(sys.executable).parent / "shopstream"), random.Random(0), 0
    while monotonic() < end:
        change = f"UPDATE orders SET status = 'refunded' WHERE id % 97 = {dice.randrange(97)}"
        for command in ([shopstream, "psql", "-c", change], [shopstream, "refresh"]):
            ran = subprocess.run(command, capture_output=True, text=True, check=False)
            if ran.returncode:
                tally.failures.append((ran.stdout + ran.stderr)[-600:])
        done += 1
    return done


def _watch(home: Path, end: float, largest: dict[str, float]) -> None:
    from shopstream_platform.services import embedded

    while monotonic() < end:
        for status in embedded.status(home):
            with suppress(psutil.Error):
                process = psutil.Process(status.pid)
                size = sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 2**20
                largest[status.name] = max(largest.get(status.name, 0), round(size))
        sleep(1)


def main() -> None:
    """Run it and print the line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="a home that `shopstream demo` has filled")
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=10)
    arguments = parser.parse_args()
    os.environ["SHOPSTREAM_HOME"] = str(arguments.home)
    tally, largest = Tally(), dict[str, float]()
    end = monotonic() + arguments.minutes * 60
    threads = [threading.Thread(target=_client, args=(number, end, tally)) for number in range(arguments.clients)]
    threads.append(threading.Thread(target=_watch, args=(arguments.home, end, largest)))
    for thread in threads:
        thread.start()
    refreshes = _refreshes(end, tally)
    for thread in threads:
        thread.join()
    twentieths = quantiles(tally.seconds, n=20)
    found = {
        "clients": arguments.clients,
        "minutes": arguments.minutes,
        "statements": len(tally.seconds),
        "median_seconds": round(twentieths[9], 3),
        "slowest_twentieth_seconds": round(twentieths[18], 3),
        "slowest_seconds": round(max(tally.seconds), 1),
        "refreshes": refreshes,
        "failures": len(tally.failures),
        "examples": sorted(set(tally.failures))[:5],
        "largest_mib": largest,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
