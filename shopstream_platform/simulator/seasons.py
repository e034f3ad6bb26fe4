"""How much business a day has, and when within the day it happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from shopstream_platform.simulator.chance import Floats, Ints
from shopstream_platform.simulator.occasions import occasion

SECONDS_A_DAY = 86_400
EPOCH = date(1970, 1, 1)
YEAR_DAYS = 365

# Nothing is ordered in the first ten minutes, which leaves room for the visit that leads to an order.
OPENING_SECONDS = 600
CLOSING_SECONDS = 900

GROWTH_START, GROWTH_END = 0.7, 1.3
WEEKDAYS = (0.95, 0.92, 0.95, 1.00, 1.05, 1.10, 1.15)
MONTHS = (0.90, 0.85, 0.92, 0.95, 1.00, 1.00, 0.82, 0.74, 0.96, 1.02, 1.15, 1.30)
HOURS = (2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 9, 10, 12, 11, 9, 9, 9, 10, 12, 14, 16, 15, 10, 5)


@dataclass(frozen=True)
class Course:
    """The shop's course: from its first day it grows for `span_days`, then stays as large as it has become."""

    first_day: date
    span_days: int

    def weight(self, day: date) -> float:
        """The day's business relative to an average one."""
        progress = min(max((day - self.first_day).days / self.span_days, 0.0), 1.0)
        growth = GROWTH_START + (GROWTH_END - GROWTH_START) * progress
        return growth * WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] * occasion(day)

    def weights(self, days: Sequence[date]) -> Floats:
        """`weight` of each day."""
        return np.array([self.weight(day) for day in days])


def start_of(day: date) -> int:
    """Seconds from 1970 to the day's first moment."""
    return (day - EPOCH).days * SECONDS_A_DAY


def moments(rng: np.random.Generator, days: Sequence[date], counts: Ints) -> Ints:
    """`counts[i]` moments on `days[i]` by the hours' liveliness: seconds, ascending."""
    starts = np.repeat(np.array([start_of(day) for day in days], dtype=np.int64), counts)
    shares = np.array(HOURS, dtype=float)
    hours = rng.choice(len(HOURS), len(starts), p=shares / shares.sum())
    within = hours * 3600 + rng.integers(0, 3600, len(starts))
    return np.sort(starts + np.clip(within, OPENING_SECONDS, SECONDS_A_DAY - CLOSING_SECONDS))
