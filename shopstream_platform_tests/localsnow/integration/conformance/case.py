"""One documented behaviour: a statement, its result, and the page that says so."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

DOCS = "https://docs.snowflake.com/en/"


@dataclass(frozen=True)
class Json:
    """A VARIANT, ARRAY or OBJECT, which the connector hands over as JSON text."""

    value: Any


@dataclass(frozen=True)
class Error:
    """The statement fails; the message matches this pattern."""

    pattern: str


@dataclass(frozen=True)
class Case:
    """`expected` is a list of rows, the only value of a row, or an Error; its Python type tells the SQL type."""

    page: str
    sql: str
    expected: Any
    setup: tuple[str, ...] = ()
    # The row of the table of differences in docs/local-warehouse.md that says why the local warehouse fails here.
    differs: str = ""

    @property
    def url(self) -> str:
        """The page of Snowflake's documentation."""
        return f"{DOCS}{self.page}"


def expressions(page: str, *cases: tuple[str, Any], differs: str = "") -> list[Case]:
    """Cases of `SELECT <expression>`."""
    return [Case(page, f"SELECT {expression}", expected, differs=differs) for expression, expected in cases]


def after(setup: Iterable[str], *cases: Case) -> list[Case]:
    """Cases that need these statements before theirs."""
    return [replace(case, setup=(*setup, *case.setup)) for case in cases]


def agree(expected: Any, found: Any) -> bool:
    """Whether value and type are the same; a decimal's scale is part of its type."""
    if isinstance(expected, (list, tuple)):
        return len(expected) == len(found) and all(agree(e, f) for e, f in zip(expected, found, strict=True))
    if isinstance(expected, Json):
        return isinstance(found, str) and json.loads(found) == expected.value
    if isinstance(expected, Decimal):
        return isinstance(found, Decimal) and str(found) == str(expected)
    if isinstance(expected, float):
        return isinstance(found, float) and abs(found - expected) <= 1e-9 * max(1.0, abs(expected))
    return type(found) is type(expected) and found == expected
