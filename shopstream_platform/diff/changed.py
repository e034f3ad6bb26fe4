"""Which models a change can have touched: those whose compiled SQL or shape differs, and all that is made from them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shopstream_platform.config.graph import reached
from shopstream_platform.dbt.column_lineage import Manifest
from shopstream_platform.diff.metrics import changed_metrics
from shopstream_platform.diff.side import COMPARED

# Of a model's configuration, what says something about it without changing a row.
_WORDS = frozenset({"description", "docs", "group", "meta", "tags"})


@dataclass(frozen=True)
class Changed:
    """By name: models that changed, those downstream, those of one version alone; changed snapshots, metrics, seeds."""

    edited: frozenset[str]
    downstream: frozenset[str]
    added: frozenset[str]
    removed: frozenset[str]
    snapshots: frozenset[str]
    metrics: frozenset[str] = frozenset()
    seeds: frozenset[str] = frozenset()

    @property
    def of_base(self) -> frozenset[str]:
        """What must be built of the base: the home may have been built without what the change removes."""
        return self.edited | self.downstream | self.removed

    @property
    def of_head(self) -> frozenset[str]:
        """What must be built of the change."""
        return self.edited | self.downstream | self.added

    @property
    def nothing(self) -> bool:
        """Whether no row and no metric can differ."""
        return not (self.of_head or self.of_base or self.snapshots or self.metrics or self.seeds)


def changed_models(base: Manifest, head: Manifest) -> Changed:
    """What differs between two manifests that were compiled for the same schemas."""
    before, after = _nodes(base, *COMPARED), _nodes(head, *COMPARED)
    both = before.keys() & after.keys()
    edited = frozenset(name for name in both if _makes(before[name]) != _makes(after[name]))
    added = frozenset(after.keys() - both)
    after_these = _downstream(head, edited | added) | (_downstream(base, edited | (before.keys() - both)) & both)
    return Changed(
        edited=edited,
        downstream=after_these - edited - added,
        added=added,
        removed=frozenset(before.keys() - both),
        snapshots=_different(base, head, "snapshot"),
        metrics=changed_metrics(base, head),
        seeds=_different(base, head, "seed"),
    )


def _different(base: Manifest, head: Manifest, kind: str) -> frozenset[str]:
    old, new = _nodes(base, kind), _nodes(head, kind)
    return frozenset(name for name in old.keys() | new.keys() if _makes(old.get(name)) != _makes(new.get(name)))


def _nodes(manifest: Manifest, *types: str) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] in types}


def _makes(node: Mapping[str, Any] | None) -> str | None:
    """All of a model that can change a row or a type; comments in its YAML cannot."""
    if node is None:
        return None
    config = {name: value for name, value in node["config"].items() if name not in _WORDS}
    shape = [(column["name"], column.get("data_type")) for column in node["columns"].values()]
    # A full build compiles one branch of an incremental model only.
    is_whole = node["config"]["materialized"] not in ("incremental", "snapshot")
    code = node.get("compiled_code") if is_whole else (node.get("compiled_code"), node["raw_code"])
    # Of a seed the rows are its code.
    rows = node["checksum"] if node["resource_type"] == "seed" else None
    return json.dumps([code, config, shape, rows], sort_keys=True, default=str)


def _downstream(manifest: Manifest, names: frozenset[str] | set[str]) -> frozenset[str]:
    ids = {node["name"]: key for key, node in manifest["nodes"].items() if node["resource_type"] in COMPARED}
    found = reached([ids[name] for name in names], lambda key: manifest["child_map"].get(key, ()))
    nodes = (manifest["nodes"].get(key) for key in found)
    return frozenset(node["name"] for node in nodes if node and node["resource_type"] in COMPARED)
