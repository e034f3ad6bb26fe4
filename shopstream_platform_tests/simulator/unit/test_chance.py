from datetime import date

import numpy as np

from shopstream_platform.simulator.chance import (
    Crowd,
    heavy_tail,
    stream,
    trait,
)

IDS = np.arange(1, 100_001)


def test_streams_repeat_and_differ_by_seed_purpose_and_day() -> None:
    def first(seed: int, purpose: str, day: date) -> float:
        return stream(seed, purpose, day).random()

    day = date(2025, 9, 1)
    assert first(1, "orders", day) == first(1, "orders", day)
    others = {
        first(2, "orders", day),
        first(1, "events", day),
        first(1, "orders", date(2025, 9, 2)),
        first(-1, "x", day),
    }
    assert first(1, "orders", day) not in others
    assert len(others) == 4


def test_traits_are_uniform_independent_and_lasting() -> None:
    loyal, plan = trait(42, "loyalty", IDS), trait(42, "plan", IDS)
    assert np.array_equal(loyal, trait(42, "loyalty", IDS))
    assert np.array_equal(loyal[99:100], trait(42, "loyalty", np.array([100])))
    assert abs(loyal.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(loyal, plan)[0, 1]) < 0.02
    assert abs(np.corrcoef(loyal, trait(43, "loyalty", IDS))[0, 1]) < 0.02


def test_heavy_tails_are_bounded() -> None:
    weights = heavy_tail(trait(1, "x", IDS), exponent=1.0, largest=50.0)
    assert weights.min() >= 1.0
    assert weights.max() == 50.0


def test_a_crowd_picks_only_those_who_are_there() -> None:
    crowd = Crowd(np.array([10, 20, 30]), np.array([1.0, 1.0, 100.0]))
    rng = stream(1, "pick", date(2025, 9, 1))
    at = np.repeat([11, 21, 31], 500)
    picked = crowd.pick(rng, at)
    assert set(picked[:500]) == {0}
    assert set(picked[500:1000]) == {0, 1}
    assert (picked[1000:] == 2).mean() > 0.9


def test_a_crowd_never_picks_weight_zero() -> None:
    crowd = Crowd(np.array([1, 2, 3]), np.array([1.0, 0.0, 1.0]))
    assert set(crowd.pick(stream(1, "pick", date(2025, 9, 1)), np.full(500, 9))) == {0, 2}


def test_recent_members_are_those_of_the_last_seconds() -> None:
    crowd = Crowd(np.array([10, 20, 30, 40]), np.ones(4))
    rng = stream(1, "pick", date(2025, 9, 1))
    assert set(crowd.pick_recent(rng, np.full(200, 41), seconds=15)) == {2, 3}
    assert set(crowd.pick_recent(rng, np.full(200, 99), seconds=1)) == {3}
