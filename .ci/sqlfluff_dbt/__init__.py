"""What sqlfluff needs of dbt beside its own stand-ins: the project's variables and sources, lists as SQL literals."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

_PROJECT = Path(__file__).resolve().parents[2] / "shopstream_dbt"
_VARIABLES: dict[str, Any] = yaml.safe_load((_PROJECT / "dbt_project.yml").read_text("utf-8"))["vars"]["shopstream_dbt"]
_SOURCES: dict[str, Any] = yaml.safe_load((_PROJECT / "models" / "staging" / "_sources.yml").read_text("utf-8"))


def var(name: str) -> Any:
    """dbt's var(): KeyError for a variable that the project does not declare."""
    return _VARIABLES[name]


def quoted(words: Iterable[str]) -> str:
    """The project's macro."""
    return ", ".join(f"'{word}'" for word in words) or "null"


def partitioned_sources() -> list[str]:
    """The project's macro."""
    tables = [table for source in _SOURCES["sources"] for table in source["tables"]]
    return [table["name"] for table in tables if table.get("config", {}).get("meta", {}).get("is_partitioned")]
