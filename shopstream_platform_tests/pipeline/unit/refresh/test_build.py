"""Which models a refresh builds."""

import json
from datetime import datetime

import pytest

from shopstream_platform.dbt.models import Model, Models, and_after
from shopstream_platform.pipeline.refresh.build import (
    CHANGED,
    INCOMPLETE,
    LOADED,
    NEVER,
    all_made_from,
    made_from,
    since_tested,
    stale,
    to_build,
    why,
)

VERSIONS = {"orders": "1", "events": "1", "users": "1", "_load_log": "2026-11-28/"}


def model(name: str, tables: set[str], children: set[str], code: str = "c") -> Model:
    return Model(name.lower(), name, code, frozenset(tables), frozenset(children))


def project(**code: str) -> Models:
    """STG -> FACT -> MART of orders, VISITS of events, ALL of MART and VISITS; PEOPLE of users."""
    found = [
        model("STG", {"orders"}, {"FACT"}),
        model("FACT", {"orders", "_load_log"}, {"MART"}, code.get("FACT", "c")),
        model("MART", {"orders", "_load_log"}, {"ALL"}),
        model("VISITS", {"events"}, {"ALL"}),
        model("ALL", {"orders", "events", "_load_log"}, set()),
        model("PEOPLE", {"users"}, set()),
    ]
    return {one.relation: one for one in found}


def built(models: Models, versions: dict[str, str]) -> dict[str, str | None]:
    return json.loads(all_made_from(models, versions))


def test_nothing_is_stale_after_a_build() -> None:
    models = project()
    assert stale(models, VERSIONS, built(models, VERSIONS)) == {}
    assert why({}, set(), None) is None


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ("orders", {"STG", "FACT", "MART", "ALL"}),
        ("events", {"VISITS", "ALL"}),
        ("users", {"PEOPLE"}),
        ("_load_log", {"FACT", "MART", "ALL"}),
        ("archive__letters", set()),
    ],
)
def test_a_load_makes_stale_what_is_made_from_its_table(table: str, wanted: set[str]) -> None:
    models = project()
    found = stale(models, VERSIONS | {table: "2"}, built(models, VERSIONS))
    assert found == dict.fromkeys(wanted, LOADED)
    assert to_build(models, [], {table}, set()) == wanted, "what is about to be loaded chooses the same"


def test_other_code_makes_the_model_stale_and_what_comes_after_it_is_built() -> None:
    before, now = project(), project(FACT="d")
    found = stale(now, VERSIONS, built(before, VERSIONS))
    assert found == {"FACT": CHANGED}
    assert to_build(now, found, set(), set()) == {"FACT", "MART", "ALL"}


def test_a_build_that_did_not_end_well_is_done_again() -> None:
    models = project()
    record = built(models, VERSIONS) | {"MART": None}
    del record["PEOPLE"]
    found = stale(models, VERSIONS, record)
    assert found == {"MART": INCOMPLETE, "PEOPLE": NEVER}
    assert to_build(models, found, set(), set()) == {"MART", "ALL", "PEOPLE"}
    assert why(found, models.keys(), None) == NEVER
    assert why(found, {"MART"}, None) == INCOMPLETE
    assert why(found | {"ALL": "ALL is gone"}, {"ALL", "MART"}, None) == "ALL is gone", "damage is told first"


def test_what_is_made_from_a_refused_table_waits_until_it_can_be_loaded() -> None:
    models = project()
    assert to_build(models, [], {"orders", "events"}, {"events"}) == {"STG", "FACT", "MART"}
    # Built without it, these are of the newest loads; the others are still stale when it is back.
    versions = VERSIONS | {"orders": "2"}
    record = built(models, VERSIONS) | {name: made_from(models[name], versions) for name in ("STG", "FACT", "MART")}
    left = stale(models, versions, record)
    assert left == {"ALL": LOADED}
    assert to_build(models, left, set(), {"events"}) == set(), "a refresh with nothing new does not build for it"
    assert why(left, set(), None) is None
    assert to_build(models, left, set(), set()) == {"ALL"}


def test_what_comes_after_a_model_is_found_once() -> None:
    assert and_after(project(), ["STG", "VISITS", "ALL"]) == {"STG", "FACT", "MART", "VISITS", "ALL"}
    assert and_after(project(), []) == frozenset()


def test_what_has_passed_with_this_code_is_tested_from_a_day_before_on() -> None:
    began = datetime(2026, 11, 29, 10, 30)
    notes = {name: note or "" for name, note in built(project(FACT="of before"), VERSIONS).items()}
    passed = {name: (note, began) for name, note in notes.items() if name != "VISITS"} | {"GONE": ("c.1", began)}
    since = json.loads(since_tested(project(), passed))
    assert since == dict.fromkeys(["ALL", "MART", "PEOPLE", "STG"], "2026-11-28 10:30:00")
    assert json.loads(since_tested(project(), {})) == {}
