"""The semantic model as TMDL: https://learn.microsoft.com/en-us/analysis-services/tmdl/tmdl-overview."""

import json
import re
from collections.abc import Iterator

from shopstream_platform.pbip.model import (
    Column,
    Dimension,
    Measure,
    Parameter,
    Relationship,
    SemanticModel,
    Table,
    data_type,
    m_type,
)
from shopstream_platform.pbip.sources import SourceColumn, Sources, SourceTable

_COMPATIBILITY_LEVEL = 1601
_PARAMETER = 'IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true'
_IMPORT = """\
let
    Source = Snowflake.Databases(SnowflakeServer, SnowflakeWarehouse, [Role=SnowflakeRole,Implementation="2.0"]),
    Database = Source{{[Name=SnowflakeDatabase,Kind="Database"]}}[Data],
    Schema = Database{{[Name="{schema}",Kind="Schema"]}}[Data],
    Rows = Schema{{[Name="{table}",Kind="Table"]}}[Data],
    Columns = Table.SelectColumns(Rows, {{{columns}}}),
    Types = Table.TransformColumnTypes(Columns, {{{types}}})
in
    Types"""


def quoted(name: str) -> str:
    """A name as TMDL writes it."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else dax_quoted(name)


def dax_quoted(name: str) -> str:
    """A table's name as DAX writes it: always in quotes, since `Date` without them is a function."""
    return "'" + name.replace("'", "''") + "'"


def semantic_model(model: SemanticModel, sources: Sources) -> dict[str, str]:
    """File below the model's definition/ -> its text."""
    tables = {f"tables/{table.name}.tmdl": _table(model, table, sources[table.source]) for table in model.tables}
    dimensions = {f"tables/{one.name}.tmdl": _dimension(model, one) for one in model.dimensions}
    files = {
        "database.tmdl": f"database\n\tcompatibilityLevel: {_COMPATIBILITY_LEVEL}\n",
        "expressions.tmdl": "\n".join(_parameter(model, parameter) for parameter in model.parameters),
        "model.tmdl": _model(model),
        "relationships.tmdl": "\n".join(_relationship(model, relationship) for relationship in model.relationships),
        **tables,
        **dimensions,
    }
    # As Power BI itself ends its files: what it saves again shows no difference.
    return {path: text + "\n" for path, text in files.items()}


def _model(model: SemanticModel) -> str:
    names = [table.name for table in (*model.tables, *model.dimensions)]
    queries = [*(parameter.name for parameter in model.parameters), *(table.name for table in model.tables)]
    references = "".join(f"ref table {quoted(name)}\n" for name in names)
    return f"""\
model Model
	culture: en-US
	defaultPowerBIDataSourceVersion: powerBI_V3
	discourageImplicitMeasures
	sourceQueryCulture: en-US
	dataAccessOptions
		legacyRedirects
		returnErrorValuesAsNull

annotation __PBI_TimeIntelligenceEnabled = 0

annotation PBI_QueryOrder = {json.dumps(queries)}

{references}"""


def _parameter(model: SemanticModel, parameter: Parameter) -> str:
    return f"""\
/// {parameter.description}
expression {parameter.name} = "{parameter.value}" meta [{_PARAMETER}]
	lineageTag: {model.identifier(parameter.name)}

	annotation PBI_ResultType = Text
"""


def _relationship(model: SemanticModel, relationship: Relationship) -> str:
    many, one = (".".join(quoted(part) for part in end) for end in (relationship.many, relationship.one))
    return f"""\
relationship {model.identifier(relationship.name)}
	fromColumn: {many}
	toColumn: {one}
"""


def _table(model: SemanticModel, table: Table, source: SourceTable) -> str:
    category = f"\tdataCategory: {table.category}\n" if table.category else ""
    parts = [
        f"/// {source.description}\ntable {quoted(table.name)}\n"
        f"\tlineageTag: {model.identifier(table.name)}\n{category}",
        *(_measure(model, table.name, measure) for measure in table.measures),
        *(_column(model, table.name, column, source.columns[column.source]) for column in table.columns),
        _import(table, source),
        "\tannotation PBI_ResultType = Table\n",
    ]
    return "\n".join(parts)


def _measure(model: SemanticModel, table: str, measure: Measure) -> str:
    lines = [
        f"\t/// {measure.description}",
        f"\tmeasure {quoted(measure.name)} ={_expression(measure.dax, 3)}",
        f"\t\tformatString: {measure.format}",
        *(["\t\tisHidden"] if measure.hidden else []),
        f"\t\tdisplayFolder: {measure.folder}",
        f"\t\tlineageTag: {model.identifier(f'{table}[{measure.name}] measure')}",
    ]
    return "\n".join(lines) + "\n"


def _expression(text: str, depth: int) -> str:
    """After the `=`: one line as it is, several on lines of their own."""
    if "\n" not in text:
        return f" {text}"
    return "".join("\n" + "\t" * depth + line for line in text.splitlines())


def _column(model: SemanticModel, table: str, column: Column, source: SourceColumn) -> str:
    kind = data_type(source.type)
    return "\n".join(_column_lines(model, table, column, kind, source.name.upper(), source.description))


def _column_lines(
    model: SemanticModel, table: str, column: Column, kind: str, source: str, description: str
) -> Iterator[str]:
    yield f"\t/// {description}"
    yield f"\tcolumn {quoted(column.name)}"
    yield f"\t\tdataType: {kind}"
    if column.hidden:
        yield "\t\tisHidden"
    if column.key:
        yield "\t\tisKey"
    if column.format:
        yield f"\t\tformatString: {column.format}"
    yield f"\t\tlineageTag: {model.identifier(f'{table}[{column.name}]')}"
    yield "\t\tsummarizeBy: none"
    yield f"\t\tsourceColumn: {source}"
    yield ""
    yield "\t\tannotation SummarizationSetBy = Automatic"
    yield ""


def _import(table: Table, source: SourceTable) -> str:
    # Names are literal and without blanks between them: dagster-powerbi finds the lineage by a pattern in this text.
    names = {column.source.upper(): m_type(source.columns[column.source].type) for column in table.columns}
    query = _IMPORT.format(
        schema=source.schema.upper(),
        table=table.source.upper(),
        columns=", ".join(f'"{name}"' for name in names),
        types=", ".join(f'{{"{name}", {kind}}}' for name, kind in names.items()),
    )
    return _partition(table.name, "m", query)


def _partition(table: str, kind: str, query: str) -> str:
    return f"\tpartition {quoted(table)} = {kind}\n\t\tmode: import\n\t\tsource ={_expression(query, 4)}\n"


def _dimension(model: SemanticModel, dimension: Dimension) -> str:
    name = dimension.name
    column = Column(dimension.column, dimension.column)
    lines = _column_lines(model, name, column, "string", f"[{dimension.column}]", dimension.description)
    parts = [
        f"/// {dimension.description}\ntable {quoted(name)}\n\tlineageTag: {model.identifier(name)}\n",
        "\n".join(lines),
        _partition(name, "calculated", _values(dimension)),
        f"\tannotation PBI_Id = {model.identifier(name).replace('-', '')}\n",
    ]
    return "\n".join(parts)


def _values(dimension: Dimension) -> str:
    if dimension.words:
        words = ", ".join(f'"{word}"' for word in dimension.words)
        return f'SELECTCOLUMNS({{{words}}}, "{dimension.column}", [Value])'
    values = [
        f'SELECTCOLUMNS({dax_quoted(table)}, "{dimension.column}", {dax_quoted(table)}[{source}])'
        for table, source in dimension.values_of
    ]
    if len(values) == 1:
        return f"DISTINCT({values[0]})"
    return "\n".join(["DISTINCT(", "    UNION(", ",\n".join(f"        {one}" for one in values), "    )", ")"])
