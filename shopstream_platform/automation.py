"""The job over the whole graph, and what starts it by itself."""

from datetime import date

import dagster as dg

from shopstream_platform.partitions import last_complete_day
from shopstream_platform.settings import Settings

JOB = "everything"
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"
DAILY_CRON = "0 2 * * *"


everything = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all(),
    description="From the OLTP tables to the marts, for one day or one contiguous range of days.",
    executor_def=dg.in_process_executor,
)


def range_tags(first: date, last: date) -> dict[str, str]:
    """The tags that give a run of the job its days."""
    return {RANGE_START_TAG: str(first), RANGE_END_TAG: str(last)}


def daily_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Yesterday, at 02:00 of the source's time zone. Opt-in: turn it on in the UI."""

    @dg.schedule(
        name="daily",
        job_name=JOB,
        cron_schedule=DAILY_CRON,
        execution_timezone=settings.source_timezone,
        description="Materializes yesterday, from the source to the marts.",
    )
    def daily() -> dg.RunRequest:
        day = last_complete_day(settings)
        return dg.RunRequest(run_key=str(day), tags=range_tags(day, day))

    return daily
