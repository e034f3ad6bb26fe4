"""The one daily partitions definition."""

import dagster as dg

from shopstream_platform.config.groups import CalendarSettings


def daily_partitions(calendar: CalendarSettings) -> dg.DailyPartitionsDefinition:
    """Days from SHOPSTREAM_START_DATE to the running one, or to yesterday without SHOPSTREAM_INCLUDE_TODAY.

    SHOPSTREAM_SOURCE_TIMEZONE says when a day is over.
    """
    return dg.DailyPartitionsDefinition(
        start_date=calendar.start_date.isoformat(),
        timezone=calendar.source_timezone,
        end_offset=1 if calendar.include_today else 0,
    )
