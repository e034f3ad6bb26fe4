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
from typing import Any

from shopstream_platform.serving.pages.acquisition import queries as acquisition
from shopstream_platform.serving.pages.customer_analysis import queries as customers
from shopstream_platform.serving.power_bi.contracts import contracts
from shopstream_platform_tests.serving.integration.pages.marts import Record, Row, answer
from shopstream_platform_tests.serving.integration.pages.products import inventory, performance

FIRST, DAYS = date(2025, 10, 1), 412  # to 2026-11-16, in the middle of a month
COUNTRIES, CATEGORIES = ["FRA", "DEU", "Unknown"], ["Electronics", "Books", "Toys"]
NAMES = ("Zacharie Quintessence", "zacharie.quintessence@example.org")


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


ONE_DAY = [
    Line(1, date(2026, 3, 2), "FRA", "Books", Decimal("10.00"), counted=True, customer=1),
    Line(2, date(2026, 3, 2), "DEU", "Toys", Decimal("30.00"), counted=False, customer=2),
]


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
    # The last day has only begun.
    is_running: bool = False
    # (month, metric, target)
    targets: list[Row] = field(default_factory=list)

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
        """The answer to a page's query."""
        self.asked.append(sql)
        return answer(sql, self.tables())

    def tables(self) -> dict[str, Iterable[Record]]:
        """The marts and what else pages read; of the rest one row, if there is anything."""
        counted = {
            "data_status": self._status(),
            "monthly_targets": [
                dict(zip(("month_start", "metric", "target"), row, strict=True)) for row in self.targets
            ],
            "dim_customers": self._people(),
            "mart_sales_daily": self._daily(),
            "mart_sales_overview": self._by_category(),
            "mart_lost_orders": self._lost_by_category(),
            "mart_product_performance": performance(self.product_rows),
            "mart_inventory": inventory(self.product_rows),
            "mart_customer_ltv": self._customers(),
            "mart_cohort_retention": self._cohorts(),
            "mart_conversion_funnel": self._funnel(),
            "mart_crm_conversion": self._campaigns(),
            "mart_activation": self._signups(),
        }
        return counted if self.lines else dict.fromkeys(contracts(), ()) | counted

    def _status(self) -> Iterable[Record]:
        known = {"is_ended": self.ended}
        if not self._days():
            days = ("newest_day", "newest_complete_day", "first_order_date", "last_order_date", "as_of_date")
            yield known | dict.fromkeys((*days, "first_whole_month", "last_whole_month"))
            return
        whole = self.last - timedelta(days=self.is_running)
        first, after = self.begins or self._days()[0], whole + timedelta(days=1)
        yield known | {
            "newest_day": self.last,
            "newest_complete_day": whole,
            "first_order_date": first,
            "last_order_date": self.last,
            "as_of_date": self.last,
            "first_whole_month": first if first.day == 1 else _next_month(first),
            "last_whole_month": self.whole_to or (after.replace(day=1) - timedelta(days=1)).replace(day=1),
        }

    def _days(self) -> list[date]:
        return sorted({line.day for line in self.lines if line.day})

    def _grouped(self, *names: str, counted: bool | None = None) -> Iterator[tuple[Row, list[Line]]]:
        groups: dict[Row, list[Line]] = defaultdict(list)
        for line in self.lines:
            if counted in (None, line.counted):
                groups[tuple(getattr(line, name) for name in names)].append(line)
        yield from sorted(groups.items(), key=repr)

    def _daily(self) -> Iterable[Record]:
        for (day, country), lines in self._grouped("day", "country"):
            counted = [line for line in lines if line.counted]
            yield {
                "sale_date": day,
                "country": country,
                "total_revenue": _revenue(counted),
                "total_orders": len({line.order for line in counted}),
                "cancelled_orders": len({line.order for line in lines if not line.counted}),
                "refunded_orders": 0,
            }

    def _by_category(self) -> Iterable[Record]:
        for (day, country, category), lines in self._grouped("day", "country", "category", counted=True):
            orders = len({line.order for line in lines})
            place = {"sale_date": day, "country": country, "category": category}
            yield place | {"total_revenue": _revenue(lines), "total_orders": orders}

    def _lost_by_category(self) -> Iterable[Record]:
        for (day, country, category), lines in self._grouped("day", "country", "category", counted=False):
            orders = len({line.order for line in lines})
            yield {"sale_date": day, "country": country, "category": category, "lost_orders": orders}

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

    def _customers(self) -> Iterable[Record]:
        for one in self.customers():
            yield {
                "user_id": one["id"],
                "country": one["country"],
                "segment": one["segment"],
                "lifetime_value": one["value"],
                "frequency": one["orders"],
                "is_repeat_customer": one["orders"] >= 2,
                "recency_days": one["id"] % 4,
                "recency_score": one["recency"],
                "frequency_score": one["frequency"],
            }

    def _people(self) -> Iterable[Record]:
        for one in self.customers():
            yield {"user_id": one["id"], "full_name": NAMES[0], "email": NAMES[1]}

    def _cohorts(self) -> Iterable[Record]:
        months = sorted({day.replace(day=1) for day in self._days()})
        for number, month in enumerate(months):
            for age in range(len(months) - number):
                yield {
                    "cohort_month": month,
                    "months_since_first_order": age,
                    "cohort_size": 20,
                    "active_customers": 20 - age if age < 15 else 5,
                    "cumulative_revenue": Decimal(1000 + 100 * age),
                    "is_incomplete": number + age + 1 == len(months),
                }

    def _funnel(self) -> Iterable[Record]:
        present = [step for step in acquisition.STEPS if step not in self.missing_steps]
        for number, day in enumerate(self._days()):
            for position, country in enumerate(COUNTRIES[:2]):
                sessions = 10 + (number + position) % 7
                lost = dict(zip(acquisition.STEPS, (0, 2, 4, 6, 7), strict=True))
                reached = {
                    f"{step}_sessions": sessions - count if step in present else None for step, count in lost.items()
                }
                measures = {"has_conversion": "purchase" in present and len(present) > 1}
                yield {"session_date": day, "country": country, "sessions": sessions} | reached | measures

    def _campaigns(self) -> Iterable[Record]:
        columns = ("contact_source", "campaign_id", "contacts", "converted_contacts", "median_days_to_convert")
        campaigns = [
            ("newsletter", "spring <2026>", 40, 10, Decimal("3.5"), Decimal("1234.56")),
            ("newsletter", "No campaign", 10, 0, None, None),
            ("fair", "No campaign", 50, 5, Decimal("11.0"), Decimal("99.90")),
        ]
        for number, (*known, revenue) in enumerate(campaigns if self.lines else ()):
            matched = {
                "matched_contacts": 0 if number else self.matched_contacts,
                "matched_revenue": revenue if self.matched_contacts else None,
            }
            yield dict(zip(columns, known, strict=True)) | matched

    def _signups(self) -> Iterable[Record]:
        columns = ("signup_date", "country", "first_order_wait", "customers")
        signups: list[Row] = []
        if self.lines:  # one from before anything was seen of visits
            signups.append((self._days()[0] - timedelta(days=40), COUNTRIES[0], "week", 3))
        for number, day in enumerate(self._days()):
            wait = acquisition.WAITS[number % len(acquisition.WAITS)]
            signups.append((day, COUNTRIES[number % 3], wait, 1 + number % 2))
        yield from (dict(zip(columns, row, strict=True)) for row in signups)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _revenue(lines: Iterable[Line]) -> Decimal:
    return sum((line.revenue for line in lines), Decimal(0))
