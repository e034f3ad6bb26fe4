"""Old runs of the platform's own instance, with their events, checks and compute logs.

A run goes when everything that it materialized was materialized again since: then it proves nothing any more. One that
holds the newest materialization of an asset or a partition stays, or the UI would show that partition as missing; of
its events those stay that say when it began and ended and what it materialized.

Dagster has no interface for these questions, so they are asked of its tables, in this module alone.
"""

from datetime import datetime

import dagster as dg
import sqlalchemy as sa
from dagster._core.events import PIPELINE_EVENTS
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
OF_ASSETS = [dg.DagsterEventType.ASSET_MATERIALIZATION.value, dg.DagsterEventType.ASSET_OBSERVATION.value]
OF_RUNS = [kind.value for kind in PIPELINE_EVENTS]


def drop_old_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Delete superseded runs that were created before a moment; how many they were."""
    needed = _needed(_storage(instance))
    old = instance.get_run_ids(dg.RunsFilter(statuses=FINISHED, created_before=before))
    superseded = [run_id for run_id in old if run_id not in needed]
    for run_id in old:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    for run_id in superseded:
        instance.delete_run(run_id)
    _strip(_storage(instance), needed.intersection(old))
    return len(superseded)


def drop_old_checks(instance: dg.DagsterInstance, before: datetime) -> int:
    """Delete executions of asset checks before a moment, but for the newest of each check; how many they were."""
    checks = AssetCheckExecutionsTable.c
    newest = sa.select(sa.func.max(checks.id)).group_by(checks.asset_key, checks.check_name, checks.partition)
    # The column has no time zone and holds UTC.
    old = AssetCheckExecutionsTable.delete().where(
        checks.create_timestamp < before.replace(tzinfo=None), checks.id.not_in(newest)
    )
    with _storage(instance).index_connection() as connection:
        return connection.execute(old).rowcount


def drop_plans_of_checks(instance: dg.DagsterInstance) -> int:
    """Delete what a run had planned to check partition by partition and has checked as a whole; how many they were.

    Dagster plans a check once for each partition of a run's range. A check that looks at the whole table has one result
    for all of them, without a partition, and the plans would stay for ever. Those of a check that never ran stay: they
    are all that tells of it.
    """
    plans, results = AssetCheckExecutionsTable, AssetCheckExecutionsTable.alias("results")
    same = (results.c[name] == plans.c[name] for name in ("asset_key", "check_name", "run_id"))
    planned = AssetCheckExecutionRecordStatus.PLANNED.value
    answered = sa.exists().where(*same, results.c.execution_status != planned, results.c.partition.is_(None))
    superseded = plans.delete().where(plans.c.execution_status == planned, plans.c.partition.is_not(None), answered)
    with _storage(instance).index_connection() as connection:
        return connection.execute(superseded).rowcount


def _strip(storage: SqlEventLogStorage, run_ids: set[str]) -> None:
    """Nine tenths of a run's events tell how it went about its work."""
    events = SqlEventLogStorageTable.c
    told = sa.or_(events.dagster_event_type.is_(None), events.dagster_event_type.not_in([*OF_ASSETS, *OF_RUNS]))
    with storage.index_connection() as connection:
        connection.execute(SqlEventLogStorageTable.delete().where(events.run_id.in_(run_ids), told))


def _needed(storage: SqlEventLogStorage) -> set[str]:
    """The runs that hold the newest event of some asset or partition."""
    events = SqlEventLogStorageTable.c
    newest = (
        sa.select(sa.func.max(events.id))
        .where(events.dagster_event_type.in_(OF_ASSETS))
        .group_by(events.asset_key, events.partition, events.dagster_event_type)
    )
    with storage.index_connection() as connection:
        return set(connection.execute(sa.select(events.run_id).where(events.id.in_(newest)).distinct()).scalars())


def _storage(instance: dg.DagsterInstance) -> SqlEventLogStorage:
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        raise TypeError(f"the instance keeps its events in {type(storage).__name__}, which has no tables to tidy")
    return storage
