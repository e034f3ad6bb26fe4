"""The schedule with its clock moved forward, on a real source, load log and warehouse."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from shopstream_platform.config.connections import PostgresConnection
from shopstream_platform.config.groups import CalendarSettings, OltpSettings, Source
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract import days as partitions
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.definitions import build_definitions
from shopstream_platform.defs.requests import RANGE_END_TAG, RANGE_START_TAG
from shopstream_platform.services import embedded, resolve
from shopstream_platform_tests.fixtures.pipeline import ORDERS, START, USERS, Pipeline, day, days

TICK = datetime(2026, 1, 10, 2, tzinfo=UTC)
LOADED, WINDOW = 20, 5
Ranges = list[tuple[str, str]]


@pytest.fixture
def include_today() -> bool:
    """Whether the running day is a partition; another value by parametrization."""
    return False


@pytest.fixture
def requested(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, running_home: Path, include_today: bool
) -> Callable[[int], Ranges]:
    """The days that a tick on a day requests; everything up to day LOADED - 1 is in RAW."""
    pipeline.insert(USERS, email="a@example.org")
    for number in range(LOADED):
        pipeline.insert(ORDERS, user_id=1, total_amount=1, created_at=day(number))
    for table in SHOP_TABLES:
        pipeline.move(table, days(0, LOADED - 1) if table.partitioned else None)
    settings = Settings(
        oltp=OltpSettings(source=Source.EXTERNAL, drift_days=WINDOW),
        calendar=CalendarSettings(start_date=START, include_today=include_today),
    )
    monkeypatch.setattr(resolve, "postgres", lambda _: PostgresConnection(pipeline.dsn))
    monkeypatch.setattr(resolve, "warehouse", lambda _: embedded.ensure_warehouse(running_home))
    repository = build_definitions(settings).get_repository_def()

    def tick(number: int) -> Ranges:
        monkeypatch.setattr(partitions, "today", lambda _: day(number))
        context = dg.build_schedule_context(repository_def=repository, scheduled_execution_time=TICK)
        requests = repository.get_schedule_def("daily").evaluate_tick(context).run_requests or []
        return [(r.tags[RANGE_START_TAG], r.tags[RANGE_END_TAG]) for r in requests if RANGE_START_TAG in r.tags]

    return tick


def span(first: int, last: int | None = None) -> tuple[str, str]:
    return str(day(first)), str(day(first if last is None else last))


def test_a_day_later_yesterday_is_requested(requested: Callable[[int], Ranges]) -> None:
    assert requested(LOADED) == []
    assert requested(LOADED + 1) == [span(LOADED)]


@pytest.mark.parametrize("include_today", [True])
def test_the_running_day_is_requested_with_the_one_before(requested: Callable[[int], Ranges]) -> None:
    assert requested(LOADED - 1) == []
    assert requested(LOADED) == [span(LOADED)]
    assert requested(LOADED + 1) == [span(LOADED, LOADED + 1)]


def test_after_days_off_the_missed_days_are_one_range(requested: Callable[[int], Ranges]) -> None:
    assert requested(LOADED + 3) == [span(LOADED, LOADED + 2)]


def test_the_drifted_days_of_the_window_and_the_first_near_ones_as_one_run(
    requested: Callable[[int], Ranges], pipeline: Pipeline
) -> None:
    for number in (0, 3, 17):
        pipeline.sql("UPDATE orders SET status = 'paid' WHERE created_at = %s", [day(number)])
    pipeline.sql("DELETE FROM orders WHERE created_at = %s", [day(18)])
    # The window ends yesterday and has WINDOW days: 16 to 20. Day 3 waits for the weekly comparison.
    assert requested(LOADED + 1) == [span(0), span(17, 20)]
