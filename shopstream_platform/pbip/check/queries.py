"""The imports in M: each reads the dbt model that it should, with the columns and types that dbt promises."""

import re
from collections.abc import Iterator

from shopstream_platform.pbip.check.reading import ReadColumn, ReadModel, ReadTable
from shopstream_platform.pbip.sources import SourceColumn, SourceTable

# The whole query: a further step would change rows or values, which no other check would see.
_QUERY = re.compile(
    r"""let
    Source = Snowflake\.Databases\(SnowflakeServer, SnowflakeWarehouse, \[Role=SnowflakeRole,Implementation="2\.0"\]\),
    Database = Source\{\[Name=SnowflakeDatabase,Kind="Database"\]\}\[Data\],
    Schema = Database\{\[Name="(?P<schema>\w+)",Kind="Schema"\]\}\[Data\],
    Rows = Schema\{\[Name="(?P<table>\w+)",Kind="Table"\]\}\[Data\],
    Columns = Table\.SelectColumns\(Rows, \{(?P<columns>"\w+"(?:, "\w+")*)\}\),
    Types = Table\.TransformColumnTypes\(Columns, \{(?P<types>\{"\w+", [\w. ]+\}(?:, \{"\w+", [\w. ]+\})*)\}\)
in
    Types"""
)
_PARAMETERS = {"SnowflakeServer", "SnowflakeWarehouse", "SnowflakeDatabase", "SnowflakeRole"}
_KINDS = {"m", "calculated"}
# Of a dbt contract's type: TMDL's, stated again, so that a fault of the generator's own table is found.
_DATA_TYPES = (
    (r"number\(\d+,0\)", {"int64"}),
    # Money: sums of binary fractions would not be exact.
    (r"number\(\d+,2\)", {"decimal"}),
    (r"number\(\d+,[134]\)", {"decimal", "double"}),
    (r"number\(\d+,\d+\)", {"double"}),
    (r"varchar(\(\d+\))?", {"string"}),
    (r"date|timestamp_ntz(\(\d\))?", {"dateTime"}),
    (r"boolean", {"boolean"}),
)
# Of a TMDL type: M's.
_M_TYPES = {
    "int64": {"Int64.Type"},
    "decimal": {"Currency.Type"},
    "double": {"type number"},
    "string": {"type text"},
    "dateTime": {"type date", "type datetime"},
    "boolean": {"type logical"},
}


def query_problems(model: ReadModel) -> Iterator[str]:
    """What is wrong with the tables' sources."""
    yield from (f"{name} is no parameter" for name in sorted(_PARAMETERS - model.parameters.keys()))
    for table in model.tables.values():
        if table.kind not in _KINDS:
            yield f"table {table.name}: its partition is {table.kind or 'empty'}, neither m nor calculated"
        elif table.kind == "calculated":
            yield from _calculated_problems(table)
        else:
            yield from _import_problems(model, table)


def source_of(model: ReadModel, table: ReadTable) -> SourceTable | None:
    """The dbt model that the table imports, if there is one of its name and schema."""
    found = _QUERY.fullmatch(table.query)
    if found is None:
        return None
    source = model.sources.get(found["table"].lower())
    place = (found["schema"], found["table"])
    return source if source and place == (source.schema.upper(), source.name.upper()) else None


def source_column(model: ReadModel, table: ReadTable, name: str) -> SourceColumn | None:
    """What dbt promises of a column of the table, if it has it."""
    source = source_of(model, table)
    return source.columns.get(table.columns[name].source.lower()) if source else None


def _calculated_problems(table: ReadTable) -> Iterator[str]:
    for column in table.columns.values():
        if f'"{column.source.strip("[]")}"' not in table.query:
            yield f"{table.name}[{column.name}]: its query makes no column {column.source}"


def _import_problems(model: ReadModel, table: ReadTable) -> Iterator[str]:
    found = _QUERY.fullmatch(table.query)
    if found is None:
        yield f"table {table.name}: the query is not of the form that every import has"
        return
    source = source_of(model, table)
    if source is None:
        yield f"table {table.name}: there is no such dbt model in such a schema: {found['schema']}.{found['table']}"
        return
    selected = re.findall(r"\w+", found["columns"])
    if len(set(selected)) != len(selected):
        yield f"table {table.name}: the query selects a column twice"
    if selected != [column.source for column in table.columns.values()]:
        yield f"table {table.name}: the query does not select exactly the table's columns, in their order"
    yield from _typing_problems(table, re.findall(r'\{"(\w+)", ([^}]+)\}', found["types"]))
    for column in table.columns.values():
        yield from _column_problems(f"{table.name}[{column.name}]", column, source)


def _typing_problems(table: ReadTable, types: list[tuple[str, str]]) -> Iterator[str]:
    if [name for name, _ in types] != [column.source for column in table.columns.values()]:
        yield f"table {table.name}: the query does not type exactly the table's columns, in their order"
        return
    for column, (_, kind) in zip(table.columns.values(), types, strict=True):
        if kind not in _M_TYPES.get(column.data_type, set()):
            yield f"{table.name}[{column.name}] is {column.data_type}, but {kind} in the query"


def _column_problems(name: str, column: ReadColumn, source: SourceTable) -> Iterator[str]:
    promised = source.columns.get(column.source.lower())
    if promised is None or column.source != column.source.upper():
        yield f"{name}: {source.name} has no column {column.source}"
    elif column.data_type not in _fitting(promised.type):
        yield f"{name} is {column.data_type}, but {promised.type} in {source.name}"
    elif promised.personal:
        yield f"{name} is personal and stays in the warehouse"


def _fitting(contract_type: str) -> set[str]:
    return next((types for pattern, types in _DATA_TYPES if re.fullmatch(pattern, contract_type)), set())
