"""What dbt could not build, which tests did not pass. Its own message may quote rows: only the terminal has it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shopstream_platform.dbt.column_lineage import Manifest
from shopstream_platform.dbt.results import Node, rule

# What warns is the source's, whichever version reads it.
_PASSED = ("success", "pass", "warn", "no-op")
_KIND = re.compile(r"\w+ Error")
Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Failure:
    """A model or test, what is wrong with it in words of the project's, and what dbt said of it."""

    name: str
    reason: str
    message: str

    @property
    def line(self) -> str:
        """For everybody who reads the report."""
        return f"{self.name}: {self.reason}"

    @property
    def told(self) -> str:
        """For who runs the command."""
        return f"{self.line} ({self.message})" if self.message else self.line


def not_built(manifest: Manifest, results: Results) -> list[Failure]:
    """The models among the results that were not built."""
    return [Failure(node["name"], _kind(result), _message(result)) for node, result in _not_passed(manifest, results)]


def not_passed(manifest: Manifest, results: Results) -> list[Failure]:
    """The tests among the results that did not pass: what they demand, and how many rows are against it."""
    return [
        Failure(node["name"], _broken(node, result), _message(result))
        for node, result in _not_passed(manifest, results)
    ]


def _not_passed(manifest: Manifest, results: Results) -> Iterator[tuple[Node, Mapping[str, Any]]]:
    for key, result in results.items():
        if result["status"] not in _PASSED and (node := manifest["nodes"].get(key)):
            yield node, result


def _kind(result: Mapping[str, Any]) -> str:
    if result["status"] == "skipped":
        return "skipped, since something that it is made of could not be built"
    found = _KIND.match(_message(result))
    return found[0] if found else str(result["status"])


def _broken(node: Node, result: Mapping[str, Any]) -> str:
    # A test in SQL of its own needs no description.
    demand = f"{rule(node)} " if node.get("description") or node.get("test_metadata") else ""
    return f"{demand}It could not be tested" if result["status"] == "error" else f"{demand}Found {result['failures']}"


def _message(result: Mapping[str, Any]) -> str:
    return " ".join(str(result["message"] or "").split())
