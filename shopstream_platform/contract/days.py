"""What a partition's day means, and ranges of days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shopstream_platform.config.groups import CalendarSettings


@dataclass(frozen=True)
class Days:
    """An inclusive range of partitions, and where the first partition of all lies."""

    first: date
    last: date
    start: date

    @property
    def takes_earlier_rows(self) -> bool:
        """Whether the range holds the first partition of all."""
        return self.first <= self.start


def today(calendar: CalendarSettings) -> date:
    """The day that is running now at the source."""
    return datetime.now(ZoneInfo(calendar.source_timezone)).date()


def last_complete_day(calendar: CalendarSettings) -> date:
    """The newest day that is over: yesterday at the source."""
    return today(calendar) - timedelta(days=1)


def newest_partition(calendar: CalendarSettings) -> date:
    """The newest day that may be loaded: the running one, or the one before where that is not included."""
    return today(calendar) if calendar.include_today else last_complete_day(calendar)


def now_at_source(calendar: CalendarSettings) -> datetime:
    """The moment as the source's clocks show it, without a zone, as its rows are dated."""
    return datetime.now(ZoneInfo(calendar.source_timezone)).replace(tzinfo=None)


def days_between(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def contiguous_ranges(days: Iterable[date], apart: int = 1) -> list[tuple[date, date]]:
    """Days in any order -> ascending (first, last) ranges without gaps, or with gaps of less than `apart` days."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and day - ranges[-1][1] <= timedelta(days=apart):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
