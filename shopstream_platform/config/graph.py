"""Walks of a graph, whatever its nodes are: assets, models, a manifest's ids."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def reached(nodes: Iterable[Node], next_of: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """Everything that lies behind the nodes, however far; they themselves only if they lie behind another."""
    found: set[Node] = set()
    todo = list(nodes)
    while todo:
        following = set(next_of(todo.pop())) - found
        found |= following
        todo += following
    return found
