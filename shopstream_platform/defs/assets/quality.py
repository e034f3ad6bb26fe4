"""What the instance knows of how far the figures can be trusted: the newest results of checks, rows not loaded."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

from shopstream_platform.contract.declare import SHOP
from shopstream_platform.contract.tables import tables_of
from shopstream_platform.defs.assets.common import LATER_DAYS, NOTHING, RUNNING_DAY, WITHOUT_TAG, table_key
from shopstream_platform.serving.kit.quality import Checks, Quality, Waiting


def quality_of(context: dg.AssetExecutionContext, checks: Sequence[dg.AssetCheckKey]) -> Quality:
    """What is known now, of these checks and of the rest.

    A run that no plan has asked for does not know which tables could not be loaded.
    """
    without = context.run.tags.get(WITHOUT_TAG)
    return Quality(
        seen_at=datetime.now(UTC).replace(tzinfo=None),
        checks=_checks(context.instance, checks),
        waiting=_waiting(context.instance),
        left_out=None if without is None else tuple(name for name in without.split(", ") if name != NOTHING),
    )


def _checks(instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey]) -> Checks | None:
    """The newest result of each; None if there is not one."""
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    results = {key: result for key in keys if (record := found.get(key)) and (result := _result(record))}
    if not results:
        return None
    warned = {key for key, one in results.items() if not one.passed and one.severity is dg.AssetCheckSeverity.WARN}
    failed = {key for key, one in results.items() if not one.passed} - warned
    return Checks(
        passed=len(results) - len(warned) - len(failed),
        warned=tuple(_name(key) for key in results if key in warned),
        failed=tuple(_name(key) for key in results if key in failed),
        never_run=len(keys) - len(results),
    )


def _result(record: AssetCheckExecutionRecord) -> dg.AssetCheckEvaluation | None:
    """None of a check that a run has begun and not ended."""
    evaluation = record.evaluation
    return evaluation if isinstance(evaluation, dg.AssetCheckEvaluation) else None


def _name(key: dg.AssetCheckKey) -> str:
    return f"{key.asset_key.to_user_string()}: {key.name}"


def _waiting(instance: dg.DagsterInstance) -> Waiting | None:
    """Rows that the newest extraction of each table has seen and not taken; None if one has not counted them."""
    today = later = 0
    for table in (table for table in tables_of(SHOP) if table.partitioned):
        event = instance.get_latest_materialization_event(table_key("lake", table))
        metadata = event.asset_materialization.metadata if event and event.asset_materialization else {}
        if RUNNING_DAY not in metadata or LATER_DAYS not in metadata:
            return None
        today += int(str(metadata[RUNNING_DAY].value))
        later += int(str(metadata[LATER_DAYS].value))
    return Waiting(today, later)
