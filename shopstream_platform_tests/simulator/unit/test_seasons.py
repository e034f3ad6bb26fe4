from datetime import date, timedelta

import numpy as np
import pytest

from shopstream_platform.simulator.chance import stream
from shopstream_platform.simulator.occasions import black_friday
from shopstream_platform.simulator.seasons import (
    SECONDS_A_DAY,
    Course,
    moments,
    start_of,
)

COURSE = Course(date(2025, 1, 1), 365)


@pytest.mark.parametrize(("year", "day"), [(2023, 24), (2024, 29), (2025, 28), (2026, 27), (2029, 23)])
def test_black_friday(year: int, day: int) -> None:
    assert black_friday(year) == date(year, 11, day)


def test_the_year_has_its_seasons() -> None:
    days = [date(2025, 1, 1) + timedelta(offset) for offset in range(730)]
    weights = dict(zip(days, COURSE.weights(days), strict=True))
    assert weights[date(2025, 11, 28)] > 2 * weights[date(2025, 11, 21)]
    assert weights[date(2025, 12, 15)] > weights[date(2025, 10, 13)]
    assert weights[date(2025, 8, 13)] < weights[date(2025, 6, 11)]
    assert weights[date(2025, 12, 25)] < weights[date(2025, 12, 18)]


def test_weekends_are_busier() -> None:
    assert COURSE.weight(date(2026, 3, 8)) > COURSE.weight(date(2026, 3, 3))


def test_growth_ends_with_the_history() -> None:
    assert COURSE.weight(date(2026, 3, 3)) == COURSE.weight(date(2026, 3, 3) + timedelta(364))
    assert COURSE.weight(date(2026, 3, 3)) > 1.3 * COURSE.weight(date(2025, 3, 4))


def test_moments_lie_within_their_days() -> None:
    days = [date(2025, 9, 1), date(2025, 9, 2)]
    at = moments(stream(1, "x", days[0]), days, np.array([500, 300]))
    assert (np.diff(at) >= 0).all()
    assert np.bincount((at - start_of(days[0])) // SECONDS_A_DAY).tolist() == [500, 300]
