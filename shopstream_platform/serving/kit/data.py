"""Rows of the warehouse as columns of plain values: money in cents, days counted from 1970, words numbered."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.config.visible import visible_cell
from shopstream_platform.stores.warehouse import Warehouse

EPOCH = date(1970, 1, 1)
Data = dict[str, Any]
Row = Sequence[Any]
# Rows of a chart, by the names that it gives its fields.
Rows = list[dict[str, Any]]
Figures = dict[str, Decimal | float | int | None]

STATUS = """
    SELECT first_order_date, as_of_date, newest_complete_day, is_ended, first_whole_month, last_whole_month
    FROM {core}.data_status
"""


# Nothing unless the shop has set some.
TARGETS = "SELECT month_start, metric, target FROM {core}.monthly_targets ORDER BY month_start, metric"


class Queries(Protocol):
    """A session of the warehouse, or what stands for one in tests."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query, whose schemas are {marts} and {core}."""
        ...


@dataclass(frozen=True)
class Marts:
    """The marts of one session, whatever their schemas are called."""

    warehouse: Warehouse
    dbt: DbtSettings

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query, whose schemas are {marts} and {core}; texts without control characters, spelt out."""
        schema = self.dbt.schema_of
        rows = self.warehouse.rows(sql.format(marts=schema("MARTS"), core=schema("CORE")))
        # Pages show them as text, but a right-to-left override would turn around what stands beside it.
        return [tuple(visible_cell(value) if isinstance(value, str) else value for value in row) for row in rows]


@dataclass(frozen=True)
class Options:
    """What a reader may see."""

    show_pii: bool = False


class Words:
    """Numbers for words that come again and again, in the order of their first appearance."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, word: str) -> int:
        """The word's number."""
        return self._numbers.setdefault(word, len(self._numbers))

    def all(self) -> list[str]:
        """The words by their numbers."""
        return list(self._numbers)


def columns(rows: Iterable[Row], **converters: Callable[[Any], Any]) -> dict[str, list[Any]]:
    """One list a column; the converters are in the order of the query's columns."""
    table: dict[str, list[Any]] = {name: [] for name in converters}
    for row in rows:
        for (name, convert), value in zip(converters.items(), row, strict=True):
            table[name].append(convert(value))
    return table


def day(value: date | None) -> int | None:
    """Days since 1970; NULL stays NULL."""
    return None if value is None else (value - EPOCH).days


def cents(value: Decimal | int) -> int:
    """An amount in whole cents, so that sums in the browser are exact."""
    return int((Decimal(value) * 100).to_integral_value())


def known_cents(value: Decimal | int | None) -> int | None:
    """The same of an amount that may not be known."""
    return None if value is None else cents(value)


def status(warehouse: Queries) -> Data:
    """From when to when there are data, as days; the last whole day; the first and the last whole month; if they ended.

    Days after `complete_to` are not over, or were not when they were loaded.
    """
    found = warehouse.rows(STATUS)
    begins, ends, complete_to, ended, whole_from, whole_to = (
        found[0] if found else (None, None, None, False, None, None)
    )
    return {
        "begins": day(begins),
        "ends": day(ends),
        "complete_to": day(complete_to),
        "ended": bool(ended),
        "whole_from": day(whole_from),
        "whole_to": day(whole_to),
    }


def targets(warehouse: Queries) -> Data:
    """What the shop wants to reach: metric -> months, and the target of each, in EUR as cents."""
    found: Data = {}
    for month, metric, target in warehouse.rows(TARGETS):
        of_metric = found.setdefault(metric, {"month": [], "target": []})
        of_metric["month"].append(day(month))
        of_metric["target"].append(cents(target) if metric == "revenue" else float(target))
    return found


def tenths(value: Decimal | None) -> float | None:
    """A figure with one digit; NULL stays NULL."""
    return None if value is None else round(float(value), 1)


def bounds(days: Iterable[int | None]) -> tuple[int | None, int | None]:
    """First and last day that there is; none without any."""
    known = [number for number in days if number is not None]
    return (min(known), max(known)) if known else (None, None)
