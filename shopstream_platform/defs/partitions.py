"""The one daily partitions definition."""

import dagster as dg

from shopstream_platform.config.settings import Settings


def daily_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Days from SHOPSTREAM_START_DATE to yesterday, where SHOPSTREAM_SOURCE_TIMEZONE says when a day is over."""
    return dg.DailyPartitionsDefinition(start_date=settings.start_date.isoformat(), timezone=settings.source_timezone)
