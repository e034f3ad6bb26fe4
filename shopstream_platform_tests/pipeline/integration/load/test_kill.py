"""Killed at any moment and run again: the same lake and the same RAW as undisturbed."""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from shopstream_platform.contract.days import days_between
from shopstream_platform.contract.oltp import postgres_ddl
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.refresh.drift import find_drift, read_loads
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import MANIFEST_NAME
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform.stores.warehouse import open_session
from shopstream_platform_tests.fixtures.pipeline import EVENTS, START, Pipeline, connect, day, days

LAST_DAY = 39
# Of the time that an undisturbed process takes, its end included.
MIDDLE = 0.6
EXTRACT = """
from shopstream_platform.pipeline.extract import upload
upload.CHUNK_BYTES, upload.PART_BYTES = 4096, 10_000
from shopstream_platform.pipeline.extract.table import extract
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform.stores.warehouse import open_session
ready()
with snapshot(dsn) as conn:
    extract(conn, lake, table, span, snapshot_day=span.last, run_id="killed")
"""
LOAD = """
from shopstream_platform.pipeline.load.transaction import load
from shopstream_platform.stores.warehouse import open_session
with open_session(embedded.ensure_warehouse(home)) as warehouse:
    ready()
    load(warehouse, lake, table, span, start_date=span.start, run_id="killed")
"""
PREPARE = """
import sys
from pathlib import Path
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform_tests.fixtures.pipeline import EVENTS as table, days
home, dsn, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
lake, span = Lake(embedded.ensure_object_store(home)), days(0, last)
def ready():
    print("ready", flush=True)
"""


def fill(shop: Pipeline) -> None:
    """Forty days of events, a megabyte of text that does not compress."""
    for statement in postgres_ddl(SHOP_TABLES):
        shop.sql(statement)
    shop.sql(
        "INSERT INTO events (event_type, event_ts, metadata) "
        "SELECT 'page_view', %s::date + (n %% 40), jsonb_build_object('text', md5(n::text) || md5((-n)::text)) "
        "FROM generate_series(1, 16000) n",
        [START],
    )


@pytest.fixture
def shop(pipeline: Pipeline) -> Pipeline:
    """A shop with many events."""
    fill(pipeline)
    return pipeline


@pytest.fixture
def start(shop: Pipeline, running_home: Path) -> Callable[[str], "subprocess.Popen[str]"]:
    """Start a piece of the pipeline on the shop."""
    return lambda code: start_process(code, running_home, shop.dsn)


def start_process(code: str, home: Path, dsn: str) -> "subprocess.Popen[str]":
    """A piece of the pipeline in a process of its own; returns when it is about to begin."""
    command = [sys.executable, "-c", PREPARE + code, str(home), dsn, str(LAST_DAY)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def end(process: "subprocess.Popen[str]", after: float) -> int:
    """SIGKILL after some seconds, unless it was faster."""
    try:
        code = process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        code = process.wait()
    assert process.stdout is not None
    process.stdout.close()
    return code


def duration(process: "subprocess.Popen[str]") -> float:
    """How long it takes when nobody disturbs it."""
    began = time.monotonic()
    assert end(process, 120) == 0
    return time.monotonic() - began


def in_lake(pipeline: Pipeline) -> tuple[list[tuple[str, int, int, list[str]]], list[str]]:
    """What the manifests say, and every key."""
    manifests = [pipeline.manifest(EVENTS, when) for when in span_days()]
    told = [(str(m.day), m.rows, m.checksum, [file.key for file in m.files]) for m in manifests]
    return told, pipeline.keys(EVENTS)


def span_days() -> list[date]:
    return days_between(day(0), day(LAST_DAY))


@pytest.mark.slow
def test_an_extraction_that_was_killed(shop: Pipeline, start: Callable[[str], "subprocess.Popen[str]"]) -> None:
    seconds = duration(start(EXTRACT))
    undisturbed = in_lake(shop)
    chance = random.Random(1)
    killed = 0
    for _ in range(6):
        shop.clear_target()
        killed += end(start(EXTRACT), chance.uniform(0, seconds * MIDDLE)) == -signal.SIGKILL
        for key in shop.keys(EVENTS):
            whole = json.loads if key.endswith(MANIFEST_NAME) else gzip.decompress
            assert whole(shop.body(key)), "an object under its final key is whole"
        assert end(start(EXTRACT), 120) == 0
        assert in_lake(shop) == undisturbed
        assert shop.load(EVENTS, days(0, LAST_DAY)).rows == 16000
    assert killed >= 2


@pytest.mark.slow
def test_an_extraction_over_an_earlier_one_that_was_killed(
    shop: Pipeline, start: Callable[[str], "subprocess.Popen[str]"]
) -> None:
    seconds = duration(start(EXTRACT))
    shop.load(EVENTS, days(0, LAST_DAY))
    chance = random.Random(2)
    for number in range(4):
        shop.sql("UPDATE events SET event_type = %s WHERE id %% 3 = 0", [f"round {number}"])
        before = shop.raw_rows(EVENTS)
        end(start(EXTRACT), chance.uniform(0, seconds * MIDDLE))
        assert shop.raw_rows(EVENTS) == before
        assert duration(start(EXTRACT)) > 0
        assert shop.load(EVENTS, days(0, LAST_DAY)).rows == 16000
        assert shop.raw_rows(EVENTS) == shop.source_rows(EVENTS)
        listed = {file.key for when in span_days() for file in shop.manifest(EVENTS, when).files}
        assert {key for key in shop.keys(EVENTS) if key.endswith(".gz")} == listed


@pytest.fixture
def other_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose warehouse may be killed, and which soon gives up clients that say nothing."""
    monkeypatch.setenv("SHOPSTREAM_WAREHOUSE_IDLE_SECONDS", "5")
    home = tmp_path_factory.mktemp("killed")
    embedded.up(home)
    yield home
    embedded.down(home)


@pytest.mark.slow
@pytest.mark.parametrize("with_its_warehouse", [False, True])
def test_a_load_that_was_killed(other_home: Path, with_its_warehouse: bool) -> None:
    """Alone, when the next load waits until the dead one's lock is given up; or with the warehouse."""
    dsn = embedded.ensure_postgres(other_home).dsn
    source, lake = connect(dsn), Lake(embedded.ensure_object_store(other_home))
    chance, killed, seconds = random.Random(3), 0, 0.0
    for number in range(6):
        with open_session(embedded.ensure_warehouse(other_home)) as warehouse:
            shop = Pipeline(source, dsn, lake, warehouse)
            if number == 0:
                fill(shop)
                shop.extract(EVENTS, days(0, LAST_DAY))
                seconds = duration(start_process(LOAD, other_home, dsn))
            before = shop.raw_rows(EVENTS), shop.log(EVENTS)
            shop.sql("UPDATE events SET event_type = %s WHERE id %% 3 = 0", [f"round {number}"])
            shop.extract(EVENTS, days(0, LAST_DAY))
            was_killed = (
                end(start_process(LOAD, other_home, dsn), chance.uniform(0, seconds * MIDDLE)) == -signal.SIGKILL
            )
            if was_killed and shop.log(EVENTS) == before[1]:
                assert shop.raw_rows(EVENTS) == before[0], "nobody sees what was not committed"
            killed += was_killed
        if with_its_warehouse:
            kill_warehouse(other_home)
        assert end(start_process(LOAD, other_home, dsn), 120) == 0
        with open_session(embedded.ensure_warehouse(other_home)) as warehouse:
            shop = Pipeline(source, dsn, lake, warehouse)
            assert shop.raw_rows(EVENTS) == shop.source_rows(EVENTS)
            assert {rows for _, _, rows in shop.log(EVENTS)} == {400}
            with snapshot(dsn) as conn:
                assert "events" not in find_drift(conn, read_loads(warehouse), days(0, LAST_DAY)).days
    assert killed >= 2
    source.close()


def kill_warehouse(home: Path) -> None:
    """SIGKILL, and wait until it is gone."""
    (warehouse,) = [service for service in embedded.status(home) if service.name == "warehouse"]
    assert warehouse.pid is not None
    os.kill(warehouse.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(service.running for service in embedded.status(home) if service.name == "warehouse"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
