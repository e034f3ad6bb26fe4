"""One documented behaviour: a statement, its result, and the page that says so."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
class Accepted:
    """The statement succeeds. What it answers is not documented, and nobody reads it."""


@dataclass(frozen=True)
class Case:
    """`expected` is a list of rows, the only value of a row, Accepted or Error; its Python type tells the SQL type.

    `differs` is the row of the table of differences in docs/local-warehouse.md that says why the local warehouse fails
    here. `local` is why the case says nothing about an account. `enterprise`: the standard edition refuses it.
    """

    page: str
    sql: str
    expected: Any
    setup: tuple[str, ...] = ()
    differs: str = ""
    local: str = ""
    enterprise: bool = False

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
