"""Calculated tables: made of others without a circle, and of columns that go together."""

from collections.abc import Iterator
from typing import Any

from shopstream_platform.pbip.check.dax import (
    calls_of,
    circles,
    columns_of,
    tables_named_by,
)
from shopstream_platform.pbip.check.reading import ReadModel, ReadTable


def calculated_problems(model: ReadModel) -> Iterator[str]:
    """What Power BI could not compute, or would compute as another type."""
    tables = [table for table in model.tables.values() if table.kind == "calculated"]
    needs = {table.name: tables_named_by(table.query) for table in tables}
    yield from (f"table {name} needs itself" for name in circles(needs))
    for table in tables:
        for union in calls_of(table.query, "UNION"):
            yield from _union_problems(table, union)
        yield from _type_problems(model, table)
        yield from _blank_problems(model, table)


def _union_problems(table: ReadTable, union: Any) -> Iterator[str]:
    selections = calls_of(table.query, "SELECTCOLUMNS")
    if any(part not in selections for part in union.args):
        yield f"table {table.name}: UNION takes nothing but SELECTCOLUMNS, whose columns can be counted"
    elif len({len(part.args) for part in union.args}) > 1:
        yield f"table {table.name}: the parts of UNION have different numbers of columns"


def _type_problems(model: ReadModel, table: ReadTable) -> Iterator[str]:
    # A calculated table has one column, so that all that its query names goes into that one.
    for column in table.columns.values():
        for end in sorted(columns_of(table.query)):
            source = model.column(end)
            if source and source.data_type != column.data_type:
                yield f"{table.name}[{column.name}] is {column.data_type}, but {end[0]}[{end[1]}] {source.data_type}"


def _blank_problems(model: ReadModel, table: ReadTable) -> Iterator[str]:
    sources = columns_of(table.query)
    for many, one in model.relationships:
        if one[0] == table.name and many not in sources:
            yield f"{table.name} is not made of {many[0]}[{many[1]}], whose further values would be blank there"
