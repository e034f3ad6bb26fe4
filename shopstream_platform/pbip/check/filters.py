"""What visuals' filters compare: values of the column's own type, since others let no row through."""

from collections.abc import Iterator

from shopstream_platform.pbip.check.reading import ReadModel
from shopstream_platform.pbip.check.report import ReadVisual


def filter_problems(model: ReadModel, visuals: list[ReadVisual]) -> Iterator[str]:
    """Flags that are compared with something else than true or false."""
    for visual in visuals:
        for field, literal in visual.filters:
            column = model.column((field.table, field.name))
            if column and column.data_type == "boolean" and literal not in ("true", "false"):
                yield f"{visual.title}: {field.table}[{field.name}] is true or false, but filtered by {literal}"
