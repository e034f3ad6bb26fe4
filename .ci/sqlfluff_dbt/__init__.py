"""What sqlfluff needs of dbt beside its own stand-ins: the project's variables as they are, lists as SQL literals."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

_PROJECT = Path(__file__).resolve().parents[2] / "shopstream_dbt" / "dbt_project.yml"
_VARIABLES: dict[str, Any] = yaml.safe_load(_PROJECT.read_text("utf-8"))["vars"]["shopstream_dbt"]


def var(name: str) -> Any:
    """dbt's var(): KeyError for a variable that the project does not declare."""
    return _VARIABLES[name]


def quoted(words: Iterable[str]) -> str:
    """The project's macro."""
    return ", ".join(f"'{word}'" for word in words) or "null"
