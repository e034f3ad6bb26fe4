"""Days on which the shop sells far more or less than around them."""

from datetime import date, timedelta


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def is_unusual(day: date) -> bool:
    """Whether the shop sells far more or less than on the same weekday of the weeks before."""
    return occasion(day) != 1.0


def occasion(day: date) -> float:
    """The day's business relative to the same day without an occasion."""
    since_black_friday = (day - black_friday(day.year)).days
    if since_black_friday == 0:
        return 2.6
    if 1 <= since_black_friday <= 3:
        return 1.7
    if day.month == 12:
        return 1.35 if 8 <= day.day <= 21 else 0.55 if 24 <= day.day <= 26 else 1.0
    return 1.0
