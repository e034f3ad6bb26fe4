"""The proof: writers change everything, the process of the cycles is killed at any moment, and RAW is the source.

After each kill the writers pause, the feed is drained, and every row of RAW is compared with the source, in the
partition where it belongs. Once in between the server throws away what the slot needs.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shopstream_platform.services.postgres import MOST_KEPT_FOR_SLOTS
from shopstream_platform_tests.fixtures.fed import FedShop
from shopstream_platform_tests.fixtures.fed_writer import Writer
from shopstream_platform_tests.fixtures.pipeline import connect

PROCESS = "shopstream_platform_tests.fixtures.fed_process"
LONGEST_PAUSE_SECONDS = 1


@contextmanager
def writing(shop: FedShop, seed: int, kind: type[Writer] = Writer) -> Iterator[list[Writer]]:
    writers = [kind(shop.pipeline.dsn, seed * 10 + number) for number in range(2)]
    for writer in writers:
        writer.start()
    try:
        yield writers
    finally:
        for writer in writers:
            writer.ended = True
            writer.running.set()
        for writer in writers:
            writer.join(20)


@contextmanager
def cycling(shop: FedShop, home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that runs cycle after cycle, and is killed at the end."""
    command = [sys.executable, "-m", PROCESS, shop.pipeline.dsn, shop.name, str(home), str(shop.chunk_rows)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def invalidate(shop: FedShop) -> None:
    """Let the server need the room that the slot takes."""
    server = connect(shop.pipeline.dsn)

    def run(*statements: str) -> None:
        with server.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    try:
        run("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'", "SELECT pg_reload_conf()")
        for _ in range(20):
            run(
                "SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))",
                "SELECT pg_switch_wal()",
                "CHECKPOINT",
            )
            query = "SELECT wal_status FROM pg_replication_slots WHERE slot_name = %s"
            if shop.pipeline.sql(query, [shop.name]) == [("lost",)]:
                return
        raise AssertionError("the slot was not invalidated")
    finally:
        run(f"ALTER SYSTEM SET max_slot_wal_keep_size = '{MOST_KEPT_FOR_SLOTS}'", "SELECT pg_reload_conf()")
        server.close()


def prove(shop: FedShop, home: Path, rounds: int, seed: int, kind: type[Writer] = Writer) -> Counter[str]:
    """Rounds of writing, killing and draining; where the process was when it was killed, and what was written."""
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    with writing(shop, seed, kind) as writers:
        for number in range(rounds):
            for writer in writers:
                writer.running.set()
            with cycling(shop, home) as process:
                assert process.stdout is not None
                lines = [process.stdout.readline() for _ in range(chance.choice([1, 2, 2, 2, 3, 5]))]
                time.sleep(chance.random() * LONGEST_PAUSE_SECONDS)
            lines += process.stdout.readlines()
            *_, last = lines
            found.update(line.strip() for line in lines)
            found[f"killed in {last.strip()}"] += 1
            if number == rounds // 2:
                invalidate(shop)
            for writer in writers:
                writer.pause()
            shop.drain()
            assert (number, shop.unlike()) == (number, [])
            print(number, dict(found), flush=True)
        assert shop.differences() == {}
        for writer in writers:
            found.update(writer.kinds)
    return found


@pytest.mark.slow
def test_a_killed_cycle_loses_nothing(new_shop: Callable[..., FedShop], running_home: Path) -> None:
    shop = new_shop()
    shop.drain()
    found = prove(shop, running_home, rounds=2, seed=1)
    assert found["status"] > found["move"] > 0


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_no_kill_of_many_loses_anything(new_shop: Callable[..., FedShop], running_home: Path) -> None:
    shop = new_shop()
    shop.drain()
    found = prove(shop, running_home, rounds=60, seed=7)
    assert min(found["killed in plan"], found["killed in load"], found["truncate"]) > 0
