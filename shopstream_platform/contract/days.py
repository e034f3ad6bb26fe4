"""The one daily partitions definition, and what a partition's day means."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shopstream_platform.config.settings import Settings

if TYPE_CHECKING:
    from dagster import DailyPartitionsDefinition


def daily_partitions(settings: Settings) -> "DailyPartitionsDefinition":
    """Days from SHOPSTREAM_START_DATE to yesterday, where SHOPSTREAM_SOURCE_TIMEZONE says when a day is over."""
    # Imported here: planning a refresh needs days, but not Dagster, which takes two seconds to import.
    from dagster import DailyPartitionsDefinition

    return DailyPartitionsDefinition(start_date=settings.start_date.isoformat(), timezone=settings.source_timezone)


def today(settings: Settings) -> date:
    """The day that is running now at the source."""
    return datetime.now(ZoneInfo(settings.source_timezone)).date()


def last_complete_day(settings: Settings) -> date:
    """The newest partition: yesterday at the source."""
    return today(settings) - timedelta(days=1)


def days_between(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def contiguous_ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days in any order -> ascending (first, last) ranges without gaps: one run each."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
