"""The blocking check of raw/*: it reports the load's figures, and fails where the warehouse is not the source."""

from pathlib import Path

import dagster as dg
import pytest

from shopstream_platform.config.groups import CalendarSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.defs.assets.raw import CHECK, build_raw_assets
from shopstream_platform.defs.resources.lake import LakeResource
from shopstream_platform.defs.resources.warehouse import WarehouseResource
from shopstream_platform.pipeline.load.running import running_day
from shopstream_platform.stores.manifest import write_manifest
from shopstream_platform_tests.fixtures.pipeline import ORDERS, START, USERS, Pipeline, day, days

KEY = dg.AssetKey(["raw", "orders"])


@pytest.fixture
def extracted(pipeline: Pipeline) -> Pipeline:
    """Three orders of a day in the lake."""
    pipeline.insert(USERS, email="ada@example.org")
    for _ in range(3):
        pipeline.insert(ORDERS, user_id=1, total_amount=1, created_at=day(0))
    pipeline.extract(ORDERS, days(0))
    return pipeline


def _load(home: Path) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [build_raw_assets(Settings(calendar=CalendarSettings(start_date=START)))],
        selection=[KEY],
        partition_key=str(START),
        resources={
            "lake": LakeResource(home=str(home)),
            "warehouse": WarehouseResource(home=str(home)),
        },
        raise_on_error=False,
    )


def _evaluation(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = result.get_asset_check_evaluations()
    assert (found.asset_key, found.check_name, found.blocking) == (KEY, CHECK, True)
    return found


def test_a_load_that_equals_the_source_passes_with_its_figures(extracted: Pipeline, running_home: Path) -> None:
    result = _load(running_home)
    found = _evaluation(result)
    assert result.success
    assert found.passed
    assert found.metadata["rows"].value == 3
    (made,) = result.get_asset_materialization_events()
    preview = made.materialization.metadata["preview"]
    assert isinstance(preview, dg.TableMetadataValue)
    assert [column.name for column in preview.schema.columns][:2] == ["id", "user_id"]
    assert len(preview.records) == 3


def test_a_materialization_says_whether_its_day_was_over(extracted: Pipeline, running_home: Path) -> None:
    def metadata() -> dict[str, object]:
        (made,) = _load(running_home).get_asset_materialization_events()
        return {name: made.materialization.metadata[name].value for name in made.materialization.metadata}

    assert metadata()["complete"] is True
    assert running_day(extracted.warehouse) is None
    extracted.extract(ORDERS, days(0), snapshot_day=day(0))
    running = metadata()
    assert running["complete"] is False
    assert str(running["running_day"]).startswith(f"{day(0)} was not over")
    assert running_day(extracted.warehouse) == day(0)
    log = "SELECT is_complete FROM RAW._LOAD_LOG WHERE table_name = 'orders' ORDER BY load_id"
    assert extracted.warehouse.rows(log) == [(True,), (False,)]


def test_a_load_that_differs_fails_and_leaves_raw_as_it_was(extracted: Pipeline, running_home: Path) -> None:
    manifest = extracted.manifest(ORDERS, day(0))
    write_manifest(extracted.lake, ORDERS, manifest.model_copy(update={"checksum": manifest.checksum + 1}))
    result = _load(running_home)
    found = _evaluation(result)
    assert not result.success
    assert not found.passed
    assert "rolled back" in str(found.metadata["problem"].value)
    assert result.get_asset_materialization_events() == []
    assert extracted.raw_rows(ORDERS) == []


def test_a_checksum_that_cannot_be_compared_is_said(extracted: Pipeline, running_home: Path) -> None:
    manifest = extracted.manifest(ORDERS, day(0))
    earlier = {"columns": {**manifest.columns, "coupon": "text"}, "method": "4:of then"}
    held = {name: name for name in manifest.columns}
    write_manifest(extracted.lake, ORDERS, manifest.model_copy(update={**earlier, "held": held}))
    found = _evaluation(_load(running_home))
    assert found.passed
    assert found.metadata["not_compared"].value == (
        "1 partition: rows counted, checksum not comparable (column coupon is no longer declared)"
    )
