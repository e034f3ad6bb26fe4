"""What daily runs leave behind is dropped when it is old: by a schedule, and by commands, once a day.

The embedded services keep it for 30 days, and so does any load log what later loads have superseded. An instance and a
bucket of one's own are left alone, unless SHOPSTREAM_RETENTION_DAYS says how long the instance's runs and the lake's
snapshots are to be kept; old versions of the bucket's objects have its lifecycle rule.
"""

import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import dagster as dg

from shopstream_platform.config.environment.variables import INSTANCE_URL
from shopstream_platform.config.groups import OperationSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.defs.assets.common import RUN_TAGS
from shopstream_platform.pipeline.housekeeping.files import tidy_logs
from shopstream_platform.pipeline.housekeeping.lake import drop_old_versions
from shopstream_platform.pipeline.housekeeping.load_log import drop_superseded_loads
from shopstream_platform.pipeline.housekeeping.record import (
    EMBEDDED_DAYS,
    Swept,
    days_of_files,
    last_sweep,
    note_sweep,
)
from shopstream_platform.pipeline.housekeeping.snapshots import drop_old_snapshots
from shopstream_platform.services import embedded, resolve
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.warehouse import open_session

CRON = "30 3 * * *"
BETWEEN = timedelta(days=1)


def days_of_runs(operation: OperationSettings) -> float | None:
    """How long superseded runs are kept; None: for ever."""
    return operation.retention_days or (EMBEDDED_DAYS if INSTANCE_URL in os.environ else None)


def sweep(settings: Settings, instance: dg.DagsterInstance) -> Swept:
    """Drop what is old. Killed in the middle, it goes on with the rest the next time."""
    now = datetime.now(UTC)
    runs = checks = versions = size = snapshots = 0
    if days := days_of_runs(settings.operation):
        # Here, since it imports SQLAlchemy and Alembic, which loading the definitions does without.
        from shopstream_platform.defs.retention import drop_old_checks, drop_old_runs, drop_plans_of_checks

        runs = drop_old_runs(instance, now - timedelta(days=days))
        checks = drop_old_checks(instance, now - timedelta(days=days)) + drop_plans_of_checks(instance)
    before = now - timedelta(days=days_of_files(settings.operation))
    if settings.lake_is_embedded or settings.operation.retention_days:
        # First, so that what it deletes is an old version in time.
        snapshots = drop_old_snapshots(Lake(resolve.object_store(settings)), before.date())
    if settings.lake_is_embedded:
        versions, size = drop_old_versions(resolve.object_store(settings), before)
        embedded.drop_changes_of_lake(settings.home)
    tracebacks = tidy_logs(settings.home / "logs", before)
    with open_session(resolve.warehouse(settings), layer="housekeeping") as warehouse:
        loads = drop_superseded_loads(warehouse, now - before)
    swept = Swept(runs, checks, versions, size, tracebacks, snapshots, loads)
    note_sweep(settings.home, now, swept)
    return swept


def sweep_if_due(settings: Settings, instance: dg.DagsterInstance) -> Swept | None:
    """`sweep` a day after the last time; a home that is new has nothing old."""
    last, now = last_sweep(settings.home), datetime.now(UTC)
    if last is None:
        note_sweep(settings.home, now, Swept())
    elif now - last >= BETWEEN:
        return sweep(settings, instance)
    return None


def housekeeping_job(settings: Settings) -> dg.JobDefinition:
    """The job `housekeeping`."""

    @dg.op(description="Drops runs, checks, versions and snapshots in the lake, superseded loads, old logs.")
    def drop_what_is_old(context: dg.OpExecutionContext) -> None:
        swept = sweep(settings, context.instance)
        context.log.info(f"Dropped: {swept}")
        context.add_output_metadata({name: dg.MetadataValue.int(count) for name, count in asdict(swept).items()})

    @dg.job(
        name="housekeeping",
        executor_def=dg.in_process_executor,
        tags=RUN_TAGS,
        description="What is old and proves nothing any more: runs, checks, loads, logs, old versions and snapshots.",
    )
    def housekeeping() -> None:
        drop_what_is_old()

    return housekeeping


def housekeeping_schedule(
    settings: Settings, job: dg.JobDefinition, status: dg.DefaultScheduleStatus
) -> dg.ScheduleDefinition:
    """Once a day, after the daily run."""
    return dg.ScheduleDefinition(
        name="daily_housekeeping",
        job=job,
        cron_schedule=CRON,
        execution_timezone=settings.calendar.source_timezone,
        default_status=status,
        description="Drops what is older than SHOPSTREAM_RETENTION_DAYS (30 days for embedded services and load logs).",
    )
