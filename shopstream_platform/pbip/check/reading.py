"""A semantic model as its files have it, and what is wrong with the files themselves."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shopstream_platform.pbip.check.properties import property_problems
from shopstream_platform.pbip.check.tmdl import (
    Node,
    TmdlError,
    parse,
    split_column,
)
from shopstream_platform.pbip.sources import Sources

End = tuple[str, str]


@dataclass(frozen=True)
class ReadColumn:
    """A column of the files."""

    name: str
    data_type: str
    source: str
    hidden: bool
    key: bool


@dataclass(frozen=True)
class ReadMeasure:
    """A measure of the files."""

    name: str
    dax: str
    format: str
    description: str


@dataclass(frozen=True)
class ReadTable:
    """A table of the files; `query` is M if `kind` is m, DAX if it is calculated."""

    name: str
    description: str
    category: str
    kind: str
    query: str
    columns: dict[str, ReadColumn]
    measures: dict[str, ReadMeasure]


@dataclass(frozen=True)
class ReadModel:
    """All that references can go to. A relationship is its many end and its one end, a parameter its name and its M.

    `sources` are the dbt models that its tables may import.
    """

    tables: dict[str, ReadTable] = field(default_factory=dict)
    relationships: list[tuple[End, End]] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    sources: Sources = field(default_factory=dict)

    @property
    def measures(self) -> dict[str, tuple[str, ReadMeasure]]:
        """Measure -> its table and itself; names are unique in a model."""
        return {name: (table.name, one) for table in self.tables.values() for name, one in table.measures.items()}

    def column(self, end: End) -> ReadColumn | None:
        """A column, if it is there."""
        table = self.tables.get(end[0])
        return table.columns.get(end[1]) if table else None


def read_model(project: Path, sources: Sources | None = None) -> tuple[ReadModel, list[str]]:
    """The model of the project, and what could not be read or is there twice."""
    files, problems = _parsed(project)
    nodes = [node for found in files.values() for node in found]
    tables = [node for node in nodes if node.kind == "table"]
    relationships = [node for node in nodes if node.kind == "relationship"]
    parameters = [node for node in nodes if node.kind == "expression"]
    problems += _repeated("table", [table.name for table in tables])
    problems += _repeated("parameter", [node.name for node in parameters])
    problems += _repeated("relationship", [node.name for node in relationships])
    problems += _repeated("lineage tag", [tag for node in nodes for tag in _tags(node)])
    problems += [problem for table in tables for problem in _table_problems(table)]
    measures = [measure.name for table in tables for measure in table.objects("measure")]
    problems += _repeated("measure", measures)
    problems += _listed(nodes, {table.name for table in tables}, {node.name for node in parameters})
    problems += property_problems(nodes)
    ends = []
    for node in relationships:
        try:
            ends.append((_end(node, "fromColumn"), _end(node, "toColumn")))
        except TmdlError as error:
            problems.append(f"relationship {node.name}: {error}")
    texts = {node.name: node.value for node in parameters}
    return ReadModel({table.name: _table(table) for table in tables}, ends, texts, sources or {}), problems


def _parsed(project: Path) -> tuple[dict[str, list[Node]], list[str]]:
    folders = sorted(project.glob("*.SemanticModel/definition"))
    if len(folders) != 1:
        return {}, [f"{project} holds {len(folders)} semantic models, not one"]
    files: dict[str, list[Node]] = {}
    problems = []
    for path in sorted(folders[0].rglob("*")):
        name = path.relative_to(folders[0]).as_posix()
        if path.is_dir():
            continue
        if path.suffix != ".tmdl":
            problems.append(f"{name} is no file of a semantic model")
            continue
        try:
            files[name] = parse(path.read_text())
        # Also what is not UTF-8.
        except ValueError as error:
            problems.append(f"{name}: {error}")
    return files, problems


def _listed(nodes: list[Node], tables: set[str], parameters: set[str]) -> Iterator[str]:
    listed = {node.name for node in nodes if node.kind == "ref table"}
    yield from (f"model.tmdl names the table {name}, which has no file" for name in sorted(listed - tables))
    yield from (f"table {name} is not named in model.tmdl" for name in sorted(tables - listed))
    order = next((node.value for node in nodes if node.kind == "annotation" and node.name == "PBI_QueryOrder"), "[]")
    try:
        unknown = set(json.loads(order)) - tables - parameters
    except (TypeError, ValueError):
        yield f"model.tmdl orders queries by what is no list: {order}"
        return
    yield from (f"model.tmdl orders the query {name}, which is not there" for name in sorted(unknown))


def _table_problems(table: Node) -> Iterator[str]:
    columns = [column.name for column in table.objects("column")]
    measures = [measure.name for measure in table.objects("measure")]
    yield from _repeated(f"column of {table.name}", columns)
    yield from (f"{table.name}[{name}] is both a column and a measure" for name in columns if name in measures)
    if len(table.objects("partition")) != 1:
        yield f"table {table.name} has {len(table.objects('partition'))} partitions, not one"
    for described in (table, *table.objects("column"), *table.objects("measure")):
        if not described.description:
            yield f"{described.kind} {described.name} of {table.name} has no description"
    for measure in table.objects("measure"):
        if not measure.property("formatString") or not measure.property("displayFolder"):
            yield f"measure {measure.name} has no formatString or no displayFolder"


def _table(node: Node) -> ReadTable:
    partition = next(iter(node.objects("partition")), Node("partition", node.name))
    columns = [
        ReadColumn(
            column.name,
            column.property("dataType") or "",
            column.property("sourceColumn") or "",
            column.flag("isHidden"),
            column.flag("isKey"),
        )
        for column in node.objects("column")
    ]
    measures = [
        ReadMeasure(measure.name, measure.value, measure.property("formatString") or "", measure.description)
        for measure in node.objects("measure")
    ]
    return ReadTable(
        node.name,
        node.description,
        node.property("dataCategory") or "",
        partition.value,
        partition.property("source") or "",
        {column.name: column for column in columns},
        {measure.name: measure for measure in measures},
    )


def _tags(node: Node) -> Iterator[str]:
    if tag := node.property("lineageTag"):
        yield tag
    for child in node.children:
        yield from _tags(child)


def _end(node: Node, name: str) -> End:
    return split_column(node.property(name) or "nothing")


def _repeated(kind: str, names: list[str]) -> list[str]:
    # Power BI does not tell upper from lower case.
    counts = Counter(name.casefold() for name in names)
    return [f"{kind} {name} is there {count} times" for name, count in counts.items() if count > 1]
