"""What each model of the dbt project is made from, by dbt's manifest: its code, tables of RAW, the models before it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from shopstream_platform.config.graph import reached
from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.dbt.project import read_manifest, shared_code

BUILT = ("model", "snapshot", "seed")
# What makes the rows, the relation or its checks. Not where the file lies, nor when it was parsed.
_OWN = ("raw_code", "config", "columns", "description", "test_metadata", "column_name")
Models = dict[str, "Model"]


@dataclass(frozen=True)
class Model:
    """A model, snapshot or seed: SCHEMA.NAME of its relation, a hash of its code and tests, all that it is made from.

    `tables` are named as in the load log, and `_load_log` is the log itself; `children` are direct ones, by relation.
    """

    name: str
    relation: str
    code: str
    tables: frozenset[str]
    children: frozenset[str]


def read_models(settings: DbtSettings) -> Models:
    """Relation -> model, of the project as it is now."""
    return models_of(read_manifest(settings), shared_code())


def models_of(manifest: Mapping[str, Any], shared: str) -> Models:
    """Relation -> model; another value of `shared` gives every model another code."""
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in BUILT}
    relations = {key: f"{node['schema']}.{node['alias']}".upper() for key, node in nodes.items()}
    found: Models = {}
    for key, node in nodes.items():
        tests = [manifest["nodes"][child] for child in manifest["child_map"][key] if child.startswith("test.")]
        found[relations[key]] = Model(
            name=node["name"],
            relation=relations[key],
            code=_digest([shared, _own(node), *sorted(map(_own, tests))]),
            tables=frozenset(_sources(manifest, key)),
            children=frozenset(relations[one] for one in manifest["child_map"][key] if one in relations),
        )
    return found


def and_after(models: Models, first: Iterable[str]) -> frozenset[str]:
    """These models and all that is made from them."""
    chosen = frozenset(first)
    return chosen | reached(chosen, lambda relation: models[relation].children)


def _sources(manifest: Mapping[str, Any], key: str) -> set[str]:
    """The tables behind a node, however many models lie between."""
    before = reached([key], lambda node: manifest["parent_map"].get(node, ()))
    sources = (manifest["sources"].get(node) for node in before)
    return {source["identifier"].lower() for source in sources if source}


def _own(node: Mapping[str, Any]) -> str:
    # Of a seed the rows are its code.
    names = (*_OWN, "checksum") if node["resource_type"] == "seed" else _OWN
    return json.dumps({name: node.get(name) for name in names}, sort_keys=True, default=str)


def _digest(parts: Iterable[str]) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:16]
