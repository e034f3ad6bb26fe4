"""What a model is made from, read from a manifest."""

from copy import deepcopy
from typing import Any

import pytest

from shopstream_platform.dbt.models import models_of

SOURCES = {
    "source.shop.raw.orders": {"identifier": "ORDERS"},
    "source.shop.raw._load_log": {"identifier": "_load_log"},
}


def node(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"resource_type": kind, "name": name, "alias": name, "schema": "core", "raw_code": f"select {name}"} | more


def manifest() -> dict[str, Any]:
    """orders -> stg -> fact, which reads the load log too; a test on stg and fact, and a unit test."""
    test = "test.shop.assert_equal"
    return {
        "sources": SOURCES,
        "nodes": {
            "model.shop.stg": node("model", "stg", config={"materialized": "view"}),
            "model.shop.fact": node("model", "fact", columns={"id": {"description": "key"}}),
            test: node("test", "assert_equal", config={"severity": "error"}),
        },
        "parent_map": {
            "model.shop.stg": ["source.shop.raw.orders"],
            "model.shop.fact": ["model.shop.stg", "source.shop.raw._load_log"],
        },
        "child_map": {
            "model.shop.stg": ["model.shop.fact", test],
            "model.shop.fact": [test, "unit_test.shop.one", "exposure.shop.page"],
        },
    }


def test_a_model_has_the_tables_of_all_models_before_it() -> None:
    found = models_of(manifest(), "shared")
    assert found["CORE.STG"].tables == {"orders"}
    assert found["CORE.FACT"].tables == {"orders", "_load_log"}
    assert found["CORE.STG"].children == {"CORE.FACT"}
    assert found["CORE.FACT"].children == frozenset()


@pytest.mark.parametrize(
    ("key", "change", "wanted"),
    [
        ("model.shop.fact", {"raw_code": "select 2"}, {"CORE.FACT"}),
        ("model.shop.fact", {"columns": {"id": {"description": "another"}}}, {"CORE.FACT"}),
        ("model.shop.stg", {"config": {"materialized": "table"}}, {"CORE.STG"}),
        ("test.shop.assert_equal", {"config": {"severity": "warn"}}, {"CORE.STG", "CORE.FACT"}),
        ("model.shop.fact", {"original_file_path": "elsewhere", "created_at": 1.0}, set()),
    ],
)
def test_other_code_of_a_model_or_of_a_test_on_it_is_another_version(
    key: str, change: dict[str, Any], wanted: set[str]
) -> None:
    before, after = manifest(), deepcopy(manifest())
    after["nodes"][key] |= change
    old, new = models_of(before, "shared"), models_of(after, "shared")
    assert {name for name in old if old[name].code != new[name].code} == wanted


def test_shared_code_is_of_every_model() -> None:
    old, new = models_of(manifest(), "macros"), models_of(manifest(), "other macros")
    assert all(old[name].code != new[name].code for name in old)


def test_other_rows_of_a_seed_are_another_version_of_it_alone() -> None:
    before = manifest()
    before["nodes"]["seed.shop.targets"] = node("seed", "targets", raw_code="", checksum={"checksum": "one"})
    before["child_map"]["seed.shop.targets"] = ["model.shop.fact"]
    after = deepcopy(before)
    after["nodes"]["seed.shop.targets"]["checksum"] = {"checksum": "another"}
    old, new = models_of(before, "shared"), models_of(after, "shared")
    assert {name for name in old if old[name].code != new[name].code} == {"CORE.TARGETS"}
    assert new["CORE.TARGETS"].children == {"CORE.FACT"}
