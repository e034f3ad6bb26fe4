"""What is remembered survives the way through the warehouse."""

import json
from datetime import date
from typing import cast

import pytest

from shopstream_platform.pipeline.feed.state import State, _parts, _ranges, holds, joined, read_state, without
from shopstream_platform.stores.warehouse import Warehouse

DAYS = {date(2026, 1, 1), date(2026, 1, 2), date(2026, 3, 5)}


def test_days_are_kept_as_ranges() -> None:
    assert _ranges(DAYS) == [("2026-01-01", "2026-01-02"), ("2026-03-05", "2026-03-05")]
    assert _parts(_ranges(DAYS)) == DAYS
    assert (_ranges(None), _parts(None)) == (None, None)


def test_all_of_a_table_holds_any_of_its_days() -> None:
    some, whole = {"orders": {date(2026, 1, 1)}, "users": None}, {"orders": None}
    assert joined(some, whole) == joined(whole, some) == {"orders": None, "users": None}
    assert joined(some, {"orders": {date(2026, 1, 2)}})["orders"] == {date(2026, 1, 1), date(2026, 1, 2)}


def test_some_of_the_days_of_a_table_are_left() -> None:
    first, second = date(2026, 1, 1), date(2026, 1, 2)
    some = {"orders": {first, second}, "events": {first}, "users": None}
    assert without(some, {"orders": {first}, "events": {first}, "users": None}) == {"orders": {second}}
    assert without({"orders": None}, {"orders": {first}}) == {"orders": None}
    assert holds(some, "orders", first)
    assert not holds(some, "events", second)
    assert holds(some, "events", None)
    assert holds(some, "users", None)
    assert not holds(some, "products", None)


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        (1000.5, {"orders": 1000.5, "users": 1000.5}),
        (None, {}),
        ({"orders": 7.0}, {"orders": 7.0}),
    ],
)
def test_the_one_moment_of_an_earlier_version_is_that_of_every_table(kept: object, read: dict[str, float]) -> None:
    class Kept:
        """A warehouse with the state of an earlier version."""

        def rows_if_there(self, _query: str) -> list[tuple[str]]:
            of_slot = {"slot": "s", "output": "pgoutput", "publication": 1, "system": "", "timeline": "1"}
            pending = {"orders": [["2026-01-01", "2026-01-02"]], "users": None}
            return [(json.dumps(of_slot | {"confirmed": 9, "pending": pending, "since": kept}),)]

    state = read_state(cast(Warehouse, Kept()), "")
    assert state is not None
    assert state.since == read


def test_what_was_loaded_since_the_plan() -> None:
    first, second = date(2026, 1, 1), date(2026, 1, 2)
    pending = {"orders": {first, second}, "events": {first}, "users": None, "products": None}
    loads = {"orders": "L5", "events": "L5", "users": "L5"}
    state = State("s", "pgoutput", 1, "", "1", 9, pending=pending, loads=loads)
    newest = {("orders", first): "L6", ("orders", second): "L4", ("events", first): "L5", ("users", None): "L6"}
    assert state.loaded_since(newest) == {"orders": {first}, "users": None}
