"""What a run that makes pages knows of checks, of rows not loaded, of tables left out; and what it does not."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from shopstream_platform.contract.declare import SHOP
from shopstream_platform.contract.tables import tables_of
from shopstream_platform.defs.assets.common import LATER_DAYS, NOTHING, RUNNING_DAY, WITHOUT_TAG, table_key
from shopstream_platform.defs.assets.quality import quality_of
from shopstream_platform.serving.kit.quality import Checks, Quality, Waiting

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
DAYS_TABLES = [table for table in tables_of(SHOP) if table.partitioned]


def run(instance: dg.DagsterInstance, tags: dict[str, str], outcomes: dict[str, Any] | None) -> Quality:
    """What a step sees after another one, whose checks have these outcomes; None: it was not run at all."""
    seen: list[Quality] = []
    names = ("fine", "doubtful", "broken", "never_run")

    @dg.multi_asset(
        specs=[dg.AssetSpec("checked", skippable=True)],
        check_specs=[dg.AssetCheckSpec(name, asset="checked") for name in names],
        can_subset=True,
    )
    def work() -> Iterator[Any]:
        yield dg.MaterializeResult("checked")
        for name, (passed, severity) in (outcomes or {}).items():
            yield dg.AssetCheckResult(passed=passed, check_name=name, asset_key="checked", severity=severity)

    @dg.asset
    def page(context: dg.AssetExecutionContext) -> None:
        seen.append(quality_of(context, [dg.AssetCheckKey(dg.AssetKey("checked"), name) for name in names]))

    definitions = dg.Definitions(assets=[work, page])
    job = definitions.resolve_implicit_global_asset_job_def()
    if outcomes is not None:
        checks = [dg.AssetCheckKey(dg.AssetKey("checked"), name) for name in outcomes]
        selected = dg.AssetSelection.assets("checked").without_checks() | dg.AssetSelection.checks(*checks)
        chosen = dg.define_asset_job("chosen", selected)
        job_of_checks = dg.Definitions(assets=[work, page], jobs=[chosen]).resolve_job_def("chosen")
        assert job_of_checks.execute_in_process(instance=instance).success
    done = job.execute_in_process(instance=instance, asset_selection=[dg.AssetKey("page")], tags=tags)
    assert done.success
    return seen[0]


def extracted(instance: dg.DagsterInstance, today: int, later: int) -> None:
    for table in DAYS_TABLES:
        metadata = {RUNNING_DAY: today, LATER_DAYS: later}
        instance.report_runless_asset_event(dg.AssetMaterialization(table_key("lake", table), metadata=metadata))


def test_an_instance_that_has_seen_nothing_knows_nothing() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        found = run(instance, {}, None)
    assert (found.checks, found.waiting, found.left_out) == (None, None, None)
    assert found.seen_at


def test_the_newest_result_of_every_check_counts() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run(instance, {}, {"fine": (False, ERROR), "doubtful": (True, WARN)})
        found = run(instance, {}, {"fine": (True, ERROR), "doubtful": (False, WARN), "broken": (False, ERROR)})
    assert found.checks == Checks(1, warned=("checked: doubtful",), failed=("checked: broken",), never_run=1)


def test_rows_not_loaded_are_those_of_the_newest_extractions() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        extracted(instance, today=9, later=9)
        extracted(instance, today=2, later=1)
        assert run(instance, {}, None).waiting == Waiting(2 * len(DAYS_TABLES), len(DAYS_TABLES))
        # One that did not count them makes the sum unknown.
        instance.report_runless_asset_event(dg.AssetMaterialization(table_key("lake", DAYS_TABLES[0])))
        assert run(instance, {}, None).waiting is None


def test_a_plan_says_which_tables_could_not_be_loaded() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(instance, {WITHOUT_TAG: NOTHING}, None).left_out == ()
        assert run(instance, {WITHOUT_TAG: "visits, carts"}, None).left_out == ("visits", "carts")
