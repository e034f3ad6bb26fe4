"""What is remembered survives the way through the warehouse."""

from datetime import date

from shopstream_platform.pipeline.feed.state import _parts, _ranges, joined

DAYS = {date(2026, 1, 1), date(2026, 1, 2), date(2026, 3, 5)}


def test_days_are_kept_as_ranges() -> None:
    assert _ranges(DAYS) == [("2026-01-01", "2026-01-02"), ("2026-03-05", "2026-03-05")]
    assert _parts(_ranges(DAYS)) == DAYS
    assert (_ranges(None), _parts(None)) == (None, None)


def test_all_of_a_table_holds_any_of_its_days() -> None:
    some, whole = {"orders": {date(2026, 1, 1)}, "users": None}, {"orders": None}
    assert joined(some, whole) == joined(whole, some) == {"orders": None, "users": None}
    assert joined(some, {"orders": {date(2026, 1, 2)}})["orders"] == {date(2026, 1, 1), date(2026, 1, 2)}
