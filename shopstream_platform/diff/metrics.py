"""Totals of the semantic layer's metrics in both versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shopstream_platform.diff.shape import Relation
from shopstream_platform.stores.warehouse import Warehouse

_AGGREGATES = {"sum": "SUM({})", "count": "COUNT({})", "count_distinct": "COUNT(DISTINCT {})"}
_SIMPLE, _RATIO = "simple", "ratio"
_PARTS = ("numerator", "denominator")
# Of a ratio, behind the point.
DIGITS = 6
Manifest = Mapping[str, Any]


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


def models_of(manifest: Manifest) -> set[str]:
    """The models that the metrics with a total are made of."""
    return set().union(*_models_by_metric(manifest).values())


def totals(session: Warehouse, manifest: Manifest, relations: Mapping[str, Relation]) -> dict[str, Decimal | None]:
    """Label -> total, of the metrics whose models are all among `relations` (model -> relation)."""
    measures = _measures(manifest)
    metrics = {metric["name"]: metric for metric in manifest["metrics"].values()}

    def total(name: str) -> Decimal | None:
        parameters = metrics[name]["type_params"]
        if metrics[name]["type"] == _SIMPLE:
            model, expression = measures[parameters["measure"]["name"]]
            value = session.value(f"SELECT {expression} FROM {relations[model].name}")
            return None if value is None else Decimal(value)
        numerator, denominator = (total(parameters[part]["name"]) for part in _PARTS)
        return None if numerator is None or not denominator else round(numerator / denominator, DIGITS)

    return {
        metrics[name]["label"]: total(name)
        for name, needed in sorted(_models_by_metric(manifest).items())
        if needed <= relations.keys()
    }


def _models_by_metric(manifest: Manifest) -> dict[str, set[str]]:
    """Metric -> its models: simple metrics and ratios of them; one that needs the months beside it has no total."""
    measures, metrics = _measures(manifest), list(manifest["metrics"].values())
    found: dict[str, set[str]] = {}
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


def _measures(manifest: Manifest) -> dict[str, tuple[str, str]]:
    """Measure -> its model's name and its SQL, of aggregates that a total can be made of."""
    found: dict[str, tuple[str, str]] = {}
    for semantic in manifest["semantic_models"].values():
        model = semantic["node_relation"]["alias"]
        for measure in semantic["measures"]:
            if aggregate := _AGGREGATES.get(measure["agg"]):
                found[measure["name"]] = (model, aggregate.format(measure["expr"] or measure["name"]))
    return found


def compare_totals(before: Mapping[str, Decimal | None], after: Mapping[str, Decimal | None]) -> list[MetricDiff]:
    """Every metric of either version."""
    labels = dict.fromkeys([*before, *after])
    return [MetricDiff(label, before.get(label), after.get(label)) for label in labels]
