"""One changed row of a large snapshot table: the chunk that it lies in, against a copy of the whole table.

    python -m benchmarks.chunks --rows 1000000 --home DIR

Plan, extraction and load of `users`, without the models after. The ways take turns, a changed row before each: the
whole copy (chunks off), chunks that are found by comparing all rows (change feed off), chunks that the change feed
names. CPU seconds of this process and of the three services; one JSON line a turn, and at the end the medians.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from pydantic import SecretStr

from benchmarks.measure import services_cpu
from shopstream_platform.config.groups import CHUNK_ROWS, CalendarSettings, ChangeFeed, OltpSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.oltp import postgres_ddl
from shopstream_platform.contract.tables import BY_NAME, SHOP_TABLES
from shopstream_platform.pipeline.extract.table import extract
from shopstream_platform.pipeline.feed.feed import FeedUse
from shopstream_platform.pipeline.load.transaction import load
from shopstream_platform.pipeline.refresh.chunks import Chunking
from shopstream_platform.pipeline.refresh.compare import window
from shopstream_platform.pipeline.refresh.drift import Drift, read_loads
from shopstream_platform.pipeline.refresh.sources import Question, compare_sources
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.postgres import connect, snapshot
from shopstream_platform.stores.warehouse import Warehouse, open_session

USERS = BY_NAME["users"]
TODAY = datetime.now(UTC).date()
START = TODAY - timedelta(days=1)
ROUNDS = 3
FILL = (
    "INSERT INTO users (email, first_name, last_name, country, plan_type, created_at) "
    "SELECT 'user' || i || '@shop.example', 'Anna', 'Nym' || i %% 9973, 'DEU', 'freemium', "
    "timestamp '2024-01-01' + i * interval '1 second' FROM generate_series(1, %s) AS i"
)
CHANGE = "UPDATE users SET plan_type = 'premium' || txid_current() % 1000 WHERE id = 777"
WHOLE, FOUND, NAMED = "whole copy", "chunks, all rows compared", "chunks that the change feed names"


@dataclass(frozen=True)
class Shop:
    """A source of one large table, and its way into RAW."""

    dsn: str
    lake: Lake
    warehouse: Warehouse

    def move(self, chunk_rows: int, use: FeedUse) -> Drift:
        """What a refresh does before the models: what has changed, extracted and loaded."""
        oltp = OltpSettings(postgres_dsn=SecretStr(self.dsn), change_feed=ChangeFeed.LOGICAL)
        settings = Settings(calendar=CalendarSettings(start_date=START), oltp=oltp)
        question = Question(
            settings,
            self.warehouse,
            read_loads(self.warehouse),
            deletion_limit=None,
            broken=False,
            feed=use,
            chunking=Chunking(lambda: self.lake, chunk_rows),
        )
        drift, _ = compare_sources(question, window(START, START, None), with_shop=True)
        with snapshot(self.dsn) as conn:
            for name in (*drift.days, *drift.snapshots):
                table = BY_NAME[name]
                days = Days(START, START, START) if table.partitioned else None
                named = drift.named.get(name)
                extract(
                    *(conn, self.lake, table, days),
                    snapshot_day=TODAY,
                    run_id="b",
                    chunk_rows=chunk_rows,
                    named=named,
                )
                load(self.warehouse, self.lake, table, days, start_date=START, run_id="b")
        return drift

    def settle(self, chunk_rows: int) -> None:
        """Let nothing be left to do, in chunks of this size."""
        while self.move(chunk_rows, FeedUse.TAKE):
            pass


def main() -> None:
    """Fill the table, then let the ways take turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, required=True)
    arguments = parser.parse_args()
    home: Path = arguments.home
    dsn, store, account = (
        embedded.ensure_postgres(home).dsn,
        embedded.ensure_object_store(home),
        embedded.ensure_warehouse(home),
    )
    with connect(dsn) as conn, conn.cursor() as cursor, open_session(account) as warehouse:
        cursor.execute(";".join(postgres_ddl(SHOP_TABLES)))
        cursor.execute(FILL, [arguments.rows])
        conn.commit()
        shop, results = Shop(dsn, Lake(store), warehouse), dict[str, list[dict[str, float]]]()

        def turn(case: str, chunk_rows: int, use: FeedUse) -> None:
            cursor.execute(CHANGE)
            conn.commit()
            found = _measured(home, partial(shop.move, chunk_rows, use))
            results.setdefault(case, []).append(found)
            print(json.dumps({"case": case, "rows": arguments.rows} | found), flush=True)

        for _ in range(ROUNDS):
            off = arguments.rows * 2
            shop.settle(off)
            turn(WHOLE, off, FeedUse.TAKE)
            # A way cannot use what another one has left: what leads to it is not measured.
            cursor.execute(CHANGE)
            conn.commit()
            shop.settle(CHUNK_ROWS)
            turn(NAMED, CHUNK_ROWS, FeedUse.TAKE)
            turn(FOUND, CHUNK_ROWS, FeedUse.OFF)
    medians = {case: {name: median(one[name] for one in turns) for name in turns[0]} for case, turns in results.items()}
    print(json.dumps(medians, indent=2))
    print(f"{NAMED}: 1/{medians[WHOLE]['sum'] / medians[NAMED]['sum']:.1f} of the {WHOLE}")
    embedded.down(home)


def _measured(home: Path, work: Callable[[], object]) -> dict[str, float]:
    before, began = _cpu(home), perf_counter()
    work()
    after = _cpu(home)
    return {name: round(after[name] - before[name], 2) for name in after} | {"wall": round(perf_counter() - began, 2)}


def _cpu(home: Path) -> dict[str, float]:
    """CPU seconds of this process and of each service so far, and their sum."""
    found = {"client": process_time()} | services_cpu(home)
    return found | {"sum": sum(found.values())}


if __name__ == "__main__":
    main()
