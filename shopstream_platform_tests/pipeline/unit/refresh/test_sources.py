"""Runs of several sources: each by itself, and what one refuses holds up nothing that is not made from it."""

from datetime import date, timedelta

import pytest

from shopstream_platform.contract.layers import SOURCE_LAYERS
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.refresh.drift import Drift, Why
from shopstream_platform.pipeline.refresh.plan import FROM_THE_LAKE, Plan, Step
from shopstream_platform.pipeline.refresh.summary import explain
from shopstream_platform_tests.fixtures.second_source import AUTHORS, LETTERS, declare

FIRST = date(2025, 9, 1)


@pytest.fixture(autouse=True)
def archive(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def days_of(**numbers: list[int]) -> dict[str, dict[date, Why]]:
    return {table: dict.fromkeys(map(day, days), Why.CHANGED) for table, days in numbers.items()}


def test_each_source_has_runs_of_its_own_and_the_marts_are_built_once() -> None:
    drift = Drift(days=days_of(orders=[3], archive__letters=[3, 40]), snapshots={AUTHORS.name: Why.NEW})
    assert Plan(drift=drift).steps == [
        Step(["orders"], (day(3), day(3)), build=False, layers=FROM_THE_LAKE),
        Step([LETTERS.name, AUTHORS.name], (day(3), day(3)), build=False, layers=SOURCE_LAYERS),
        Step([LETTERS.name], (day(40), day(40)), build=False, layers=SOURCE_LAYERS),
        Step([], None, build=True),
    ]


def test_a_day_that_is_simulated_is_still_loaded_from_the_other_source() -> None:
    drift = Drift(days=days_of(archive__letters=[31]))
    shop, other, build = Plan(simulated_days=[day(31)], drift=drift).steps
    assert set(shop.tables) == {table.name for table in SHOP_TABLES}
    assert (other.tables, other.days) == ([LETTERS.name], (day(31), day(31)))
    assert build.build


def test_what_another_source_refuses_holds_up_only_what_is_made_from_it() -> None:
    drift = Drift(days=days_of(orders=[3]), refused={LETTERS.name: "it is down", AUTHORS.name: "it is down"})
    assert Plan(drift=drift).steps == [
        Step(["orders"], (day(3), day(3)), build=True, without=(AUTHORS.name, LETTERS.name))
    ]
    assert "models of the tables that are refused stay as they are" in explain(Plan(drift=drift))[-1]


def test_what_the_shop_refuses_leaves_the_marts_and_stops_no_other_source() -> None:
    drift = Drift(days=days_of(archive__letters=[3]), refused={"users": "row-level security"})
    (step,) = Plan(drift=drift).steps
    assert (step.tables, step.build) == ([LETTERS.name], False)


def test_a_load_of_another_source_that_fails_takes_no_build_with_it() -> None:
    load, build = Plan(drift=Drift(snapshots={AUTHORS.name: Why.NEW})).steps
    assert (load.tables, load.build, build.tables, build.build) == ([AUTHORS.name], False, [], True)
