"""What visuals show: fields that exist, and groups that filter what is measured."""

import re
from collections.abc import Iterator

from shopstream_platform.pbip.check.dax import reads
from shopstream_platform.pbip.check.model import filtered_by
from shopstream_platform.pbip.check.reading import ReadModel
from shopstream_platform.pbip.check.report import Field, ReadVisual


def field_problems(model: ReadModel, visuals: list[ReadVisual]) -> Iterator[str]:
    """What visuals name that is not there, and figures that would be the same in every group."""
    for visual in visuals:
        if not visual.shown:
            yield f"{visual.title} shows nothing"
        yield from (f"{visual.title}: {problem}" for field in visual.named for problem in _missing(model, field))
        yield from (f"{visual.title}: {problem}" for problem in _unrelated(model, visual))
        slicers = [one for one in visuals if one.type == "slicer" and one.page == visual.page]
        yield from (f"{visual.title}: {problem}" for problem in _unmoved(model, visual, slicers))


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
    for group in sorted({field.table for field in visual.shown if field.kind == "Column"}):
        for measure, table in _beyond(model, visual, group):
            yield f"{group} does not filter {table}, so that [{measure}] is the same in every group"


def _unmoved(model: ReadModel, visual: ReadVisual, slicers: list[ReadVisual]) -> Iterator[str]:
    for chosen in (field for slicer in slicers for field in slicer.shown):
        # "all countries and plans": its reader knows that neither choice changes it.
        if re.search(rf"\ball (\w+ and )*{_plural(chosen.name)}\b", visual.heading):
            continue
        for measure, table in _beyond(model, visual, chosen.table):
            yield f"a choice of {chosen.name} does not filter {table}: say that [{measure}] is of all in the title"


def _plural(name: str) -> str:
    return re.sub("y$", "ie", name.lower()) + "s"


def _beyond(model: ReadModel, visual: ReadVisual, chosen: str) -> Iterator[tuple[str, str]]:
    """The visual's measures that add up a table which a choice in the table `chosen` does not reach."""
    ends = [end[0] for _, end in model.relationships]
    pure_dimensions = set(ends) - {end[0] for end, _ in model.relationships}
    for measure in (field.name for field in visual.shown if field.kind == "Measure"):
        tables, columns = reads(model, measure)
        # A measure that names the chosen table's columns knows what it does there.
        if chosen not in {table for table, _ in columns}:
            yield from ((measure, table) for table in sorted(tables - filtered_by(model, chosen) - pure_dimensions))
