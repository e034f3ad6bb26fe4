"""`shopstream dev` over time: days that come by themselves, and processes that are killed in the middle."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shopstream_platform_tests.e2e import dagster_ui
from shopstream_platform_tests.e2e.browser import GraphQL
from shopstream_platform_tests.e2e.dagster_ui import FINISHED, Dev, graph, launch, run, wait_until
from shopstream_platform_tests.e2e.shop import HISTORY_DAYS, Shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

# 26 hours apart: where the one has its yesterday, the other has a later one.
LAST_ZONE, FIRST_ZONE = "Etc/GMT+12", "Etc/GMT-14"
DAYS = 4
# Run monitoring looks every 30 seconds.
NOTICED_SECONDS, TICK_SECONDS = 120, 300
DAEMON, WEBSERVER = "dagster-daemon run", "shopstream webserver"


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that is up to date where the day ends last."""
    start = datetime.now(ZoneInfo(LAST_ZONE)).date() - timedelta(days=DAYS)
    shop = Shop(tmp_path_factory.mktemp("operation"), start, LAST_ZONE)
    try:
        refreshed = shop.shopstream("refresh")
        assert refreshed.code == 0, refreshed.everything
        yield shop
    finally:
        assert shop.shopstream("down").code == 0


def _started(ui: GraphQL, run_id: str, steps: int) -> bool:
    """Whether the run is in its middle: so many steps are done."""
    found = run(ui, run_id)
    assert found["status"] not in FINISHED, "too late to kill it"
    return found["status"] == "STARTED" and found["stats"]["stepsSucceeded"] >= steps


def _newest_day(shop: Shop) -> date:
    """A day that both zones have."""
    return shop.start + timedelta(days=DAYS - 1)


@pytest.mark.parametrize(
    "commands",
    [pytest.param((), id="every process"), pytest.param((DAEMON, WEBSERVER), id="daemon and webserver")],
)
def test_after_a_kill_no_run_is_stuck(young: Shop, tmp_path: Path, commands: tuple[str, ...]) -> None:
    with dagster_ui.dev(young, tmp_path) as dev:
        assets = graph(dev.graphql)
        running = launch(dev.graphql, assets, _newest_day(young))
        wait_until(lambda: _started(dev.graphql, running, steps=2), 120)
        queued = launch(dev.graphql, assets, _newest_day(young))
        assert run(dev.graphql, queued)["status"] == "QUEUED"
        dev.kill(*commands)
        wait_until(lambda: not dev.graphql.answers(), 30)

    with dagster_ui.dev(young, tmp_path) as dev:
        found = dagster_ui.finished(dev.graphql, running, NOTICED_SECONDS)
        if not commands:
            assert found["status"] == "FAILURE", found
        # It waited for the one that was killed, and goes on by itself.
        assert dagster_ui.finished(dev.graphql, queued)["status"] == "SUCCESS"
        assert all(found["status"] in FINISHED for found in dagster_ui.runs(dev.graphql))


def test_a_refresh_that_was_killed_does_not_hold_up_the_queue(young: Shop, tmp_path: Path) -> None:
    with dagster_ui.dev(young, tmp_path) as dev:
        before = {found["runId"] for found in dagster_ui.runs(dev.graphql)}
        young.psql("UPDATE orders SET status = 'refunded' WHERE id = (SELECT max(id) FROM orders)")
        killed = _kill_refresh(young, dev, before)
        assert dagster_ui.finished(dev.graphql, killed, NOTICED_SECONDS)["status"] == "FAILURE"
        again = launch(dev.graphql, graph(dev.graphql), _newest_day(young))
        assert dagster_ui.finished(dev.graphql, again)["status"] == "SUCCESS"


def _kill_refresh(shop: Shop, dev: Dev, known: set[str]) -> str:
    """Kill `shopstream refresh` in the middle of its run; the run's id."""
    refresh = shop.begin("refresh")
    try:
        wait_until(lambda: {found["runId"] for found in dagster_ui.runs(dev.graphql)} - known, 120)
        (started,) = {found["runId"] for found in dagster_ui.runs(dev.graphql)} - known
        wait_until(lambda: _started(dev.graphql, started, steps=1), 120)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(refresh.pid, signal.SIGKILL)
        refresh.wait()
    return started


def test_the_daemon_brings_new_days_without_a_hand(young: Shop, tmp_path: Path) -> None:
    later = replace(young, zone=FIRST_ZONE).having(
        SHOPSTREAM_AUTOMATION="true", SHOPSTREAM_DAILY_CRON="* * * * *", SHOPSTREAM_COMPUTE_LOGS_IN_LAKE="true"
    )
    yesterday = datetime.now(ZoneInfo(FIRST_ZONE)).date() - timedelta(days=1)
    days = "SELECT MAX(partition_date) FROM RAW._LOAD_LOG WHERE table_name = 'orders'"
    sold = "SELECT MAX(sale_date) FROM MARTS.mart_sales_daily"
    assert young.warehouse_rows(days)[0][0] < yesterday

    with dagster_ui.dev(later, tmp_path) as dev:

        def scheduled() -> list[dict[str, Any]]:
            return [found for found in dagster_ui.runs(dev.graphql) if _tag(found, "dagster/schedule_name")]

        wait_until(lambda: [found for found in scheduled() if found["status"] == "SUCCESS"], TICK_SECONDS, scheduled)
        wait_until(lambda: later.warehouse_rows(sold) == [(yesterday,)], TICK_SECONDS, scheduled)
        assert {_tag(found, "dagster/schedule_name") for found in scheduled()} == {"daily"}
        # A shop's yesterday is counted from its start. What the new day changed of older ones, such as an order that
        # was delivered, comes with the tick after.
        source = replace(later, start=yesterday - timedelta(days=HISTORY_DAYS - 1))
        wait_until(lambda: later.raw() == source.oltp(), TICK_SECONDS, scheduled)
    assert later.warehouse_rows(days) == [(yesterday,)]


def _tag(found: dict[str, Any], name: str) -> str | None:
    return next((tag["value"] for tag in found["tags"] if tag["key"] == name), None)
