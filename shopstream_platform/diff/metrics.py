"""Totals of the semantic layer's metrics in both versions."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.dbt.column_lineage import Manifest
from shopstream_platform.diff.shape import Relation
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform.stores.warehouse_errors import translated

_AGGREGATES = {"sum": "SUM({})", "count": "COUNT({})", "count_distinct": "COUNT(DISTINCT {})"}
_SIMPLE, _RATIO = "simple", "ratio"
_PARTS = ("numerator", "denominator")
# Of a ratio, behind the point.
DIGITS = 6


@dataclass(frozen=True)
class MetricDiff:
    """A metric's total before and after; None where it is not declared, or has no value."""

    label: str
    before: Decimal | None
    after: Decimal | None

    @property
    def moved(self) -> bool:
        """Whether it is another."""
        return self.before != self.after


@dataclass
class Totals:
    """One version's: metric -> total, and metric -> why it has none."""

    values: dict[str, Decimal | None] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


def models_of(manifest: Manifest) -> set[str]:
    """The models that the metrics with a total are made of."""
    return set().union(*_models_by_metric(manifest).values())


def changed_metrics(base: Manifest, head: Manifest) -> frozenset[str]:
    """The metrics that are not computed alike in both versions, or are in one only."""
    before, after = _definitions(base), _definitions(head)
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def totals(
    session: Warehouse, manifest: Manifest, relations: Mapping[str, Relation], touched: Collection[str]
) -> Totals:
    """The metrics whose models are all among `relations` (model -> relation); `touched` are models and metrics."""
    found, measures, models = Totals(), _measures(manifest), _models_by_metric(manifest)
    metrics = {metric["name"]: metric for metric in manifest["metrics"].values()}

    def total(name: str) -> Decimal | None:
        parameters = metrics[name]["type_params"]
        if metrics[name]["type"] == _SIMPLE:
            model, expression = measures[parameters["measure"]["name"]]
            value = session.value(f"SELECT {expression} FROM {relations[model].name}")
            return None if value is None else Decimal(value)
        numerator, denominator = (total(parameters[part]["name"]) for part in _PARTS)
        return None if numerator is None or not denominator else round(numerator / denominator, DIGITS)

    for name, metric in sorted(metrics.items()):
        found.labels[name] = metric["label"]
        if name not in models:
            if set(touched) & {name, *_all_models(manifest, metric)}:
                found.missing[name] = "it has no total, but values by month or of chosen rows"
        elif lacking := sorted(models[name] - relations.keys()):
            found.missing[name] = f"it is made of {', '.join(lacking)}"
        else:
            try:
                with translated():
                    found.values[name] = total(name)
            except ShopStreamError:
                # Its message may quote a row.
                found.missing[name] = "the warehouse refuses its SQL"
    return found


def compare_totals(before: Totals, after: Totals) -> list[MetricDiff]:
    """Every metric of either version, if none of them lacks it."""
    names = dict.fromkeys([*before.values, *after.values])
    labels = before.labels | after.labels
    missing = before.missing.keys() | after.missing.keys()
    return [
        MetricDiff(labels[name], before.values.get(name), after.values.get(name))
        for name in names
        if name not in missing
    ]


def not_compared(before: Totals, after: Totals) -> list[str]:
    """A sentence for each metric that one of the versions lacks."""
    labels = before.labels | after.labels
    return [
        f"metric {labels[name]} was not compared: {why}"
        for name, why in sorted((before.missing | after.missing).items())
    ]


def _definitions(manifest: Manifest) -> dict[str, str]:
    measures = {
        measure["name"]: (semantic["node_relation"]["alias"], measure["agg"], measure["expr"], measure["agg_params"])
        for semantic in manifest["semantic_models"].values()
        for measure in semantic["measures"]
    }

    def definition(metric: Mapping[str, Any]) -> str:
        made_of = [measures.get(name) for name in _inputs(metric)]
        return json.dumps([metric["type"], metric["type_params"], metric["filter"], made_of], default=str)

    return {metric["name"]: definition(metric) for metric in manifest["metrics"].values()}


def _models_by_metric(manifest: Manifest) -> dict[str, set[str]]:
    """Metric -> its models: simple metrics and ratios of them; one that needs the months beside it has no total.

    Nor has one of chosen rows: the filter is written in the names of MetricFlow.
    """
    measures, found = _measures(manifest), dict[str, set[str]]()
    metrics = [metric for metric in manifest["metrics"].values() if not _is_filtered(metric)]
    for metric in metrics:
        parameters = metric["type_params"]
        if metric["type"] == _SIMPLE and (measure := measures.get(parameters["measure"]["name"])):
            found[metric["name"]] = {measure[0]}
    for metric in metrics:
        if metric["type"] == _RATIO:
            parts = [metric["type_params"][part]["name"] for part in _PARTS]
            if all(part in found for part in parts):
                found[metric["name"]] = set().union(*(found[part] for part in parts))
    return found


def _is_filtered(metric: Mapping[str, Any]) -> bool:
    parameters = metric["type_params"]
    parts = [metric, parameters.get("measure"), *(parameters.get(part) for part in _PARTS)]
    return any(part and part.get("filter") for part in parts)


def _all_models(manifest: Manifest, metric: Mapping[str, Any]) -> Iterable[str]:
    inputs = set(_inputs(metric))
    for semantic in manifest["semantic_models"].values():
        if inputs & {measure["name"] for measure in semantic["measures"]}:
            yield semantic["node_relation"]["alias"]


def _inputs(metric: Mapping[str, Any]) -> list[str]:
    """All measures that it is made of, of other metrics too."""
    return [measure["name"] for measure in metric["type_params"]["input_measures"]]


def _measures(manifest: Manifest) -> dict[str, tuple[str, str]]:
    """Measure -> its model's name and its SQL, of aggregates that a total can be made of."""
    found: dict[str, tuple[str, str]] = {}
    for semantic in manifest["semantic_models"].values():
        model = semantic["node_relation"]["alias"]
        for measure in semantic["measures"]:
            if aggregate := _AGGREGATES.get(measure["agg"]):
                found[measure["name"]] = (model, aggregate.format(measure["expr"] or measure["name"]))
    return found
