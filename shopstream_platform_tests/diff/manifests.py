"""Small manifests, as dbt writes them."""

from itertools import pairwise
from typing import Any


def manifest(*names: str) -> dict[str, Any]:
    """Models, each made from the one before it, with a test on the last and a snapshot of the first."""
    nodes = {f"model.shop.{name}": node(name) for name in names}
    children = {f"model.shop.{name}": [f"model.shop.{after}"] for name, after in pairwise(names)}
    children[f"model.shop.{names[-1]}"] = ["test.shop.unique"]
    unique = node("unique", "test") | {"unique_id": "test.shop.unique", "column_name": "id"}
    unique |= {"test_metadata": {"name": "unique", "kwargs": {}}, "schema": "AUDIT"}
    return {
        "nodes": nodes | {"test.shop.unique": unique, "snapshot.shop.snap": node("snap", "snapshot")},
        "child_map": children,
        "metrics": {},
        "semantic_models": {},
    }


def node(name: str, kind: str = "model") -> dict[str, Any]:
    return {
        "name": name,
        "alias": name,
        "schema": "MARTS",
        "resource_type": kind,
        "raw_code": f"select {name}",
        "compiled_code": f"select {name}",
        "config": {"materialized": "snapshot" if kind == "snapshot" else "table", "tags": [], "meta": {}},
        "columns": {"id": {"name": "id", "data_type": "number(38,0)", "description": ""}},
    }


def measured(made: dict[str, Any], model: str, expression: str, kind: str = "simple") -> dict[str, Any]:
    """The manifest with a metric `revenue`, a sum over this model."""
    measure = {"name": "counted", "agg": "sum", "expr": expression, "agg_params": None}
    parameters = {"measure": {"name": "counted", "filter": None}, "input_measures": [{"name": "counted"}]}
    metric = {"name": "revenue", "label": "Revenue", "type": kind, "type_params": parameters, "filter": None}
    semantic = {"node_relation": {"alias": model}, "measures": [measure]}
    return made | {"metrics": {"metric.shop.revenue": metric}, "semantic_models": {"semantic.shop.x": semantic}}
