"""The figures of dbt's semantic layer: each is a measure of the same name and meaning."""

from collections.abc import Iterable, Iterator

from shopstream_platform.pbip.check.reading import ReadModel
from shopstream_platform.pbip.sources import Metric


def metric_problems(model: ReadModel, metrics: Iterable[Metric]) -> Iterator[str]:
    """What is missing or said otherwise."""
    for metric in metrics:
        if metric.label not in model.measures:
            yield f"there is no measure {metric.label}, which is dbt's metric {metric.name}"
        elif model.measures[metric.label][1].description != metric.description:
            yield f"measure {metric.label} is described otherwise than dbt's metric {metric.name}"
