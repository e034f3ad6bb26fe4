"""DAX: syntax and arguments by a parser, names by the model, types by its columns."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from shopstream_platform.pbip.check.dax_nodes import dax, nodes_of, walk
from shopstream_platform.pbip.check.dax_values import value_problems
from shopstream_platform.pbip.check.reading import End, ReadModel

# What a parser lets pass: names of functions. Measures keep to these, which the tests' evaluator runs.
FUNCTIONS = {
    "BLANK",
    "CALCULATE",
    "COUNTROWS",
    "DAY",
    "DISTINCT",
    "DIVIDE",
    "EDATE",
    "EOMONTH",
    "FALSE",
    "HASONEVALUE",
    "IF",
    "ISFILTERED",
    "KEEPFILTERS",
    "MAX",
    "MIN",
    "PREVIOUSMONTH",
    "REMOVEFILTERS",
    "SAMEPERIODLASTYEAR",
    "SELECTCOLUMNS",
    "SELECTEDVALUE",
    "SUM",
    "SWITCH",
    "TRUE",
    "UNION",
}
_AGGREGATIONS = {"SUM", "MIN", "MAX", "COUNTROWS"}
# The column of {...}.
_VALUE = "Value"
# The parser knows neither it nor that DISTINCT takes any table expression.
_UNKNOWN_TO_THE_PARSER = (f"`[{_VALUE}]`", "argument 1 of `DISTINCT`")
_NUMBERS = {"int64", "decimal", "double"}
_ARGUMENT_TYPES = {
    "SUM": _NUMBERS,
    "MIN": {*_NUMBERS, "dateTime"},
    "MAX": {*_NUMBERS, "dateTime"},
    "PREVIOUSMONTH": {"dateTime"},
    "SAMEPERIODLASTYEAR": {"dateTime"},
}


def dax_problems(model: ReadModel) -> Iterator[str]:
    """What is wrong with measures and calculated tables."""
    names = dax.ModelMetadata(
        tables=[
            dax.ModelTable(name=t.name, columns=list(t.columns), measures=list(t.measures))
            for t in model.tables.values()
        ]
    )
    texts = {f"measure {name}": measure.dax for name, (_, measure) in model.measures.items()}
    texts |= {f"table {t.name}": t.query for t in model.tables.values() if t.kind == "calculated"}
    for what, text in texts.items():
        try:
            found = dax.validate_expression(text) + dax.validate_expression_against_model(text, names)
        except ValueError as error:
            yield f"{what}: {error}"
            continue
        yield from (f"{what}: {one.message}" for one in found if not _is_mistaken(one.message))
        tree = dax.parse_expression(text)
        yield from (f"{what}: {problem}" for problem in _own_problems(model, tree))
        yield from (f"{what}: {problem}" for problem in value_problems(model, tree))
    needs = {name: measures_of(measure.dax) for name, (_, measure) in model.measures.items()}
    yield from (f"measure {name} needs itself" for name in circles(needs))


@cache
def columns_of(text: str) -> frozenset[End]:
    """The columns that an expression names; none if it cannot be parsed, which is told elsewhere."""
    return frozenset((node.table.name, node.column) for node in nodes_of(text) if isinstance(node, dax.TableColumnRef))


@cache
def tables_of(text: str) -> frozenset[str]:
    """The tables whose rows an expression adds up, counts or compares."""
    calls = [node for node in nodes_of(text) if isinstance(node, dax.FunctionCall)]
    # Meant to be the same whatever is chosen.
    if any(call.name == "REMOVEFILTERS" for call in calls):
        return frozenset()
    calls = [call for call in calls if call.name in _AGGREGATIONS]
    return frozenset(_table_of(call.args[0]) for call in calls if call.args)


@cache
def measures_of(text: str) -> frozenset[str]:
    """The measures that an expression names."""
    return frozenset(node.name for node in nodes_of(text) if isinstance(node, dax.BracketRef))


@cache
def tables_named_by(text: str) -> frozenset[str]:
    """The tables that an expression names in any way."""
    return frozenset(node.name for node in nodes_of(text) if isinstance(node, dax.TableName | dax.Identifier))


def calls_of(text: str, function: str) -> list[Any]:
    """The calls of a function in an expression."""
    calls = [node for node in nodes_of(text) if isinstance(node, dax.FunctionCall)]
    return [call for call in calls if call.name.upper() == function]


def circles(needs: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The names that need themselves, directly or through others."""
    for name in needs:
        seen: set[str] = set()
        waiting = list(needs[name])
        while waiting:
            here = waiting.pop()
            if here == name:
                yield name
                break
            if here in needs and here not in seen:
                seen.add(here)
                waiting += needs[here]


def reads(model: ReadModel, measure: str) -> tuple[frozenset[str], frozenset[End]]:
    """The tables that a measure adds up and the columns that it names, itself and through other measures."""
    tables: set[str] = set()
    columns: set[End] = set()
    seen, waiting = set(), [measure]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in model.measures:
            continue
        seen.add(name)
        text = model.measures[name][1].dax
        tables |= tables_of(text)
        columns |= columns_of(text)
        waiting += measures_of(text)
    return frozenset(tables), frozenset(columns)


def _own_problems(model: ReadModel, expression: Any) -> Iterator[str]:
    for node in walk(expression):
        if isinstance(node, dax.BracketRef) and node.name not in {*model.measures, _VALUE}:
            yield f"[{node.name}] is no measure"
        if isinstance(node, dax.FunctionCall):
            if node.name.upper() not in FUNCTIONS:
                yield f"the function {node.name} is none that we know"
            yield from _argument_problems(model, node)


def _argument_problems(model: ReadModel, call: Any) -> Iterator[str]:
    wanted = _ARGUMENT_TYPES.get(call.name.upper())
    if wanted is None:
        return
    argument = call.args[0] if call.args else None
    if not isinstance(argument, dax.TableColumnRef):
        yield f"{call.name} takes a column"
        return
    column = model.column((argument.table.name, argument.column))
    if column and column.data_type not in wanted:
        yield f"{call.name} cannot take {argument.table.name}[{argument.column}], which is {column.data_type}"


def _table_of(argument: Any) -> str:
    if isinstance(argument, dax.TableColumnRef | dax.TableRef):
        return argument.table.name
    return str(getattr(argument, "name", ""))


def _is_mistaken(message: str) -> bool:
    return any(text in message for text in _UNKNOWN_TO_THE_PARSER)
