"""Old runs, checks and versions go; what the asset graph shows stays as it is."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from shopstream_platform.config.environment.variables import INSTANCE_URL
from shopstream_platform.config.groups import OperationSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.defs.housekeeping import days_of_runs, sweep_if_due
from shopstream_platform.defs.retention import drop_old_checks, drop_old_runs, drop_plans_of_checks
from shopstream_platform.pipeline.housekeeping.lake import drop_old_versions
from shopstream_platform.pipeline.housekeeping.record import RECORD, last_sweep
from shopstream_platform.services import embedded
from shopstream_platform.services.s3_client import s3_client

DAYS = dg.StaticPartitionsDefinition(["mon", "tue"])
MODEL = dg.AssetKey("model")


@dg.asset(partitions_def=DAYS)
def loaded() -> None:
    print("something for the compute log")


@dg.asset(check_specs=[dg.AssetCheckSpec("fine", asset="model")])
def model() -> Iterator[dg.MaterializeResult]:
    yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True, check_name="fine")])


@pytest.fixture
def instance(tmp_path: Path, embedded_home: Path) -> Iterator[dg.DagsterInstance]:
    """On PostgreSQL, as the platform's own: SQLite keeps the events of each run in a file of its own."""
    url = embedded.database(embedded_home, "housekeeping").dsn.partition("?")[0]
    storage = {"postgres": {"postgres_url": url.replace("postgresql://", "postgresql+psycopg2://", 1)}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides={"storage": storage}) as instance:
        yield instance
        instance.wipe()


def run(instance: dg.DagsterInstance, asset: dg.AssetsDefinition, partition: str | None = None) -> str:
    return dg.materialize([asset], instance=instance, partition_key=partition).run_id


def later() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=5)


def test_superseded_runs_go_and_every_partition_stays_materialized(instance: dg.DagsterInstance) -> None:
    first, tuesday, again = (run(instance, loaded, day) for day in ("mon", "tue", "mon"))
    older, newest = run(instance, model), run(instance, model)
    assert drop_old_runs(instance, later()) == 2
    assert set(instance.get_run_ids()) == {tuesday, again, newest}
    assert not instance.all_logs(first)
    assert not instance.all_logs(older)
    assert instance.get_materialized_partitions(loaded.key) == {"mon", "tue"}
    event = instance.get_latest_materialization_event(MODEL)
    assert event
    assert event.run_id == newest
    # Of a run that is kept for its partition, what it was and what it materialized.
    told = {entry.dagster_event_type for entry in instance.all_logs(tuesday)}
    assert {
        dg.DagsterEventType.ASSET_MATERIALIZATION,
        dg.DagsterEventType.RUN_START,
        dg.DagsterEventType.RUN_SUCCESS,
    } <= told
    assert dg.DagsterEventType.STEP_START not in told
    # Again there is nothing left to do.
    assert drop_old_runs(instance, later()) == 0


def test_a_run_that_is_young_or_goes_on_stays(instance: dg.DagsterInstance) -> None:
    young, newest = run(instance, model), run(instance, model)
    graph = dg.Definitions([model]).resolve_asset_graph()
    going_on = instance.create_run_for_job(dg.define_asset_job("j").resolve(asset_graph=graph)).run_id
    assert drop_old_runs(instance, datetime.now(UTC) - timedelta(days=1)) == 0
    assert drop_old_runs(instance, later()) == 1
    assert set(instance.get_run_ids()) == {newest, going_on}
    assert young not in instance.get_run_ids()


def test_compute_logs_go_with_their_time(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    kept = run(instance, loaded, "mon")
    assert [path for path in tmp_path.rglob("*.err") if kept in str(path)]
    drop_old_runs(instance, later())
    assert kept in instance.get_run_ids()
    assert not [path for path in tmp_path.rglob("*.err") if kept in str(path)]


def test_of_each_check_the_newest_execution_stays(instance: dg.DagsterInstance) -> None:
    for _ in range(3):
        run(instance, model)
    key = dg.AssetCheckKey(MODEL, "fine")
    assert drop_old_checks(instance, datetime.now(UTC) - timedelta(days=1)) == 0
    assert drop_old_checks(instance, later()) == 2
    (left,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
    assert left.status.value == "SUCCEEDED"


WEEK = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-08")


@dg.asset(
    partitions_def=WEEK,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("fine", asset="week")],
)
def week() -> Iterator[dg.MaterializeResult]:
    yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True, check_name="fine")])


@dg.asset(
    partitions_def=WEEK,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("fine", asset="failing")],
)
def failing() -> Iterator[dg.MaterializeResult]:
    raise RuntimeError("before its check")
    yield


def planned_and_executed(instance: dg.DagsterInstance, asset: dg.AssetsDefinition) -> list[tuple[str, str | None]]:
    """Run the asset for a range of days; the executions of its check after it."""
    window = {"dagster/asset_partition_range_start": "2026-01-02", "dagster/asset_partition_range_end": "2026-01-05"}
    job = dg.Definitions([asset], jobs=[dg.define_asset_job("weekly", [asset])]).resolve_job_def("weekly")
    job.execute_in_process(instance=instance, tags=window, raise_on_error=False)
    return executions(instance, asset)


def executions(instance: dg.DagsterInstance, asset: dg.AssetsDefinition) -> list[tuple[str, str | None]]:
    key = dg.AssetCheckKey(asset.key, "fine")
    found = instance.event_log_storage.get_asset_check_execution_history(key, limit=100)
    return sorted((one.status.value, one.partition) for one in found)


PLANS = [("PLANNED", f"2026-01-0{day}") for day in (2, 3, 4, 5)]


def test_what_a_range_had_planned_to_check_goes_once_it_was_checked_as_a_whole(instance: dg.DagsterInstance) -> None:
    assert planned_and_executed(instance, week) == [*PLANS, ("SUCCEEDED", None)]
    assert drop_plans_of_checks(instance) == len(PLANS)
    assert executions(instance, week) == [("SUCCEEDED", None)]
    assert drop_plans_of_checks(instance) == 0


def test_plans_of_a_check_that_never_ran_stay(instance: dg.DagsterInstance) -> None:
    found = planned_and_executed(instance, failing)
    assert len(found) == len(PLANS)
    assert drop_plans_of_checks(instance) == 0
    assert executions(instance, failing) == found


def test_an_instance_of_ones_own_keeps_its_runs_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(INSTANCE_URL, raising=False)
    assert days_of_runs(OperationSettings()) is None
    assert days_of_runs(OperationSettings(retention_days=7)) == 7
    monkeypatch.setenv(INSTANCE_URL, "postgresql://")
    assert days_of_runs(OperationSettings()) == 30


def test_it_happens_once_a_day(instance: dg.DagsterInstance, tmp_path: Path, embedded_home: Path) -> None:
    embedded.ensure_object_store(embedded_home)
    (embedded_home / RECORD).unlink(missing_ok=True)
    settings = Settings(home=embedded_home)
    assert sweep_if_due(settings, instance) is None
    assert sweep_if_due(settings, instance) is None
    noted = json.loads((embedded_home / RECORD).read_text())
    yesterday = datetime.now(UTC) - timedelta(days=1)
    (embedded_home / RECORD).write_text(json.dumps(noted | {"finished_at": yesterday.isoformat()}))
    assert sweep_if_due(settings, instance) is not None
    swept = last_sweep(embedded_home)
    assert swept
    assert datetime.now(UTC) - swept < timedelta(minutes=1)


@pytest.mark.slow
def test_old_versions_in_the_lake_go_and_readers_notice_nothing(embedded_home: Path) -> None:
    at = embedded.ensure_object_store(embedded_home)
    client = s3_client(at)
    for body in (b"first", b"second", b"third"):
        client.put_object(Bucket=at.bucket, Key="housekeeping/a", Body=body)
    client.put_object(Bucket=at.bucket, Key="housekeeping/gone", Body=b"x")
    client.delete_object(Bucket=at.bucket, Key="housekeeping/gone")
    time.sleep(1)
    assert drop_old_versions(at, datetime.now(UTC) - timedelta(days=1)) == (0, 0)
    dropped, _ = drop_old_versions(at, later())
    assert dropped >= 4
    found = client.list_object_versions(Bucket=at.bucket, Prefix="housekeeping/")
    assert [entry["Key"] for entry in found["Versions"]] == ["housekeeping/a"]
    assert not found.get("DeleteMarkers")
    assert client.get_object(Bucket=at.bucket, Key="housekeeping/a")["Body"].read() == b"third"
    assert drop_old_versions(at, later()) == (0, 0)
