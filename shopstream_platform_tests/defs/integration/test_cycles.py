"""What ticks of the sensor change_feed request, and that one without a change asks for nothing."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pytest

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.config.groups import ChangeFeed, OltpSettings, OperationSettings, Source
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.chunks import Named
from shopstream_platform.contract.days import today
from shopstream_platform.definitions import build_definitions
from shopstream_platform.defs import cycles
from shopstream_platform.defs.latency import SINCE_TAG, latency, since_tag
from shopstream_platform.defs.named import named_of
from shopstream_platform.defs.requests import RANGE_START_TAG
from shopstream_platform.pipeline.feed.feed import FeedUse
from shopstream_platform.pipeline.feed.glance import Glance
from shopstream_platform.pipeline.refresh.compare import Compared, Fed
from shopstream_platform.pipeline.refresh.drift import Drift, Why
from shopstream_platform.pipeline.refresh.plan import Plan
from shopstream_platform_tests.defs.integration.test_ticks import ORIGIN
from shopstream_platform_tests.fixtures.pipeline import PRODUCTS, USERS

TODAY = date(2026, 1, 9)
IDLE, BUSY = Glance("", False, 1234), Glance("", True, 5678, "something has changed")
MISSING = Glance("", True, 0, "slot shopstream_local is not there", missing=True)
DOWN = Glance("archive", False, 0, "PostgreSQL refuses the connection", failed=True)
QUIET = {"settled_on": str(today(Settings().calendar)), "failures": {}, "unmade": {}}
SETTLED = json.dumps(QUIET)


def plan(*days: date, changes: int = 7, since: float = 1_000.5) -> Plan:
    """Orders of these days have changed."""
    fed = Fed(("orders",), len(days), changes, {"orders": since} if days else {})
    compared = Compared(date(2025, 9, 1), TODAY, date(2025, 9, 1), fed=fed, alone=True)
    drift = Drift(days={"orders": dict.fromkeys(days, Why.CHANGED)} if days else {})
    return Plan(drift=drift, compared=compared, external=True)


@pytest.fixture(scope="module")
def repository() -> dg.RepositoryDefinition:
    settings = Settings(oltp=OltpSettings(source=Source.EXTERNAL, change_feed=ChangeFeed.LOGICAL))
    return build_definitions(settings).get_repository_def()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


Tick = Callable[..., Any]


@pytest.fixture
def tick(repository: dg.RepositoryDefinition, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> Tick:
    """One tick that sees this and plans that."""

    def evaluate(seen: Glance | list[Glance], planned: Plan | Exception, cursor: str | None = None) -> Any:
        def look(_settings: Settings) -> list[Glance]:
            return seen if isinstance(seen, list) else [seen]

        def make_plan(_settings: Settings, *, why_stale: object, feed: FeedUse) -> Plan:
            assert feed is FeedUse.CYCLE
            if isinstance(planned, Exception):
                raise planned
            return planned

        monkeypatch.setattr(cycles, "glance", look)
        monkeypatch.setattr(cycles, "make_plan", make_plan)
        context = dg.build_sensor_context(instance=instance, repository_def=repository, cursor=cursor)
        return repository.get_sensor_def("change_feed").evaluate_tick(context)

    return evaluate


def paths(request: dg.RunRequest) -> set[str]:
    return {key.to_user_string() for key in request.asset_selection or ()}


def test_without_a_change_no_warehouse_is_asked(tick: Tick) -> None:
    found = tick(IDLE, AssertionError("planned"), SETTLED)
    assert found.run_requests == []
    assert found.skip_message == "nothing has changed (shop: 1,234 bytes of log, none with a change)"
    assert json.loads(found.cursor) == QUIET


@pytest.mark.parametrize("cursor", [None, json.dumps({"settled_on": "2026-01-01", "failures": 3})])
def test_what_the_last_cycle_has_loaded_is_looked_at_once_more(tick: Tick, cursor: str | None) -> None:
    found = tick(IDLE, plan(changes=0), cursor)
    assert found.run_requests == []
    assert "Nothing to do" in found.skip_message
    assert json.loads(found.cursor) == QUIET


def test_one_range_is_one_run_up_to_the_pages(tick: Tick) -> None:
    (request,) = tick(BUSY, plan(TODAY, TODAY - timedelta(days=2)), SETTLED).run_requests
    assert {"lake/orders", "raw/orders", "marts/mart_sales_daily"} <= paths(request)
    assert "raw/events" not in paths(request)
    assert request.tags[SINCE_TAG] == "1000.500"


def test_a_burst_becomes_ranges_the_newest_first_and_the_rest_waits(tick: Tick) -> None:
    days = [TODAY - timedelta(days=30 * number) for number in range(cycles.MOST_RANGES + 4)]
    found = tick(BUSY, plan(*days), SETTLED)
    *loads, build = found.run_requests
    assert sorted(load.tags[RANGE_START_TAG] for load in loads) == sorted(map(str, days[: cycles.MOST_RANGES]))
    assert RANGE_START_TAG not in build.tags
    assert {load.tags.get(SINCE_TAG) for load in loads} == {"1000.500"}
    # A load may fail, and this is built all the same.
    assert SINCE_TAG not in build.tags
    assert json.loads(found.cursor)["settled_on"] == ""


def test_a_cycle_waits_for_the_one_before(tick: Tick, instance: dg.DagsterInstance) -> None:
    run = dg.DagsterRun(job_name="everything", status=dg.DagsterRunStatus.STARTED, remote_job_origin=ORIGIN)
    instance.add_run(run)
    assert "queued or running" in tick(BUSY, AssertionError("planned")).skip_message


def test_the_same_is_requested_again_only_after_a_while(tick: Tick, monkeypatch: pytest.MonkeyPatch) -> None:
    def keys(*days: date, changes: int = 0) -> set[str]:
        return {request.run_key for request in tick(IDLE, plan(*days, changes=changes)).run_requests}

    monkeypatch.setattr(cycles, "time", lambda: 1_000_000.0)
    first = keys(TODAY)
    assert keys(TODAY) == first
    assert not keys(TODAY, changes=1) & first
    monkeypatch.setattr(cycles, "time", lambda: 1_000_000.0 + cycles.RETRY_SECONDS)
    assert not keys(TODAY) & first


def alerts(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(message) for message in caplog.messages if "change_feed_stopped" in message]


@pytest.mark.parametrize(
    ("seen", "planned", "problem"),
    [
        (
            Glance("", False, 0, "the slot is being read", failed=True),
            AssertionError("planned"),
            "the slot is being read",
        ),
        (BUSY, TransientError("orders has been locked"), "orders has been locked"),
    ],
)
def test_ten_ticks_that_cannot_look_are_told_once(
    tick: Tick, caplog: pytest.LogCaptureFixture, seen: Glance, planned: Exception, problem: str
) -> None:
    cursor = SETTLED
    for number in range(1, 13):
        found = tick(seen, planned, cursor)
        assert f"{problem} (attempt {number}" in found.skip_message
        cursor = found.cursor
    (line,) = alerts(caplog)
    assert problem in line["text"]
    assert json.loads(tick(IDLE, AssertionError("planned"), cursor).cursor) == QUIET


def test_a_source_that_is_down_keeps_no_other_from_its_cycles_and_is_told(
    tick: Tick, caplog: pytest.LogCaptureFixture
) -> None:
    cursor = SETTLED
    for number in range(1, 13):
        found = tick([BUSY, DOWN], plan(TODAY), cursor)
        assert len(found.run_requests) == 1
        assert json.loads(found.cursor)["failures"] == {"archive": number}
        cursor = found.cursor
    (line,) = alerts(caplog)
    assert line["text"] == (
        "The change feed of source archive could not be read 10 times in a row: PostgreSQL refuses the connection"
    )
    settled = json.dumps(QUIET | {"failures": {"archive": 12}})
    found = tick([IDLE, DOWN], AssertionError("planned"), settled)
    assert "archive: PostgreSQL refuses the connection (attempt 13)" in found.skip_message
    assert json.loads(tick([IDLE, replace(IDLE, source="archive")], AssertionError(), found.cursor).cursor) == QUIET


REFUSED = "the change feed of the shop is not used: the role may not make a replication slot"


@pytest.mark.parametrize("planned", [ShopStreamError(REFUSED), Plan(drift=Drift(blind=["orders: large", REFUSED]))])
def test_a_slot_that_cannot_be_made_is_tried_again_after_a_while(
    tick: Tick, monkeypatch: pytest.MonkeyPatch, planned: Plan | Exception
) -> None:
    monkeypatch.setattr(cycles, "time", lambda: 1_000_000.0)
    found = tick(MISSING, planned, SETTLED)
    assert json.loads(found.cursor)["unmade"] == {"": [REFUSED, 1_000_000.0]}
    monkeypatch.setattr(cycles, "time", lambda: 1_000_000.0 + 60)
    found = tick(MISSING, AssertionError("planned"), found.cursor)
    assert found.skip_message == (
        f"nothing could be looked at (shop: {REFUSED} (tried again in {cycles.RETRY_SECONDS - 60} s) (attempt 2))"
    )
    monkeypatch.setattr(cycles, "time", lambda: 1_000_000.0 + cycles.RETRY_SECONDS)
    made = tick(MISSING, plan(), found.cursor)
    assert json.loads(made.cursor) == QUIET
    # It was made by somebody else meanwhile.
    assert json.loads(tick(IDLE, plan(), found.cursor).cursor) == QUIET


def test_what_passes_by_itself_does_not_delay_a_slot(tick: Tick) -> None:
    found = tick(MISSING, TransientError("the warehouse does not answer"), SETTLED)
    assert json.loads(found.cursor)["unmade"] == {}
    assert len(tick(MISSING, plan(TODAY), found.cursor).run_requests) == 1


def test_what_a_plan_is_blind_to_is_in_the_log_of_the_tick(
    tick: Tick, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dg.SensorEvaluationContext, "log", logging.getLogger("tick"))
    caplog.set_level(logging.INFO, "tick")
    planned = plan(TODAY)
    planned.drift.blind.append("orders: read under row-level security")
    tick(BUSY, planned, SETTLED)
    assert "orders: read under row-level security" in caplog.text
    assert f"orders: {TODAY} (1 day): changed" in caplog.text


def test_there_is_a_sensor_only_where_the_feed_is_on() -> None:
    def sensors(feed: ChangeFeed) -> dict[str, str]:
        settings = Settings(oltp=OltpSettings(change_feed=feed), operation=OperationSettings(automation=True))
        found = build_definitions(settings).get_repository_def().sensor_defs
        return {one.name: one.default_status.value for one in found}

    assert sensors(ChangeFeed.LOGICAL)["change_feed"] == "RUNNING"
    assert "change_feed" not in sensors(ChangeFeed.FINGERPRINTS)


def test_latency_is_the_time_since_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopstream_platform.defs.latency.time", lambda: 1_060.0)
    assert latency(since_tag(1_000.5)) == {"seconds_from_commit": 59.5}
    assert (latency({}), since_tag(None)) == ({}, {})


def test_a_run_carries_the_chunks_that_were_named(tick: Tick) -> None:
    def request(result: str) -> dg.RunRequest:
        planned = plan(TODAY)
        planned.drift.snapshots["users"] = Why.CHANGED
        planned.drift.named["users"] = Named("before", result, frozenset({2, 3}))
        (found,) = tick(BUSY, planned, SETTLED).run_requests
        return found

    one, other = request("one"), request("other")
    assert one.tags["shopstream/chunks_of_users"] == '["before", "one", [[2, 4]]]'
    assert named_of(one.tags, USERS) == Named("before", "one", frozenset({2, 3}))
    assert named_of(one.tags, PRODUCTS) is None
    assert one.run_key == other.run_key
