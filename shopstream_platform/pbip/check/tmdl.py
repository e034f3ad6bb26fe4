"""TMDL as a tree. Strict: what is neither an object nor a property that we write is an error."""

import re
from dataclasses import dataclass, field

_NAME = r"'(?:[^']|'')*'|[^\s=.]+"
_OBJECT = re.compile(rf"(?P<kind>ref table|[a-z]+) (?P<name>{_NAME})(?: =(?P<expression>.*))?$")
_PROPERTY = re.compile(r"(?P<name>\w+)(?:: (?P<value>.*)| =(?P<expression>.*))?$")
_OBJECTS = {"table", "column", "measure", "partition", "relationship", "expression", "model", "annotation", "ref table"}
_PROPERTIES = {
    "compatibilityLevel",
    "culture",
    "dataAccessOptions",
    "dataCategory",
    "dataType",
    "database",
    "defaultPowerBIDataSourceVersion",
    "discourageImplicitMeasures",
    "displayFolder",
    "formatString",
    "fromColumn",
    "isHidden",
    "isKey",
    "legacyRedirects",
    "lineageTag",
    "mode",
    "returnErrorValuesAsNull",
    "source",
    "sourceColumn",
    "sourceQueryCulture",
    "summarizeBy",
    "toColumn",
}
# Other objects' names are compared where the whole model is known.
_ONCE = {"property", "annotation"}


@dataclass
class Node:
    """An object or a property, its text after `=` or `:`, and what is indented below it."""

    kind: str
    name: str
    value: str = ""
    description: str = ""
    children: list["Node"] = field(default_factory=list)

    def property(self, name: str) -> str | None:
        """The text of a property; an empty one for a flag that is set; None if it is not there."""
        return next((child.value for child in self.children if child.kind == "property" and child.name == name), None)

    def flag(self, name: str) -> bool:
        """Whether a flag is set: its name alone sets it."""
        return self.property(name) in ("", "true")

    def objects(self, kind: str) -> list["Node"]:
        """The objects of a kind below this one."""
        return [child for child in self.children if child.kind == kind]


class TmdlError(ValueError):
    """The text is no TMDL, or holds what we never write."""


def parse(text: str) -> list[Node]:
    """The objects at the top of a file; TmdlError with the number of the line."""
    return _Parser(text.split("\n")).block(0)


def unquoted(name: str) -> str:
    """A name without TMDL's quotes."""
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def split_column(reference: str) -> tuple[str, str]:
    """Table and column of `Table.'A column'`; TmdlError if it is something else."""
    found = re.fullmatch(rf"({_NAME})\.({_NAME})", reference)
    if found is None:
        raise TmdlError(f"{reference} is no Table.Column")
    return unquoted(found[1]), unquoted(found[2])


class _Parser:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0

    def block(self, depth: int) -> list[Node]:
        nodes, description = [], ""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            indent = _indent(line)
            if line.strip() and indent < depth:
                break
            self._at += 1
            if not line.strip():
                continue
            if indent > depth:
                raise TmdlError(f"line {self._at} is indented too far: {line.strip()}")
            if line.strip().startswith("///"):
                description = line.strip().removeprefix("///").strip()
                continue
            node = self._node(line.strip(), depth)
            if node.kind in _ONCE and any((node.kind, node.name) == (other.kind, other.name) for other in nodes):
                raise TmdlError(f"line {self._at} gives {node.name} a second time: {line.strip()}")
            node.description, description = description, ""
            node.children = self.block(depth + 1)
            nodes.append(node)
        return nodes

    def _node(self, text: str, depth: int) -> Node:
        found = _OBJECT.match(text)
        if found and found["kind"] in _OBJECTS:
            return Node(found["kind"], unquoted(found["name"]), self._value(found["expression"], depth))
        found = _PROPERTY.match(text)
        if found and found["name"] in _PROPERTIES:
            value = found["value"] or self._value(found["expression"], depth)
            return Node("property", found["name"], value)
        raise TmdlError(f"line {self._at} is neither an object nor a property: {text}")

    def _value(self, rest: str | None, depth: int) -> str:
        """What follows `=`: on the line, or on lines that are indented deeper than properties are."""
        if rest is None or rest.strip():
            return (rest or "").strip()
        lines = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.strip() and _indent(line) < depth + 2:
                break
            lines.append(line.removeprefix("\t" * (depth + 2)))
            self._at += 1
        return "\n".join(lines).strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip("\t"))
