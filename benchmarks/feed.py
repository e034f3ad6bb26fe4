"""Changes from commit to RAW: latency and CPU with the change feed on, against hashing all of history.

    python -m benchmarks.feed --home /tmp/feed --orders 2000000 --cycles 6 --seconds 8

A shop of its own gets 200 changes a second: new orders of its newest day and changes of their status, then also of
three earlier days. A cycle is what the sensor plans, extracted and loaded. CPU is this process's and that of the
source's server; dbt is not part of it. Compare ratios: seconds depend on the machine and on what else it does.
"""

import argparse
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import psutil
import psycopg2
from pydantic import SecretStr

from benchmarks.measure import cpu_seconds
from benchmarks.source import DAYS, FIRST_DAY, LINES_PER_ORDER, fill
from shopstream_platform.config.groups import CalendarSettings, ChangeFeed, OltpSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import Days, contiguous_ranges
from shopstream_platform.contract.tables import BY_NAME
from shopstream_platform.pipeline.extract.table import extract
from shopstream_platform.pipeline.feed.feed import FeedUse
from shopstream_platform.pipeline.load.transaction import load
from shopstream_platform.pipeline.refresh.compare import Compared, window
from shopstream_platform.pipeline.refresh.drift import Drift, read_loads
from shopstream_platform.pipeline.refresh.sources import Question, compare_sources
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform.stores.warehouse import Warehouse, open_session

CHANGES_A_SECOND, BATCH_SECONDS = 200, 0.25
ORDER = "INSERT INTO orders (user_id, created_at, total_amount) VALUES (%s, %s, 1)"
STATUS = "UPDATE orders SET status = %s WHERE id = %s"


class Shop:
    """The source under load, and the way of its changes into RAW."""

    def __init__(self, home: Path, orders: int) -> None:
        self.dsn, self.lake = embedded.ensure_postgres(home).dsn, Lake(embedded.ensure_object_store(home))
        with closing(psycopg2.connect(self.dsn)) as connection:
            fill(connection, orders * LINES_PER_ORDER, orders)
        self.last = FIRST_DAY + timedelta(days=DAYS - 1)
        # The newest day has ended, so that one load of it is enough.
        self.read_on = FIRST_DAY + timedelta(days=DAYS)
        self.server = psutil.Process(next(one.pid for one in embedded.status(home) if one.name == "postgres") or 0)
        oltp = OltpSettings(postgres_dsn=SecretStr(self.dsn), change_feed=ChangeFeed.LOGICAL)
        self.settings = Settings(calendar=CalendarSettings(start_date=FIRST_DAY), oltp=oltp)

    def look(self, warehouse: Warehouse, use: FeedUse) -> tuple[Drift, Compared]:
        """What has changed."""
        question = Question(
            self.settings, warehouse, read_loads(warehouse), deletion_limit=None, broken=False, feed=use
        )
        return compare_sources(question, window(FIRST_DAY, self.last, None), with_shop=True)

    def load(self, warehouse: Warehouse, drift: Drift) -> None:
        """Extract and load what has drifted, from one snapshot."""
        names = [*drift.days, *drift.snapshots]
        with snapshot(self.dsn, locking=[BY_NAME[name].source_sql for name in names]) as conn:
            for name in names:
                for first, last in contiguous_ranges(drift.days.get(name, {})) or [(None, None)]:
                    days = Days(first, last, FIRST_DAY) if first and last else None
                    extract(conn, self.lake, BY_NAME[name], days, snapshot_day=self.read_on, run_id="benchmark")
                    load(warehouse, self.lake, BY_NAME[name], days, start_date=FIRST_DAY, run_id="benchmark")

    def cpu(self) -> float:
        """Seconds of this process and of the source's server."""
        return time.process_time() + cpu_seconds(self.server)


@contextmanager
def writing(dsn: str, last: date, *, old: bool) -> Iterator[None]:
    """Another session that changes the orders of the last day all the time, and if `old` some of earlier ones."""
    ended = threading.Event()

    def write() -> None:
        chance, connection = random.Random(1), psycopg2.connect(dsn)
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, created_at::date FROM orders WHERE created_at >= %s", [last])
            today = [number for number, _ in cursor.fetchall()]
            days = [last - timedelta(days=number) for number in (3, 40, 200)]
            cursor.execute("SELECT id FROM orders WHERE created_at::date = ANY(%s)", [days])
            earlier = [number for (number,) in cursor.fetchall()]
            while not ended.wait(BATCH_SECONDS):
                for _ in range(int(CHANGES_A_SECOND * BATCH_SECONDS)):
                    if chance.random() < 0.5:
                        cursor.execute(ORDER, [chance.randrange(1000) + 1, last])
                    else:
                        some = earlier if old and chance.random() < 0.16 else today
                        cursor.execute(STATUS, [f"s{chance.randrange(99)}", chance.choice(some)])
                connection.commit()
        connection.close()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def measure(shop: Shop, warehouse: Warehouse, use: FeedUse, cycles: int, seconds: float) -> dict[str, float]:
    """Medians a cycle: changes, partitions compared, CPU, and seconds from the oldest commit until it was in RAW."""
    found: list[tuple[float, float, float, float]] = []
    for _ in range(cycles):
        time.sleep(seconds)
        began = shop.cpu()
        drift, compared = shop.look(warehouse, use)
        planned = shop.cpu()
        shop.load(warehouse, drift)
        oldest = compared.fed.oldest(compared.fed.since)
        latency = time.time() - oldest if oldest else 0.0
        found.append((compared.fed.changes, planned - began, shop.cpu() - planned, latency))
    changes, plan, move, latency = (median(column) for column in zip(*found, strict=True))
    worst = max(one[3] for one in found)
    return {"changes": changes, "plan CPU s": plan, "load CPU s": move, "latency s": latency, "worst s": worst}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--orders", type=int, default=2_000_000)
    parser.add_argument("--cycles", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=8)
    arguments = parser.parse_args()
    os.environ["SHOPSTREAM_HOME"] = str(arguments.home)
    shop = Shop(arguments.home, arguments.orders)
    with open_session(embedded.ensure_warehouse(arguments.home)) as warehouse:
        while drift := shop.look(warehouse, FeedUse.TAKE)[0]:
            shop.load(warehouse, drift)
        results = {"feed, idle": measure(shop, warehouse, FeedUse.TAKE, arguments.cycles, 0)}
        for name, old in (("feed, today", False), ("feed, 8 % on earlier days", True)):
            with writing(shop.dsn, shop.last, old=old):
                results[name] = measure(shop, warehouse, FeedUse.TAKE, arguments.cycles, arguments.seconds)
        with writing(shop.dsn, shop.last, old=False):
            results["fingerprints of all history"] = measure(shop, warehouse, FeedUse.OFF, 2, arguments.seconds)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
