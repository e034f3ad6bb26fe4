"""How much of the dbt project is documented and tested, read from dbt's manifest.

A model is tested if a data test or a unit test is about it. A column is tested if
- a generic data test is attached to it or names it among its arguments,
- its model's enforced contract has a constraint on it (the type alone does not count), or
- a unit test of its model expects values in it.
Singular data tests name no columns, so they count for models alone. The columns are those that the project declares:
an enforced contract makes them complete; models without a contract need a test of their own that nothing is left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shopstream_platform.dbt.models import BUILT

Node = Mapping[str, Any]
# At the end of its line, or before the next value.
_ALIAS = re.compile(r"\bas (\w+)(?=\s*(?:,|$))", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Share:
    """What was looked at, and what of it is missing."""

    what: str
    total: int
    missing: tuple[str, ...]

    @property
    def percent(self) -> float:
        """100.0 only if nothing is missing."""
        return 100.0 * (self.total - len(self.missing)) / self.total if self.total else 100.0

    def __str__(self) -> str:
        return f"{self.what}: {self.total - len(self.missing)} of {self.total} ({self.percent:.1f} %)"


def coverage(manifest: Mapping[str, Any]) -> tuple[Share, Share, Share, Share]:
    """Documented models and columns, tested models and columns; snapshots and seeds need documentation alone."""
    described = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in BUILT}
    models = {key: node for key, node in described.items() if node["resource_type"] == "model"}
    tested_models = set(_tested_models(manifest))
    tested_columns = set(_tested_columns(manifest, models))
    return (
        _share("models documented", {n["name"]: bool(_text(n)) for n in described.values()}),
        _share(
            "columns documented",
            {
                f"{node['name']}.{column}": bool(_text(properties))
                for node in described.values()
                for column, properties in _columns(node).items()
            }
            | {f"{node['name']} (no column declared)": False for node in described.values() if not node["columns"]},
        ),
        _share("models tested", {node["name"]: key in tested_models for key, node in models.items()}),
        _share(
            "columns tested",
            {
                f"{node['name']}.{column}": (key, column) in tested_columns
                for key, node in models.items()
                for column in _columns(node)
            },
        ),
    )


def _share(what: str, covered: Mapping[str, bool]) -> Share:
    return Share(what, len(covered), tuple(sorted(name for name, yes in covered.items() if not yes)))


def _text(properties: Node) -> str:
    return (properties.get("description") or "").strip()


def _columns(node: Node) -> dict[str, Node]:
    return {name.lower(): properties for name, properties in node["columns"].items()}


def _data_tests(manifest: Mapping[str, Any]) -> Iterator[Node]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "test")


def _unit_tests(manifest: Mapping[str, Any]) -> Iterator[tuple[str, Node]]:
    """The model's key, and the unit test."""
    for test in manifest["unit_tests"].values():
        yield test["depends_on"]["nodes"][0], test


def _tested_models(manifest: Mapping[str, Any]) -> Iterator[str]:
    for test in _data_tests(manifest):
        # A relationship is a test of the model that it is written at, not of the one that it looks into.
        attached = test.get("attached_node")
        yield from [attached] if attached else test["depends_on"]["nodes"]
    for model, _ in _unit_tests(manifest):
        yield model


def _tested_columns(manifest: Mapping[str, Any], models: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    for test in _data_tests(manifest):
        if test.get("attached_node"):
            named = [test.get("column_name"), *_arguments(test).get("columns", [])]
            yield from ((test["attached_node"], column.lower()) for column in named if column)
    for key, model in models.items():
        if model["config"].get("contract", {}).get("enforced"):
            yield from ((key, name) for name, column in _columns(model).items() if column.get("constraints"))
    for model, test in _unit_tests(manifest):
        yield from ((model, column.lower()) for column in _expected_columns(test))


def _arguments(test: Node) -> Mapping[str, Any]:
    return (test.get("test_metadata") or {}).get("kwargs", {})


def _expected_columns(test: Node) -> Iterator[str]:
    """The keys of rows, or the names that SQL gives to its values."""
    rows = test["expect"].get("rows")
    if isinstance(rows, str):
        yield from _ALIAS.findall(rows)
    elif isinstance(rows, list):
        yield from (column for row in rows if isinstance(row, Mapping) for column in row)
