"""The imports in M: each reads the dbt model that it should, with the columns and types that dbt promises."""

import re
from collections.abc import Iterator

from shopstream_platform.power_bi.check.reading import ReadModel, ReadTable
from shopstream_platform.power_bi.contracts import SourceColumn, SourceTable, contracts
from shopstream_platform.power_bi.model import data_type

_NAVIGATION = re.compile(r'\[Name="(?P<name>[^"]+)",Kind="(?P<kind>\w+)"\]')
_SELECTION = re.compile(r"Table\.SelectColumns\(\w+, \{(?P<columns>[^}]*)\}\)")
_PARAMETER = re.compile(r"\bSnowflake(?!\.)\w+\b")
_KINDS = {"m", "calculated"}


def query_problems(model: ReadModel) -> Iterator[str]:
    """What is wrong with the tables' sources."""
    for table in model.tables.values():
        if table.kind not in _KINDS:
            yield f"table {table.name}: its partition is {table.kind or 'empty'}, neither m nor calculated"
        elif table.kind == "calculated":
            yield from _calculated_problems(table)
        else:
            yield from _import_problems(model, table)


def source_of(table: ReadTable) -> SourceTable | None:
    """The dbt model that the table imports, if there is one of its name and schema."""
    names = {found["kind"]: found["name"] for found in _NAVIGATION.finditer(table.query)}
    source = contracts().get(names.get("Table", "").lower())
    return source if source and source.schema.upper() == names.get("Schema") else None


def source_column(table: ReadTable, name: str) -> SourceColumn | None:
    """What dbt promises of a column of the table, if it has it."""
    source = source_of(table)
    return source.columns.get(table.columns[name].source.lower()) if source else None


def _calculated_problems(table: ReadTable) -> Iterator[str]:
    for column in table.columns.values():
        if f'"{column.source.strip("[]")}"' not in table.query:
            yield f"{table.name}[{column.name}]: its query makes no column {column.source}"


def _import_problems(model: ReadModel, table: ReadTable) -> Iterator[str]:
    for name in sorted(set(_PARAMETER.findall(table.query)) - model.parameters.keys()):
        yield f"table {table.name}: {name} is no parameter"
    for name in sorted(
        {"SnowflakeWarehouse", "SnowflakeDatabase", "SnowflakeRole"} - set(_PARAMETER.findall(table.query))
    ):
        yield f"table {table.name}: the query does not use {name}"
    source = source_of(table)
    if source is None:
        yield f"table {table.name}: there is no such dbt model in such a schema: {_NAVIGATION.findall(table.query)}"
        return
    selection = _SELECTION.search(table.query)
    selected = re.findall(r'"([^"]+)"', selection["columns"]) if selection else []
    if selected != [column.source for column in table.columns.values()]:
        yield f"table {table.name}: the query does not select exactly the table's columns, in their order"
    for column in table.columns.values():
        promised = source.columns.get(column.source.lower())
        if promised is None or column.source != column.source.upper():
            yield f"{table.name}[{column.name}]: {source.name} has no column {column.source}"
        elif data_type(promised.type) != column.data_type:
            yield f"{table.name}[{column.name}] is {column.data_type}, but {promised.type} in {source.name}"
        elif promised.personal:
            yield f"{table.name}[{column.name}] is personal and stays in the warehouse"
