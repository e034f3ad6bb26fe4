"""What visuals show: fields that exist, and groups that filter what is measured."""

from collections.abc import Iterator

from shopstream_platform.power_bi.check.dax import reads
from shopstream_platform.power_bi.check.model import filtered_by
from shopstream_platform.power_bi.check.reading import ReadModel
from shopstream_platform.power_bi.check.report import Field, ReadVisual


def field_problems(model: ReadModel, visuals: list[ReadVisual]) -> Iterator[str]:
    """What visuals name that is not there, and figures that would be the same in every group."""
    for visual in visuals:
        if not visual.shown:
            yield f"{visual.title} shows nothing"
        yield from (f"{visual.title}: {problem}" for field in visual.named for problem in _missing(model, field))
        yield from (f"{visual.title}: {problem}" for problem in _unrelated(model, visual))


def _missing(model: ReadModel, field: Field) -> Iterator[str]:
    table = model.tables.get(field.table)
    if table is None:
        yield f"there is no table {field.table}"
        return
    there = table.columns if field.kind == "Column" else table.measures
    if field.name not in there:
        yield f"there is no {field.kind.lower()} {field.table}[{field.name}]"
    elif field.kind == "Column" and table.columns[field.name].hidden:
        yield f"{field.table}[{field.name}] is hidden"


def _unrelated(model: ReadModel, visual: ReadVisual) -> Iterator[str]:
    ends = [end[0] for _, end in model.relationships]
    pure_dimensions = set(ends) - {end[0] for end, _ in model.relationships}
    groups = {field.table for field in visual.shown if field.kind == "Column"}
    measures = [field.name for field in visual.shown if field.kind == "Measure"]
    for group in sorted(groups):
        reached = filtered_by(model, group)
        for measure in measures:
            tables, columns = reads(model, measure)
            # A measure that names the group's columns knows what it does there.
            if group in {table for table, _ in columns}:
                continue
            for table in sorted(tables - reached - pure_dimensions):
                yield f"{group} does not filter {table}, so that [{measure}] is the same in every group"
