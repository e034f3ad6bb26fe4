"""What a page declares of itself, and what follows from it. No chart library is imported here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopstream_platform.serving.kit.data import Data, Figures, Options, Queries

_TABLE = re.compile(r"\{(marts|core)\}\.(\w+)")


@dataclass(frozen=True)
class Block:
    """One panel of a page, so many twelfths wide: a chart, an answer with its chart, a table of the page's script."""

    name: str
    columns: int
    kind: str = "chart"


@dataclass(frozen=True, eq=False)
class Page:
    """One page: all that is in its folder below serving/pages, after which it is named."""

    folder: Path
    # Its place in the navigation. Pages with the same number follow each other by name.
    position: int
    description: str
    read: Callable[[Queries, Options], Data]
    filters: tuple[str, ...]
    # Card -> SQL of its figure before anybody filters: one value, amounts in EUR.
    cards: Mapping[str, str]
    blocks: tuple[Block, ...]
    # Without rows in any of these parts of its data the page has nothing to show.
    needs: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the page's folder, of its file, of its asset."""
        return self.folder.name

    @property
    def charts(self) -> list[str]:
        """The names of its charts. The first is the preview."""
        return [block.name for block in self.blocks if block.kind != "table"]

    @property
    def reads(self) -> list[str]:
        """The assets that its queries name, as `marts/<table>` and `core/<table>`."""
        asked = _Asked()
        for show_pii in (False, True):
            self.read(asked, Options(show_pii=show_pii))
        self.figures(asked)
        return sorted({f"{layer}/{table}" for sql in asked.queries for layer, table in _TABLE.findall(sql)})

    def figures(self, warehouse: Queries) -> Figures:
        """What the cards say before anybody filters, by one query; nothing of a page without cards."""
        if not self.cards:
            return {}
        values = ",\n".join(f"({sql})" for sql in self.cards.values())
        rows = warehouse.rows(f"SELECT\n{values}")
        return {card: value for row in rows for card, value in zip(self.cards, row, strict=True)}


class _Asked:
    """Notes the queries, and answers them like an empty shop."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """No rows."""
        self.queries.append(sql)
        return []
