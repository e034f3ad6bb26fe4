"""Every check of the state of things passes on a good state and fails on the fault that it is for."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from shopstream_platform.config.groups import CalendarSettings, OltpSettings, Source
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.raw import LOAD_LOG, LOAD_LOG_COLUMNS
from shopstream_platform.contract.tables import BY_NAME, PARTITIONED, SHOP_TABLES
from shopstream_platform.defs import checks
from shopstream_platform.defs.checks import build_checks, checks_job, expected_days, volume_check
from shopstream_platform.defs.resources.postgres import PostgresResource
from shopstream_platform.defs.resources.warehouse import WarehouseResource
from shopstream_platform.pipeline.load.volume import Volume, is_unusual, read_volumes
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform_tests.fixtures.pipeline import START, Pipeline, day

WEEKS = 10
LAST = 7 * WEEKS
Rows = Callable[[date], int]
Evaluate = Callable[[], dict[str, dg.AssetCheckEvaluation]]


def weekly(when: date) -> int:
    """Twenty rows on a weekday, forty on a weekend."""
    return 40 if when.weekday() >= 5 else 20


def log_loads(
    warehouse: Warehouse,
    rows: Rows,
    numbers: range,
    load_id: str = "1",
    table: str | None = None,
    *,
    complete: str = "TRUE",
) -> None:
    """Loads as the log has them; the checks look at nothing else."""
    tables = [table] if table else [t.name for t in PARTITIONED]
    values = ", ".join(
        f"('{name}', '{day(n)}', '{load_id}', {rows(day(n))}, '0', '0', NULL, 'm', 1, '', 'test', '{START}', "
        f"SYSDATE(), {complete})"
        for name in tables
        for n in numbers
    )
    warehouse.execute(f"INSERT INTO {LOAD_LOG} ({', '.join(LOAD_LOG_COLUMNS)}) VALUES {values}")


@pytest.fixture
def evaluate(pipeline: Pipeline, running_home: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    """Run the job as it is the morning after day LAST; the evaluations by asset and check."""
    log_loads(pipeline.warehouse, weekly, range(LAST + 1))
    now = datetime.combine(day(LAST + 1), datetime.min.time(), UTC) + timedelta(hours=9)
    monkeypatch.setattr(checks, "datetime", type("Clock", (datetime,), {"now": classmethod(lambda *_: now)}))
    settings = Settings(calendar=CalendarSettings(start_date=START))
    definitions = dg.Definitions(
        assets=[dg.AssetSpec(dg.AssetKey([layer, t.name])) for layer in ("oltp", "raw") for t in SHOP_TABLES],
        asset_checks=build_checks(settings),
        jobs=[checks_job],
        resources={
            "postgres": PostgresResource(dsn=pipeline.dsn),
            "warehouse": WarehouseResource(home=str(running_home)),
        },
    )

    def run() -> dict[str, dg.AssetCheckEvaluation]:
        result = definitions.resolve_job_def("checks").execute_in_process()
        found = result.get_asset_check_evaluations()
        return {f"{e.asset_key.to_user_string()} {e.check_name}": e for e in found}

    return run


def failed(evaluations: dict[str, dg.AssetCheckEvaluation]) -> list[str]:
    return [name for name, evaluation in evaluations.items() if not evaluation.passed]


def test_a_good_state_passes_with_figures(evaluate: Evaluate) -> None:
    found = evaluate()
    assert failed(found) == []
    assert len(found) == len(SHOP_TABLES) + 2 * len(PARTITIONED)
    fresh, volume = found["raw/orders partitions_loaded"].metadata, found["raw/orders volume_as_usual"].metadata
    assert (fresh["newest_partition"].value, fresh["days_missing"].value) == (str(day(LAST)), 0)
    assert (volume["days_judged"].value, volume["largest_deviation"].value) == (7, 0)
    assert found["oltp/orders schema_as_declared"].metadata["declared"].value == len(BY_NAME["orders"].columns)


def test_a_day_that_was_not_loaded_fails(evaluate: Evaluate, pipeline: Pipeline) -> None:
    gone = f"table_name = 'events' AND partition_date IN ('{day(LAST)}', '{day(LAST - 3)}', '{START}')"
    pipeline.warehouse.execute(f"DELETE FROM {LOAD_LOG} WHERE {gone}")
    found = evaluate()
    assert failed(found) == ["raw/events partitions_loaded"]
    evaluation = found["raw/events partitions_loaded"]
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR
    assert evaluation.metadata["missing"].value == [str(START), str(day(LAST - 3)), str(day(LAST))]


@pytest.mark.parametrize("rows", [0, 3, 90])
def test_a_day_far_from_its_weekdays_history_warns(evaluate: Evaluate, pipeline: Pipeline, rows: int) -> None:
    log_loads(pipeline.warehouse, lambda _: rows, range(LAST - 1, LAST), load_id="2", table="orders")
    found = evaluate()
    assert failed(found) == ["raw/orders volume_as_usual"]
    evaluation = found["raw/orders volume_as_usual"]
    assert evaluation.severity is dg.AssetCheckSeverity.WARN
    assert f"{day(LAST - 1)} has {rows} rows" in (evaluation.description or "")
    assert evaluation.metadata["days_unusual"].value == 1


def test_a_day_that_is_known_to_be_another_is_not_judged() -> None:
    sale = Volume(date(2026, 3, 4), 90, 12, 14.0, 6.0)
    settings = Settings(calendar=CalendarSettings(unusual_days=frozenset({sale.day})))
    found = volume_check(BY_NAME["orders"], [sale], expected_days(settings, BY_NAME["orders"], [sale]))
    assert found.passed
    assert found.metadata["days_judged"].value == 0
    assert found.metadata["days_not_judged"].value == ["2026-03-04"]


def test_the_simulated_shops_own_sale_raises_no_alarm() -> None:
    sale = Volume(date(2026, 11, 27), 90, 12, 14.0, 6.0)
    assert not volume_check(BY_NAME["orders"], [sale]).passed
    assert volume_check(BY_NAME["orders"], [sale], expected_days(Settings(), BY_NAME["orders"], [sale])).passed
    external = Settings(oltp=OltpSettings(source=Source.EXTERNAL))
    found = volume_check(BY_NAME["orders"], [sale], expected_days(external, BY_NAME["orders"], [sale]))
    assert found.description == (
        "2026-11-27 has 90 rows instead of about 14: look at these days at the source; if they are right, list them in "
        "SHOPSTREAM_UNUSUAL_DAYS"
    )


def test_a_running_day_raises_no_alarm(evaluate: Evaluate, pipeline: Pipeline) -> None:
    log_loads(pipeline.warehouse, lambda _: 1, range(LAST + 1, LAST + 2), complete="FALSE")
    found = evaluate()
    assert failed(found) == []
    volume = found["raw/orders volume_as_usual"].metadata
    assert volume["days_judged"].value == 7
    assert str(day(LAST + 1)) not in str(volume["days"].value)


def test_a_day_that_was_loaded_before_it_was_over_and_not_since_is_missing(
    evaluate: Evaluate, pipeline: Pipeline
) -> None:
    pipeline.warehouse.execute(
        f"UPDATE {LOAD_LOG} SET is_complete = FALSE WHERE partition_date = '{day(LAST)}' AND table_name = 'orders'"
    )
    found = evaluate()
    assert failed(found) == ["raw/orders partitions_loaded"]
    assert found["raw/orders partitions_loaded"].metadata["missing"].value == [str(day(LAST))]
    log_loads(pipeline.warehouse, weekly, range(LAST, LAST + 1), load_id="2", table="orders", complete="NULL")
    assert failed(evaluate()) == []


def test_an_odd_week_in_the_history_hides_nothing(evaluate: Evaluate, pipeline: Pipeline) -> None:
    log_loads(pipeline.warehouse, lambda _: 5000, range(LAST - 14, LAST - 7), load_id="2", table="orders")
    assert failed(evaluate()) == []
    log_loads(pipeline.warehouse, lambda _: 0, range(LAST, LAST + 1), load_id="2", table="orders")
    assert failed(evaluate()) == ["raw/orders volume_as_usual"]


def test_chance_raises_no_alarm(pipeline: Pipeline) -> None:
    log_loads(pipeline.warehouse, lambda when: 12 + (when.toordinal() * 7919) % 9, range(LAST + 1))
    volumes = read_volumes(pipeline.warehouse)
    assert all(len(days) == 7 for days in volumes.values())
    assert not [v for days in volumes.values() for v in days if is_unusual(v)]


def test_too_little_history_passes_with_a_note(evaluate: Evaluate, pipeline: Pipeline) -> None:
    pipeline.warehouse.execute(f"DELETE FROM {LOAD_LOG} WHERE partition_date > '{day(30)}'")
    evaluation = evaluate()["raw/orders volume_as_usual"]
    assert evaluation.passed
    assert "weeks of history" in str(evaluation.metadata["note"].value)


def test_an_undeclared_column_warns_and_a_missing_or_retyped_one_fails(evaluate: Evaluate, pipeline: Pipeline) -> None:
    pipeline.sql("ALTER TABLE users ADD nickname text")
    pipeline.sql("ALTER TABLE products DROP COLUMN category")
    pipeline.sql("ALTER TABLE orders ALTER status TYPE text")
    pipeline.sql("DROP TABLE crm_contacts")
    found = evaluate()
    severities = {name: found[name].severity.value for name in failed(found)}
    assert severities == {
        "oltp/users schema_as_declared": "WARN",
        "oltp/products schema_as_declared": "ERROR",
        "oltp/orders schema_as_declared": "ERROR",
        "oltp/crm_contacts schema_as_declared": "ERROR",
    }
    assert found["oltp/users schema_as_declared"].metadata["undeclared"].value == ["nickname"]
    assert "products.category is declared but the source does not have it" in (
        found["oltp/products schema_as_declared"].description or ""
    )


def test_yesterday_is_not_due_in_the_night() -> None:
    loaded = {day(n): datetime(2026, 1, 1) for n in range(LAST)}
    night = datetime.combine(day(LAST + 1), datetime.min.time(), UTC) + timedelta(hours=3)
    settings = Settings(calendar=CalendarSettings(start_date=START))
    assert checks.freshness(PARTITIONED[0], loaded, settings, night).passed
    assert not checks.freshness(PARTITIONED[0], loaded, settings, night + timedelta(hours=4)).passed
