"""Sudden emptiness waits for somebody's word."""

import pytest

from shopstream_platform.pipeline.refresh.deletions import withhold
from shopstream_platform.pipeline.refresh.drift import Drift, Seen, Why
from shopstream_platform_tests.fixtures.pipeline import day


def seen(loaded: int, found: int, parts: int = 1, emptied: int = 0) -> Seen:
    return Seen(loaded_rows=loaded, found_rows=found, loaded_parts=parts, emptied_parts=emptied)


@pytest.mark.parametrize(
    ("one", "limit", "said"),
    [
        (seen(2, 0), 0.5, "2 of 2 loaded rows are gone"),
        (seen(1000, 499), 0.5, "501 of 1,000 loaded rows are gone"),
        (seen(1000, 500), 0.5, None),
        (seen(1000, 999), 0.0, "1 of 1,000 loaded rows are gone"),
        (seen(1000, 0), 1.0, None),
        (seen(0, 0), 0.5, None),
        (seen(0, 50), 0.5, None),
        (seen(100, 90, parts=10, emptied=6), 0.5, "6 of 10 days with rows have none left"),
        (seen(100, 90, parts=10, emptied=5), 0.5, None),
        (seen(100, 2000, parts=1, emptied=1), 0.5, None),
    ],
)
def test_more_than_the_limit_is_refused(one: Seen, limit: float, said: str | None) -> None:
    drift = Drift(days={"orders": {day(0): Why.CHANGED}}, seen={"orders": one})
    withhold(drift, limit)
    if said is None:
        assert drift.refused == {}
        assert "orders" in drift.days
    else:
        assert said in drift.refused["orders"]
        assert "--accept-deletes" in drift.refused["orders"]
        assert drift.days == {}


def test_a_snapshot_table_is_refused_too_and_the_others_go_on() -> None:
    drift = Drift(snapshots={"users": Why.EMPTIED, "products": Why.CHANGED}, seen={"users": seen(5, 0)})
    withhold(drift, 0.5)
    assert set(drift.refused) == {"users"}
    assert set(drift.snapshots) == {"products"}


def test_what_is_refused_already_keeps_its_reason() -> None:
    drift = Drift(refused={"users": "hidden"}, seen={"users": seen(5, 0)})
    withhold(drift, 0.5)
    assert drift.refused == {"users": "hidden"}


def test_a_table_that_one_comparison_refuses_is_refused_whatever_the_others_found() -> None:
    for order in (1, -1):
        found = Drift(days={"orders": {day(1): Why.CHANGED}}), Drift(refused={"orders": "NaN"})
        drift = Drift()
        for one in found[::order]:
            drift.add(one)
        assert (drift.days, drift.refused) == ({}, {"orders": "NaN"})


def test_days_that_were_added_for_their_losses_are_a_share_of_all_that_was_loaded() -> None:
    drift = Drift(days={"orders": {day(0): Why.EMPTIED}}, seen={"orders": seen(43, 16, parts=27, emptied=20)})
    withhold(drift, 0.5, {"orders": 100})
    assert drift.refused == {}
    withhold(drift, 0.5, {"orders": 50})
    assert "27 of 50 loaded rows are gone" in drift.refused["orders"]
