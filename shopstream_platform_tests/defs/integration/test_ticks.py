"""What ticks request, when they skip, and that nothing starts unless it is turned on."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from shopstream_platform.config.errors import TransientError
from shopstream_platform.config.groups import OltpSettings, OperationSettings, Source
from shopstream_platform.config.settings import Environment, Settings
from shopstream_platform.definitions import build_definitions
from shopstream_platform.defs import automation
from shopstream_platform.defs.requests import RANGE_END_TAG, RANGE_START_TAG
from shopstream_platform.pipeline.refresh.drift import Drift, Why
from shopstream_platform.pipeline.refresh.plan import Plan
from shopstream_platform.pipeline.refresh.summary import NOTHING_TO_DO, VERIFIED
from shopstream_platform.pipeline.refresh.verify import Damage

TICK = datetime(2026, 1, 10, 2, tzinfo=UTC)
YESTERDAY, EARLIER = date(2026, 1, 9), date(2025, 12, 24)
SCATTERED = Plan(simulated_days=[YESTERDAY], drift=Drift(days={"orders": {EARLIER: Why.CHANGED}}))
LOCATION = RegisteredCodeLocationOrigin("shopstream_platform")
ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(LOCATION, "__repository__"), "everything")
DOWN = "PostgreSQL at db:5432/shop cannot be reached"


@pytest.fixture
def settings() -> Settings:
    return Settings(oltp=OltpSettings(source=Source.SIMULATED, drift_days=30))


@pytest.fixture
def repository(settings: Settings) -> dg.RepositoryDefinition:
    return build_definitions(settings).get_repository_def()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Callable[[Plan | Exception], list[int | None]]:
    """Make plans be this one; the windows that were asked for."""
    windows: list[int | None] = []

    def set_plan(plan: Plan | Exception) -> list[int | None]:
        def make_plan(
            _settings: Settings, window_days: int | None = None, *, why_stale: object, verify: bool = False, **_: object
        ) -> Plan:
            # Whoever compares all of history counts everything again too.
            assert verify is (window_days is None)
            windows.append(window_days)
            if isinstance(plan, Exception):
                raise plan
            return plan

        monkeypatch.setattr(automation, "make_plan", make_plan)
        return windows

    return set_plan


def daily_tick(repository: dg.RepositoryDefinition) -> Any:
    context = dg.build_schedule_context(scheduled_execution_time=TICK, repository_def=repository)
    return repository.get_schedule_def("daily").evaluate_tick(context)


def drift_tick(repository: dg.RepositoryDefinition, instance: dg.DagsterInstance) -> Any:
    context = dg.build_sensor_context(instance=instance, repository_def=repository)
    return repository.get_sensor_def("drift").evaluate_tick(context)


def paths(request: dg.RunRequest) -> set[str]:
    return {key.to_user_string() for key in request.asset_selection or ()}


def test_yesterday_and_a_drifted_day_are_runs_of_their_own_and_one_build(
    repository: dg.RepositoryDefinition, planned: Callable
) -> None:
    windows = planned(SCATTERED)
    new, late, build = daily_tick(repository).run_requests
    assert windows == [30]
    assert (new.tags[RANGE_START_TAG], new.tags[RANGE_END_TAG]) == (str(YESTERDAY), str(YESTERDAY))
    assert {"oltp/orders", "lake/users", "raw/events"} <= paths(new)
    assert (late.tags[RANGE_START_TAG], late.tags[RANGE_END_TAG]) == (str(EARLIER), str(EARLIER))
    assert paths(late) == {"lake/orders", "raw/orders"}
    assert RANGE_START_TAG not in build.tags
    assert "marts/mart_sales_daily" in paths(build)
    assert not any(path.startswith(("oltp/", "lake/", "raw/", "docs/")) for path in paths(build))


def test_the_build_waits_for_the_loads_of_its_tick(repository: dg.RepositoryDefinition, planned: Callable) -> None:
    planned(SCATTERED)
    *loads, build = daily_tick(repository).run_requests
    assert {load.tags.get("dagster/priority", "0") for load in loads} == {"0"}
    assert int(build.tags["dagster/priority"]) < 0


def test_a_tick_evaluated_twice_requests_nothing_twice(repository: dg.RepositoryDefinition, planned: Callable) -> None:
    planned(SCATTERED)
    first, second = ([request.run_key for request in daily_tick(repository).run_requests] for _ in range(2))
    assert first == second
    assert len(set(first)) == 3


def test_every_request_is_a_run_that_the_job_can_make(repository: dg.RepositoryDefinition, planned: Callable) -> None:
    planned(SCATTERED)
    for request in daily_tick(repository).run_requests:
        wanted = frozenset(request.asset_selection)
        job = repository.get_job("everything").get_subset(asset_selection=wanted)
        assert job.asset_layer.selected_asset_keys == wanted
        assert dg.validate_run_config(job)


def test_nothing_to_do_is_a_skip(repository: dg.RepositoryDefinition, planned: Callable) -> None:
    planned(Plan())
    tick = daily_tick(repository)
    assert tick.run_requests == []
    assert "Nothing to do" in tick.skip_message


def test_a_source_that_is_down_fails_the_schedules_tick_and_is_told(
    repository: dg.RepositoryDefinition, planned: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    planned(TransientError(DOWN))
    with pytest.raises(Exception) as caught:
        daily_tick(repository)
    assert DOWN in str(caught.value.__cause__ or caught.value)
    (line,) = caplog.messages
    assert json.loads(line)["event"] == "tick_failed"
    assert DOWN in json.loads(line)["text"]


def test_a_source_that_is_down_skips_the_sensors_tick(
    repository: dg.RepositoryDefinition, planned: Callable, instance: dg.DagsterInstance
) -> None:
    planned(TransientError(DOWN))
    assert DOWN in drift_tick(repository, instance).skip_message
    planned(SCATTERED)
    assert len(drift_tick(repository, instance).run_requests) == 3


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTED])
def test_the_sensor_waits_for_what_is_queued_or_running(
    repository: dg.RepositoryDefinition, planned: Callable, instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    windows = planned(SCATTERED)
    instance.add_run(dg.DagsterRun(job_name="everything", status=status, remote_job_origin=ORIGIN))
    assert "queued or running" in drift_tick(repository, instance).skip_message
    assert windows == []


def test_the_same_drift_is_requested_again_only_later_or_after_a_success(
    repository: dg.RepositoryDefinition,
    planned: Callable,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def keys() -> set[str]:
        return {request.run_key for request in drift_tick(repository, instance).run_requests}

    planned(SCATTERED)
    monkeypatch.setattr(automation, "time", lambda: 1_000_000.0)
    first = keys()
    assert keys() == first
    monkeypatch.setattr(automation, "time", lambda: 1_000_000.0 + automation.RETRY_SECONDS)
    later = keys()
    assert not first & later
    instance.add_run(dg.DagsterRun(job_name="everything", status=dg.DagsterRunStatus.SUCCESS))
    assert not later & keys()


def test_a_full_comparison_requests_what_it_finds(
    repository: dg.RepositoryDefinition, planned: Callable, instance: dg.DagsterInstance
) -> None:
    windows = planned(SCATTERED)
    result = repository.get_job("full_comparison").execute_in_process(instance=instance)
    assert (result.success, windows) == (True, [None])
    context = dg.build_run_status_sensor_context(
        "after_full_comparison",
        dagster_event=result.all_events[-1],
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        repository_def=repository,
    )
    found = list(repository.get_sensor_def("after_full_comparison")(context))
    ticks = daily_tick(repository).run_requests
    assert [(paths(r), r.tags.get(RANGE_START_TAG)) for r in found] == [
        (paths(r), r.tags.get(RANGE_START_TAG)) for r in ticks
    ]


REFUSED = "the source's table orders has changed"
LEFT = Damage(beyond_repair=["RAW.ORDERS holds 3 rows that no load has put there: DELETE FROM RAW.ORDERS"])


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan(build_reason="RAW was loaded", drift=Drift(refused={"orders": REFUSED})), REFUSED),
        (Plan(), NOTHING_TO_DO),
    ],
)
def test_a_tick_without_runs_says_why(
    repository: dg.RepositoryDefinition, planned: Callable, plan: Plan, said: str
) -> None:
    planned(plan)
    tick = daily_tick(repository)
    assert tick.run_requests == []
    assert said in tick.skip_message
    assert (NOTHING_TO_DO in tick.skip_message) is (said == NOTHING_TO_DO)


@pytest.mark.parametrize(
    ("plan", "verdict"),
    [
        (Plan(damage=Damage()), VERIFIED),
        (Plan(damage=Damage(), drift=Drift(refused={"orders": REFUSED})), REFUSED),
        (Plan(damage=LEFT), LEFT.beyond_repair[0]),
    ],
)
def test_a_full_comparison_is_verified_only_if_everything_agrees(
    repository: dg.RepositoryDefinition,
    planned: Callable,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    plan: Plan,
    verdict: str,
) -> None:
    prepared: list[Plan] = []
    monkeypatch.setattr(automation, "prepare_repair", lambda _settings, plan: prepared.append(plan))
    planned(plan)
    result = repository.get_job("full_comparison").execute_in_process(instance=instance)
    assert (result.success, prepared) == (True, [replace(plan, build_reason=automation.WHOLE)])
    outputs = result.filter_events(lambda event: event.event_type == dg.DagsterEventType.STEP_OUTPUT)
    assert outputs[0].step_output_data.metadata["verdict"].value == verdict
    context = dg.build_run_status_sensor_context(
        "after_full_comparison",
        dagster_event=result.all_events[-1],
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        repository_def=repository,
    )
    (request,) = repository.get_sensor_def("after_full_comparison")(context)
    if plan.drift.refused:
        assert request.skip_message == verdict
    else:
        built = {key.path[0] for key in request.asset_selection}
        assert {"staging", "core", "marts", "snapshots"} <= built
        assert not {"oltp", "lake", "raw"} & built


def test_tables_that_the_source_has_changed_are_told(
    repository: dg.RepositoryDefinition, planned: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    planned(Plan(drift=Drift(refused={"orders": "the source's table orders has changed"})))
    assert daily_tick(repository).run_requests == []
    assert json.loads(caplog.messages[0])["tables"] == ["orders"]


def test_everything_is_off_until_it_is_turned_on(settings: Settings) -> None:
    def statuses(settings: Settings) -> set[str]:
        repository = build_definitions(settings).get_repository_def()
        return {d.default_status.value for d in (*repository.schedule_defs, *repository.sensor_defs)}

    assert statuses(settings) == {"STOPPED"}
    on = settings.model_copy(update={"operation": OperationSettings(automation=True)})
    assert statuses(on) == {"RUNNING"}
    assert statuses(on.model_copy(update={"env": Environment.CI})) == set()
