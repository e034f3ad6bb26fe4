"""What dbt's results become for who reads the report."""

from typing import Any

import pytest

from shopstream_platform.diff.failures import not_built, not_passed
from shopstream_platform_tests.diff.manifests import manifest

MANIFEST = manifest("stg", "mart")
SECRET = "Database Error in model mart (models/mart.sql)\n  Numeric value 'ann@example.com' is not recognized"


def results(key: str, status: str, message: str | None = SECRET) -> dict[str, dict[str, Any]]:
    return {key: {"status": status, "message": message, "failures": 3}, "operation.x": {"status": "error"}}


@pytest.mark.parametrize(
    ("status", "message", "line"),
    [
        ("error", SECRET, "mart: Database Error"),
        ("error", "ann@example.com", "mart: error"),
        ("skipped", None, "mart: skipped, since something that it is made of could not be built"),
    ],
)
def test_a_model_has_the_kind_of_its_failure(status: str, message: str | None, line: str) -> None:
    (found,) = not_built(MANIFEST, results("model.shop.mart", status, message))
    assert found.line == line
    assert " ".join((message or "").split()) in found.told


@pytest.mark.parametrize(
    ("status", "line"),
    [("fail", "unique: id is unique. Found 3"), ("error", "unique: id is unique. It could not be tested")],
)
def test_a_test_has_its_rule(status: str, line: str) -> None:
    (found,) = not_passed(MANIFEST, results("test.shop.unique", status))
    assert found.line == line


def test_a_test_in_sql_of_its_own_has_none() -> None:
    nodes = {"test.shop.own": {"name": "own", "resource_type": "test"}}
    (found,) = not_passed({"nodes": nodes}, results("test.shop.own", "fail"))
    assert found.line == "own: Found 3"


@pytest.mark.parametrize("status", ["pass", "warn", "success", "no-op"])
def test_what_passes_or_warns_is_none(status: str) -> None:
    assert not_passed(MANIFEST, results("test.shop.unique", status)) == []
