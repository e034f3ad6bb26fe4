"""The tree of a DAX expression."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from shopstream_platform.pbip.errors import MissingParser

try:
    import sidemantic_dax as dax
except ImportError:
    raise MissingParser("the check of DAX needs the package sidemantic-dax") from None


def nodes_of(text: str) -> list[Any]:
    """All nodes; none if the text cannot be parsed, which is told elsewhere."""
    try:
        return list(walk(dax.parse_expression(text)))
    except ValueError:
        return []


def walk(node: Any) -> Iterator[Any]:
    """A node and all below it, from above."""
    if isinstance(node, list | tuple):
        for one in node:
            yield from walk(one)
    elif is_dataclass(node):
        yield node
        for part in fields(node):
            yield from walk(getattr(node, part.name))
