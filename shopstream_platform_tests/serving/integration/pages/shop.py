"""A made-up shop whose orders are known one by one, and its marts as the warehouse would return them.

The marts are counted here from the orders; what a page must show after a filter is counted from the orders too, by
`Shop.sales`, not from the marts.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from shopstream_platform.serving.pages.acquisition import queries as acquisition
from shopstream_platform.serving.pages.customer_analysis import queries as customers
from shopstream_platform.serving.pages.product_performance import queries as products
from shopstream_platform.serving.pages.sales_overview import queries as sales
from shopstream_platform.serving.render import data as common

FIRST, DAYS = date(2025, 10, 1), 412  # to 2026-11-16, in the middle of a month
COUNTRIES, CATEGORIES = ["FRA", "DEU", "Unknown"], ["Electronics", "Books", "Toys"]
NAMES = ("Zacharie Quintessence", "zacharie.quintessence@example.org")
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Line:
    """An order line."""

    order: int
    day: date | None
    country: str
    category: str
    revenue: Decimal
    counted: bool
    customer: int = 1


@dataclass(frozen=True)
class Sales:
    """What the sales overview must say."""

    revenue: Decimal
    orders: int
    lost: int

    @property
    def basket(self) -> Decimal | None:
        return self.revenue / self.orders if self.orders else None

    @property
    def lost_share(self) -> Decimal | None:
        return Decimal(self.lost) / (self.orders + self.lost) if self.orders + self.lost else None


def some_lines(seed: int = 7, days: int = DAYS, per_day: int = 3) -> list[Line]:
    """Orders with one to three categories each; one in ten is cancelled, one has no date."""
    rng = random.Random(seed)
    lines, order = [], 0
    for number in range(days):
        for _ in range(per_day if number else 1):
            order += 1
            counted, country = rng.random() > 0.1, rng.choice(COUNTRIES)
            day = None if order == 5 else FIRST + timedelta(days=number)
            for category in rng.sample(CATEGORIES, rng.randint(1, 3)):
                cents = rng.randint(100, 90_000)
                lines.append(Line(order, day, country, category, Decimal(cents) / 100, counted, order % 60))
    return lines


@dataclass
class Shop:
    """The shop; stands for a session of the warehouse."""

    lines: list[Line] = field(default_factory=some_lines)
    product_rows: list[Row] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    missing_steps: tuple[str, ...] = ()
    matched_contacts: int = 12
    # The source has ended: nothing is newer than its last order.
    ended: bool = False
    # What the marts say of the first day with a real date and of the last whole month; else counted from the days.
    begins: date | None = None
    whole_to: date | None = None

    def sales(
        self,
        *,
        country: str | None = None,
        category: str | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> Sales:
        """Counted from the orders themselves."""
        found = [
            line
            for line in self.lines
            if country in (None, line.country)
            and category in (None, line.category)
            and (first is None or (line.day is not None and line.day >= first))
            and (last is None or (line.day is not None and line.day <= last))
        ]
        return Sales(
            revenue=sum((line.revenue for line in found if line.counted), Decimal(0)),
            orders=len({line.order for line in found if line.counted}),
            lost=len({line.order for line in found if not line.counted}),
        )

    @property
    def last(self) -> date:
        """The last day with an order."""
        return max(line.day for line in self.lines if line.day)

    def rows(self, sql: str) -> list[Row]:
        """The answer to one of the pages' queries."""
        self.asked.append(sql)
        answers = {
            sales.DAILY: self._daily,
            sales.BY_CATEGORY: self._by_category,
            sales.LOST_BY_CATEGORY: self._lost_by_category,
            products.PRODUCTS: lambda: self.product_rows,
            customers.BY_SEGMENT: self._by_segment,
            customers.MEDIANS: self._medians,
            customers.GRID: self._grid,
            customers.REGISTERED: lambda: [(country, 40) for country in COUNTRIES if self.lines],
            customers.COHORTS: self._cohorts,
            customers.TOP_CUSTOMERS: self._top,
            customers.WITH_NAMES: lambda: [(*row, *NAMES) for row in self._top()],
            acquisition.FUNNEL: self._funnel,
            acquisition.CAMPAIGNS: self._campaigns,
            acquisition.SIGNUPS: self._signups,
            acquisition.EVENTS: lambda: [
                (*(step not in self.missing_steps for step in acquisition.STEPS), self.matched_contacts)
            ],
            common.STATUS: self._status,
        }
        return list(answers[sql]())

    def _status(self) -> Iterable[Row]:
        if not self._days():
            yield None, None, False, None, None
            return
        first, after = self.begins or self._days()[0], self.last + timedelta(days=1)
        whole_from = first if first.day == 1 else _next_month(first)
        whole_to = self.whole_to or (after.replace(day=1) - timedelta(days=1)).replace(day=1)
        yield first, self.last, self.ended, whole_from, whole_to

    def _days(self) -> list[date]:
        return sorted({line.day for line in self.lines if line.day})

    def _grouped(self, *names: str, counted: bool | None = None) -> Iterator[tuple[Row, list[Line]]]:
        groups: dict[Row, list[Line]] = defaultdict(list)
        for line in self.lines:
            if counted in (None, line.counted):
                groups[tuple(getattr(line, name) for name in names)].append(line)
        yield from sorted(groups.items(), key=repr)

    def _daily(self) -> Iterable[Row]:
        for key, lines in self._grouped("day", "country"):
            counted = [line for line in lines if line.counted]
            lost = {line.order for line in lines if not line.counted}
            yield (*key, _revenue(counted), len({line.order for line in counted}), len(lost))

    def _by_category(self) -> Iterable[Row]:
        for key, lines in self._grouped("day", "country", "category", counted=True):
            yield (*key, _revenue(lines), len({line.order for line in lines}))

    def _lost_by_category(self) -> Iterable[Row]:
        for key, lines in self._grouped("day", "country", "category", counted=False):
            yield (*key, len({line.order for line in lines}))

    def customers(self) -> list[dict[str, Any]]:
        """One a customer: what the customers' marts would hold of them."""
        found = []
        for (customer,), lines in self._grouped("customer", counted=True):
            orders = len({line.order for line in lines})
            found.append(
                {
                    "id": customer,
                    "country": lines[0].country,
                    "segment": customers.SEGMENTS[customer % 6],
                    "value": _revenue(lines),
                    "orders": orders,
                    "recency": 1 + customer % 5,
                    "frequency": 1 + customer % 3,
                }
            )
        return found

    def _customer_groups(self, *names: str) -> Iterator[tuple[Row, list[dict[str, Any]]]]:
        groups: dict[Row, list[dict[str, Any]]] = defaultdict(list)
        for one in self.customers():
            groups[tuple(one[name] for name in names)].append(one)
        yield from sorted(groups.items())

    def _by_segment(self) -> Iterable[Row]:
        for key, group in self._customer_groups("country", "segment"):
            repeat = sum(one["orders"] >= 2 for one in group)
            yield (*key, len(group), _value(group), repeat)

    def _medians(self) -> Iterable[Row]:
        for names in ((), ("country",), ("segment",), ("country", "segment")):
            for key, group in self._customer_groups(*names):
                at = dict(zip(names, key, strict=True))
                yield at.get("country"), at.get("segment"), median(one["value"] for one in group)

    def _grid(self) -> Iterable[Row]:
        for key, group in self._customer_groups("country", "recency", "frequency"):
            yield (*key, len(group), _value(group))

    def _top(self) -> list[Row]:
        best = sorted(self.customers(), key=lambda one: (-one["value"], one["id"]))
        groups = [best, *([one for one in best if one["country"] == name] for name in COUNTRIES)]
        kept = {one["id"] for group in groups for one in group[: customers.TOP]}
        return [
            (one["id"], one["country"], one["segment"], one["value"], one["orders"], one["id"] % 4)
            for one in best
            if one["id"] in kept
        ]

    def _cohorts(self) -> Iterable[Row]:
        months = sorted({day.replace(day=1) for day in self._days()})
        for number, month in enumerate(months):
            for age in range(len(months) - number):
                active = 20 - age if age < 15 else 5
                yield month, age, 20, active, Decimal(1000 + 100 * age), number + age + 1 == len(months)

    def _funnel(self) -> Iterable[Row]:
        for number, day in enumerate(self._days()):
            for position, country in enumerate(COUNTRIES[:2]):
                sessions = 10 + (number + position) % 7
                steps = dict(zip(acquisition.STEPS, (0, 2, 4, 6, 7), strict=True))
                reached = (None if step in self.missing_steps else sessions - lost for step, lost in steps.items())
                yield day, country, sessions, *reached

    def _campaigns(self) -> Iterable[Row]:
        if self.lines:
            yield (
                "newsletter",
                "spring <2026>",
                40,
                10,
                Decimal("3.5"),
                Decimal("1234.56") if self.matched_contacts else None,
            )
            yield "newsletter", "No campaign", 10, 0, None, None
            yield "fair", "No campaign", 50, 5, Decimal("11.0"), Decimal("99.90") if self.matched_contacts else None

    def _signups(self) -> Iterable[Row]:
        if self.lines:
            yield self._days()[0] - timedelta(days=40), COUNTRIES[0], "week", 3  # before anything was seen of visits
        for number, day in enumerate(self._days()):
            yield day, COUNTRIES[number % 3], acquisition.WAITS[number % len(acquisition.WAITS)], 1 + number % 2


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _revenue(lines: Iterable[Line]) -> Decimal:
    return sum((line.revenue for line in lines), Decimal(0))


def _value(group: Iterable[dict[str, Any]]) -> Decimal:
    return sum((one["value"] for one in group), Decimal(0))


def some_products(names: Iterable[str], category: str = "Books") -> list[Row]:
    """Products in the order of their rank."""
    listed = list(names)
    rows: list[Row] = []
    for number, name in enumerate(listed):
        revenue = Decimal(100 * (len(listed) - number)) + Decimal("0.99")
        kind = "A" if number < len(listed) * 0.6 else "B" if number < len(listed) * 0.85 else "C"
        tier = "Top 10" if number < 10 else "Top 50" if number < 50 else "Long Tail"
        restock, dead = kind == "A" and number % 4 == 0, kind == "C"
        rows.append(
            (
                *(number + 1, name, category if number % 2 else "Toys", revenue, 3, 5, kind, tier),
                *(7, Decimal("70.50"), 20, Decimal("10.5") if restock else None, restock, dead),
            )
        )
    return rows
