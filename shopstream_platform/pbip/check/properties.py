"""Properties that decide how Power BI loads the model, and what it adds up by itself."""

import re
from collections.abc import Iterator

from shopstream_platform.pbip.check.tmdl import Node

# The lowest that knows everything that the model uses.
_COMPATIBILITY_LEVEL = 1601
_PARAMETER = re.compile(r'"(?:[^"]|"")+" meta \[IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true\]')


def property_problems(nodes: list[Node]) -> Iterator[str]:
    """What is missing or set to something else."""
    yield from _model_problems(nodes)
    for node in nodes:
        if node.kind == "expression" and not _PARAMETER.fullmatch(node.value):
            yield f"parameter {node.name} is no text that whoever opens the project is asked for"
        if node.kind == "table":
            yield from _table_problems(node)


def _model_problems(nodes: list[Node]) -> Iterator[str]:
    database = next((node for node in nodes if node.name == "database"), Node("property", "database"))
    level = database.property("compatibilityLevel") or ""
    if not re.fullmatch(r"\d+", level) or int(level) < _COMPATIBILITY_LEVEL:
        yield f"database.tmdl has the compatibilityLevel {level or 'none'}, not {_COMPATIBILITY_LEVEL} or higher"
    model = next((node for node in nodes if node.kind == "model"), Node("model", "Model"))
    version = model.property("defaultPowerBIDataSourceVersion")
    if version != "powerBI_V3":
        yield f"model.tmdl has the defaultPowerBIDataSourceVersion {version or 'none'}, not powerBI_V3"
    if not model.flag("discourageImplicitMeasures"):
        yield "model.tmdl does not set discourageImplicitMeasures"


def _table_problems(table: Node) -> Iterator[str]:
    for partition in table.objects("partition"):
        mode = partition.property("mode")
        if mode != "import":
            yield f"table {table.name} has a partition with the mode {mode or 'none'}, not import"
    for column in table.objects("column"):
        summarized = column.property("summarizeBy")
        if summarized != "none":
            yield f"{table.name}[{column.name}] is summarized by {summarized or 'default'}, not by none"
