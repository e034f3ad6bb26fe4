"""The columns of both versions' relations, as the warehouse has them, and what names a row."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shopstream_platform.dbt.column_lineage import Manifest
from shopstream_platform.diff.side import COMPARED
from shopstream_platform.stores.warehouse import Warehouse

_NUMBER = "NUMBER"
_NUMBERS = (_NUMBER, "FLOAT")


@dataclass(frozen=True)
class Relation:
    """A built model: SCHEMA.NAME, its columns with their types in their order."""

    name: str
    columns: Mapping[str, str]

    def has(self, column: str) -> bool:
        """Whether there is such a column."""
        return column in self.columns

    def is_number(self, column: str) -> bool:
        """Whether the column's sum means something to a program."""
        return self.columns[column].startswith(_NUMBERS)


def is_comparable(base: Relation, head: Relation, column: str) -> bool:
    """Whether both have it, as values that an engine compares: it would cast a text to a number, or fail."""
    return (
        base.has(column)
        and head.has(column)
        and (
            base.is_number(column)
            if head.is_number(column)
            else base.columns[column].partition("(")[0] == head.columns[column].partition("(")[0]
        )
    )


def relations(session: Warehouse, prefix: str) -> dict[str, Relation]:
    """SCHEMA.NAME without the prefix -> relation, of all schemas that begin with the prefix."""
    rows = session.rows(
        "SELECT table_schema, table_name, column_name, data_type, numeric_precision, numeric_scale"
        " FROM information_schema.columns WHERE startswith(table_schema, %s)"
        " ORDER BY table_schema, table_name, ordinal_position",
        (prefix,),
    )
    found: dict[str, dict[str, str]] = {}
    for schema, table, column, kind, precision, scale in rows:
        shown = f"{kind}({precision},{scale})" if kind == _NUMBER else str(kind)
        found.setdefault(f"{schema}.{table}", {})[str(column)] = shown
    return {name.removeprefix(prefix): Relation(name, columns) for name, columns in found.items()}


@dataclass(frozen=True)
class Grain:
    """What a model's tests and YAML say: the columns that name a row (none if no test says it), the personal ones."""

    key: tuple[str, ...]
    personal: frozenset[str]


def grain_of_both(base: Manifest, head: Manifest, name: str) -> Grain:
    """The head's grain; a column is personal if either version says so."""
    found = grain(head, name)
    return replace(found, personal=found.personal | grain(base, name).personal)


def grain(manifest: Manifest, name: str) -> Grain:
    """The grain of a model, by its test `unique_grain`, else by the first column with the test `unique`."""
    nodes = manifest["nodes"]
    unique_id = next(key for key, node in nodes.items() if node["name"] == name and node["resource_type"] in COMPARED)
    tests = [nodes[child] for child in manifest["child_map"][unique_id] if child.startswith("test.")]
    found: dict[str, tuple[str, ...]] = {}
    for test in sorted(tests, key=lambda one: one["unique_id"]):
        metadata = test.get("test_metadata") or {}
        if metadata.get("name") == "unique_grain":
            found.setdefault("unique_grain", tuple(metadata["kwargs"]["columns"]))
        elif metadata.get("name") == "unique":
            found.setdefault("unique", (test["column_name"],))
    key = found.get("unique_grain") or found.get("unique") or ()
    columns = nodes[unique_id]["columns"].values()
    personal = {column["name"].upper() for column in columns if "pii" in _tags(column)}
    return Grain(tuple(column.upper() for column in key), frozenset(personal))


def _tags(column: Mapping[str, Any]) -> list[str]:
    return [*column.get("tags", ()), *(column.get("config") or {}).get("tags", ())]
