"""Which models a change can touch, by two compiled manifests."""

from copy import deepcopy
from typing import Any

import pytest

from shopstream_platform.diff.changed import Changed, changed_models
from shopstream_platform_tests.diff.manifests import manifest, measured, node

CHAIN = ("stg", "fact", "mart")


def after(change: str, model: str, value: Any) -> Changed:
    """What `changed_models` says after one part of one model has become another."""
    head = deepcopy(BASE)
    path, last = head["nodes"][model], change.split(".")
    for part in last[:-1]:
        path = path[part]
    path[last[-1]] = value
    return changed_models(BASE, head)


BASE = manifest(*CHAIN)


def test_nothing_differs() -> None:
    assert changed_models(BASE, deepcopy(BASE)).nothing


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("compiled_code", "select 2"),
        ("config.materialized", "view"),
        ("columns.id.data_type", "varchar"),
    ],
)
def test_what_makes_rows_or_types(change: str, value: str) -> None:
    found = after(change, "model.shop.fact", value)
    assert (found.edited, found.downstream) == ({"fact"}, {"mart"})
    assert found.of_base == found.of_head == {"fact", "mart"}


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("config.tags", ["new"]),
        ("config.meta", {"owner": "x"}),
        ("columns.id.description", "Words."),
        ("raw_code", "x"),
    ],
)
def test_what_changes_no_row(change: str, value: Any) -> None:
    assert after(change, "model.shop.fact", value).nothing


def test_the_other_branch_of_an_incremental_model_counts() -> None:
    base = manifest(*CHAIN)
    base["nodes"]["model.shop.fact"]["config"]["materialized"] = "incremental"
    head = deepcopy(base)
    head["nodes"]["model.shop.fact"]["raw_code"] = "{% if is_incremental() %} other {% endif %}"
    assert changed_models(base, head).edited == {"fact"}


def test_models_that_come_and_go() -> None:
    came = changed_models(BASE, manifest(*CHAIN, "new"))
    assert (came.added, came.removed, came.of_base) == ({"new"}, frozenset(), frozenset())
    gone = changed_models(manifest("old", *CHAIN), BASE)
    # It is built in the base, too: the home may lack it.
    assert gone.of_base == {"old", *CHAIN}
    assert gone.of_head == set(CHAIN)
    # What was made from it is compared, though its own code is the same.
    assert (gone.removed, gone.downstream) == ({"old"}, set(CHAIN))


def test_a_snapshot_that_changed_is_told() -> None:
    found = after("raw_code", "snapshot.shop.snap", "select 2")
    assert (found.snapshots, found.of_head, found.nothing) == ({"snap"}, frozenset(), False)


def test_a_measure_alone_can_move_a_metric() -> None:
    found = changed_models(measured(BASE, "mart", "id"), measured(BASE, "mart", "2 * id"))
    assert (found.metrics, found.of_head, found.nothing) == ({"revenue"}, frozenset(), False)
    assert changed_models(BASE, measured(BASE, "mart", "id")).metrics == {"revenue"}
    assert changed_models(measured(BASE, "mart", "id"), measured(BASE, "mart", "id")).nothing


def test_a_seed_that_changed_is_told() -> None:
    base = manifest(*CHAIN)
    base["nodes"]["seed.shop.targets"] = node("targets", "seed") | {"checksum": {"checksum": "1"}}
    head = deepcopy(base)
    assert changed_models(base, head).nothing
    head["nodes"]["seed.shop.targets"]["checksum"]["checksum"] = "2"
    found = changed_models(base, head)
    assert (found.seeds, found.of_head, found.nothing) == ({"targets"}, frozenset(), False)
