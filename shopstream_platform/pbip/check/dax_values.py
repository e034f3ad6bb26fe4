"""DAX: where columns may stand, and what they are compared with."""

from collections.abc import Iterator
from typing import Any

from shopstream_platform.pbip.check.dax_nodes import dax, walk
from shopstream_platform.pbip.check.queries import source_column
from shopstream_platform.pbip.check.reading import End, ReadModel

_TAKE_COLUMNS = {
    "HASONEVALUE",
    "ISFILTERED",
    "MAX",
    "MIN",
    "PREVIOUSMONTH",
    "SAMEPERIODLASTYEAR",
    "SELECTCOLUMNS",
    "SELECTEDVALUE",
    "SUM",
}
_TIME = {"PREVIOUSMONTH", "SAMEPERIODLASTYEAR"}


def value_problems(model: ReadModel, expression: Any) -> Iterator[str]:
    """Columns without a row that they could be of, values that a column cannot have, time functions of other days."""
    calls = [node for node in walk(expression) if isinstance(node, dax.FunctionCall)]
    filters = [found for call in calls for found in _filters(call)]
    taken = {id(arg) for call in calls if call.name in _TAKE_COLUMNS for arg in call.args}
    taken |= {id(found.left) for found in filters}
    for node in walk(expression):
        if isinstance(node, dax.TableColumnRef) and id(node) not in taken:
            yield f"{_name(node)} stands where there is no row of {node.table.name}: add it up, or filter by it"
        yield from _quote_problems(model, node)
    for found in filters:
        yield from _comparison_problems(model, found.left, found.right)
    for call in calls:
        yield from _call_problems(model, call)


def _quote_problems(model: ReadModel, node: Any) -> Iterator[str]:
    # Date and Product are functions too.
    bare = (isinstance(node, dax.TableName) and not node.quoted) or isinstance(node, dax.Identifier)
    if bare and node.name in model.tables:
        yield f"the table {node.name} is not in quotes"


def _filters(call: Any) -> list[Any]:
    conditions = call.args[1:] if call.name == "CALCULATE" else call.args if call.name == "KEEPFILTERS" else []
    return [one for one in conditions if isinstance(one, dax.Binary) and isinstance(one.left, dax.TableColumnRef)]


def _call_problems(model: ReadModel, call: Any) -> Iterator[str]:
    if call.name in _TIME:
        keys = {one for _, one in model.relationships}
        columns = [arg for arg in call.args if isinstance(arg, dax.TableColumnRef) and _end(arg) not in keys]
        yield from (f"{call.name} of {_name(column)}, which is no key of a table of dates" for column in columns)
    if call.name == "SWITCH" and isinstance(call.args[0], dax.FunctionCall) and call.args[0].name == "SELECTEDVALUE":
        for case in call.args[1::2]:
            yield from _comparison_problems(model, call.args[0].args[0], case)


def _comparison_problems(model: ReadModel, column: Any, value: Any) -> Iterator[str]:
    known = model.column(_end(column))
    if known is None:
        return
    if known.data_type not in _types(value):
        yield f"{_name(column)}, which is {known.data_type}, is compared with {_shown(value)}"
    elif isinstance(value, dax.String) and not _can_be(model, _end(column), value.value):
        yield f"{_name(column)} is compared with {_shown(value)}, which it never is"


def _types(value: Any) -> set[str]:
    if isinstance(value, dax.Number):
        return {"int64", "decimal", "double"}
    if isinstance(value, dax.String):
        return {"string"}
    return {"boolean"} if isinstance(value, dax.FunctionCall) and value.name in ("TRUE", "FALSE") else set()


def _can_be(model: ReadModel, end: End, text: str) -> bool:
    table = model.tables[end[0]]
    if table.kind == "calculated":
        return f'"{text}"' in table.query
    promised = source_column(model, table, end[1])
    return promised is None or not promised.accepted_values or text in promised.accepted_values


def _end(column: Any) -> End:
    return column.table.name, column.column


def _name(column: Any) -> str:
    return f"{column.table.name}[{column.column}]"


def _shown(value: Any) -> str:
    return str(getattr(value, "value", getattr(value, "name", "an expression")))
