"""Days and ranges of days."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopstream_platform.config.groups import CalendarSettings
from shopstream_platform.contract import days as partitions
from shopstream_platform.contract.days import (
    contiguous_ranges,
    days_between,
    last_complete_day,
    newest_partition,
    now_at_source,
    today,
)
from shopstream_platform.defs.partitions import daily_partitions

FIRST = date(2025, 9, 1)
some_days = st.lists(st.integers(0, 60).map(lambda number: FIRST + timedelta(days=number)))


@given(some_days)
def test_ranges_hold_exactly_the_days(days: list[date]) -> None:
    covered = [day for first, last in contiguous_ranges(days) for day in days_between(first, last)]
    assert covered == sorted(set(days))


@given(some_days)
def test_ranges_are_as_long_as_they_can_be(days: list[date]) -> None:
    ranges = contiguous_ranges(days)
    assert all((after[0] - before[1]).days > 1 for before, after in pairwise(ranges))
    assert all(first <= last for first, last in ranges)


def test_one_day_is_a_range() -> None:
    assert contiguous_ranges({FIRST}) == [(FIRST, FIRST)]


def test_no_days_are_no_ranges() -> None:
    assert contiguous_ranges([]) == []


def test_days_between_holds_both_ends() -> None:
    assert days_between(date(2024, 2, 28), date(2024, 3, 1)) == [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]


def test_days_between_is_empty_backwards() -> None:
    assert days_between(FIRST, FIRST - timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("timezone", "now", "running"),
    [
        ("UTC", datetime(2026, 1, 1, 0, 0, tzinfo=UTC), date(2026, 1, 1)),
        ("Europe/Paris", datetime(2025, 12, 31, 23, 30, tzinfo=UTC), date(2026, 1, 1)),
        ("America/New_York", datetime(2026, 1, 1, 4, 59, tzinfo=UTC), date(2025, 12, 31)),
        ("Pacific/Kiritimati", datetime(2025, 12, 31, 10, 0, tzinfo=UTC), date(2026, 1, 1)),
    ],
)
def test_the_time_zone_decides_when_yesterday_is_over(
    monkeypatch: pytest.MonkeyPatch, timezone: str, now: datetime, running: date
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return now.astimezone(tz)

    monkeypatch.setattr(partitions, "datetime", Clock)
    calendar = CalendarSettings(source_timezone=timezone)
    assert today(calendar) == running
    assert last_complete_day(calendar) == running - timedelta(days=1)
    assert now_at_source(calendar).date() == running
    assert now_at_source(calendar).tzinfo is None


def test_the_running_day_is_the_newest_partition_unless_it_is_left_out() -> None:
    calendar = CalendarSettings(include_today=True)
    assert newest_partition(calendar) == today(calendar)
    without = CalendarSettings(include_today=False)
    assert newest_partition(without) == last_complete_day(without) == today(without) - timedelta(days=1)


@pytest.mark.parametrize("include_today", [True, False])
@pytest.mark.parametrize("timezone", ["UTC", "Europe/Paris", "America/New_York", "Pacific/Kiritimati"])
def test_dagster_ends_its_partitions_where_the_platform_does(timezone: str, include_today: bool) -> None:
    calendar = CalendarSettings(source_timezone=timezone, include_today=include_today)
    keys = daily_partitions(calendar).get_partition_keys()
    assert (keys[0], keys[-1]) == (str(calendar.start_date), str(newest_partition(calendar)))
    assert len(keys) == len(days_between(calendar.start_date, newest_partition(calendar)))
