"""The columns that Power BI may read, with types and descriptions: dbt's enforced contracts, read from their YAML."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform.pbip.sources import Metric, SourceColumn, SourceTable

SCHEMAS = ("core", "marts")
SEMANTIC_LAYER = PROJECT_DIR / "models" / "semantic" / "_semantic.yml"


@lru_cache
def contracts() -> dict[str, SourceTable]:
    """Model -> its contract."""
    found = [(schema, model) for schema in SCHEMAS for model in _models(PROJECT_DIR / "models" / schema)]
    return {model["name"]: _source_table(schema, model) for schema, model in found}


def metrics() -> list[Metric]:
    """The metrics of dbt's semantic layer."""
    declared = _load(SEMANTIC_LAYER)["metrics"]
    return [Metric(one["name"], one["label"], _one_line(one["description"])) for one in declared]


def _models(folder: Path) -> list[dict[str, Any]]:
    files = sorted(folder.glob("*.yml"))
    return [model for path in files for model in _load(path).get("models", [])]


def _load(path: Path) -> dict[str, Any]:
    # The definitions wait for this: libyaml's reader is ten times as fast.
    return yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def _source_table(schema: str, model: dict[str, Any]) -> SourceTable:
    columns = [_source_column(column) for column in model["columns"]]
    return SourceTable(model["name"], schema, _one_line(model["description"]), {c.name: c for c in columns})


def _source_column(column: dict[str, Any]) -> SourceColumn:
    return SourceColumn(
        column["name"],
        column["data_type"],
        _one_line(column["description"]),
        unique="unique" in column.get("data_tests", []),
        not_null={"type": "not_null"} in column.get("constraints", []),
        personal="pii" in column.get("config", {}).get("tags", []),
        accepted_values=_accepted_values(column),
    )


def _accepted_values(column: dict[str, Any]) -> tuple[str, ...]:
    tests = [test for test in column.get("data_tests", []) if isinstance(test, dict) and "accepted_values" in test]
    return tuple(value for test in tests for value in test["accepted_values"]["arguments"]["values"])


def _one_line(text: str) -> str:
    return " ".join(text.split())
