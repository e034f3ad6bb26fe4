"""The star: relationships that lead somewhere, one path between two tables, one table of dates, no needless column."""

import re
from collections.abc import Iterator

from shopstream_platform.pbip.check.dax import columns_of
from shopstream_platform.pbip.check.queries import source_column
from shopstream_platform.pbip.check.reading import End, ReadModel


def model_problems(model: ReadModel) -> Iterator[str]:
    """What is wrong with relationships and columns."""
    for many, one in model.relationships:
        yield from _relationship_problems(model, many, one)
    yield from _ambiguous(model)
    yield from _date_problems(model)
    yield from _unused(model)


def filtered_by(model: ReadModel, table: str) -> set[str]:
    """The tables that a choice in this one filters, itself too: filters go from the one to the many."""
    found, waiting = {table}, [table]
    while waiting:
        here = waiting.pop()
        further = {many[0] for many, one in model.relationships if one[0] == here} - found
        found |= further
        waiting += further
    return found


def _relationship_problems(model: ReadModel, many: End, one: End) -> Iterator[str]:
    name = f"relationship {many[0]}[{many[1]}] -> {one[0]}[{one[1]}]"
    ends = [model.column(end) for end in (many, one)]
    for end, column in zip((many, one), ends, strict=True):
        if column is None:
            yield f"{name}: there is no column {end[0]}[{end[1]}]"
    if ends[0] and ends[1] and ends[0].data_type != ends[1].data_type:
        yield f"{name}: a column of {ends[0].data_type} cannot equal one of {ends[1].data_type}"
    if ends[1] and not _is_unique(model, one):
        yield f"{name}: dbt does not test that {one[0]}[{one[1]}] is unique"
    # A key that is blank fails the refresh. That of a calculated table has the values of the other end.
    never_blank = many if ends[1] and model.tables[one[0]].kind == "calculated" else one
    if ends[0] and ends[1] and not _is_not_null(model, never_blank):
        yield f"{name}: dbt does not promise that {never_blank[0]}[{never_blank[1]}] is never NULL"


def _is_unique(model: ReadModel, end: End) -> bool:
    table = model.tables[end[0]]
    if table.kind == "calculated":
        return re.match(r"DISTINCT\s*\(", table.query) is not None
    column = source_column(model, table, end[1])
    return column is not None and column.unique


def _is_not_null(model: ReadModel, end: End) -> bool:
    column = source_column(model, model.tables[end[0]], end[1])
    return column is not None and column.not_null


def _ambiguous(model: ReadModel) -> Iterator[str]:
    for start in model.tables:
        for end in model.tables:
            paths = _paths(model, start, end, (start,))
            if start != end and paths > 1:
                yield f"filters go from {start} to {end} on {paths} paths"


def _paths(model: ReadModel, here: str, end: str, passed: tuple[str, ...]) -> int:
    if here == end:
        return 1
    further = [many[0] for many, one in model.relationships if one[0] == here and many[0] not in passed]
    return sum(_paths(model, table, end, (*passed, table)) for table in further)


def _date_problems(model: ReadModel) -> Iterator[str]:
    categories = [(table.name, table.category) for table in model.tables.values() if table.category]
    if [category for _, category in categories] != ["Time"]:
        yield f"not exactly one table has a dataCategory, which is Time: {categories}"
        return
    name, _ = categories[0]
    keys = {(name, column.name) for column in model.tables[name].columns.values() if column.key}
    days = {one for _, one in model.relationships if (end := model.column(one)) and end.data_type == "dateTime"}
    if len(keys) != 1 or keys != days:
        yield f"relationships of dates lead to {sorted(days)}, but {name} has the keys {sorted(keys)}"


def _unused(model: ReadModel) -> Iterator[str]:
    used = {end for relationship in model.relationships for end in relationship}
    for _, measure in model.measures.values():
        used |= columns_of(measure.dax)
    for table in model.tables.values():
        for column in table.columns.values():
            if column.hidden and (table.name, column.name) not in used:
                yield f"{table.name}[{column.name}] is hidden, and neither a measure nor a relationship needs it"
