"""One changed row of a large snapshot table: the chunk that it lies in, against a copy of the whole table.

    python -m benchmarks.chunks --rows 1000000 --home DIR

Extraction and load of `users`, without the plan before and the models after. CPU seconds of this process and of the
three services together; one JSON line a case.
"""

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

import psutil

from shopstream_platform.config.groups import CHUNK_ROWS
from shopstream_platform.contract.oltp import postgres_ddl
from shopstream_platform.contract.tables import BY_NAME
from shopstream_platform.pipeline.extract.table import extract
from shopstream_platform.pipeline.load.transaction import load
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.postgres import connect, snapshot
from shopstream_platform.stores.warehouse import open_session

USERS = BY_NAME["users"]
TODAY = datetime.now(UTC).date()
ROUNDS = 3
FILL = (
    "INSERT INTO users (email, first_name, last_name, country, plan_type, created_at) "
    "SELECT 'user' || i || '@shop.example', 'Anna', 'Nym' || i %% 9973, 'DEU', 'freemium', "
    "timestamp '2024-01-01' + i * interval '1 second' FROM generate_series(1, %s) AS i"
)


def main() -> None:
    """Fill the table, then let the two ways take turns, a changed row before each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, required=True)
    arguments = parser.parse_args()
    home: Path = arguments.home
    shop, store, account = (
        embedded.ensure_postgres(home),
        embedded.ensure_object_store(home),
        embedded.ensure_warehouse(home),
    )
    with connect(shop.dsn) as conn, conn.cursor() as cursor:
        cursor.execute(";".join(postgres_ddl((USERS,))))
        cursor.execute(FILL, [arguments.rows])
        conn.commit()
        lake = Lake(store)
        with open_session(account) as warehouse:

            def move(chunk_rows: int) -> None:
                cursor.execute("UPDATE users SET plan_type = 'premium' || txid_current() % 1000 WHERE id = 77777")
                conn.commit()
                with snapshot(shop.dsn) as reader:
                    extract(reader, lake, USERS, None, snapshot_day=TODAY, run_id="b", chunk_rows=chunk_rows)
                load(warehouse, lake, USERS, None, start_date=TODAY, run_id="b")

            # Each way begins with a whole copy, since it cannot use what the other has left.
            for case, chunk_rows in (("whole copy", arguments.rows * 2), ("chunks", CHUNK_ROWS)):
                move(chunk_rows)
                for _ in range(ROUNDS):
                    found = _measured(home, partial(move, chunk_rows))
                    print(json.dumps({"case": case, "rows": arguments.rows} | found), flush=True)
    embedded.down(home)


def _measured(home: Path, work: Callable[[], None]) -> dict[str, float]:
    before, began = _cpu(home), perf_counter()
    work()
    after = _cpu(home)
    return {name: round(after[name] - before[name], 2) for name in after} | {"wall": round(perf_counter() - began, 2)}


def _cpu(home: Path) -> dict[str, float]:
    """CPU seconds of this process and of each service so far, and their sum."""
    found = {"client": _seconds(psutil.Process())}
    for status in embedded.status(home):
        if status.pid:
            process = psutil.Process(status.pid)
            found[status.name] = sum(_seconds(one) for one in (process, *process.children(recursive=True)))
    return found | {"sum": sum(found.values())}


def _seconds(process: psutil.Process) -> float:
    # Children that have ended too: PostgreSQL has a process for each connection.
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    main()
