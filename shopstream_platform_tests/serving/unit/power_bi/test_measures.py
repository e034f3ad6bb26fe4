"""The measures on a shop of a few rows, counted by hand."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shopstream_platform.pbip.check.dax import FUNCTIONS
from shopstream_platform.pbip.check.reading import ReadModel, read_model
from shopstream_platform.serving.power_bi.build import PROJECT
from shopstream_platform_tests.serving.unit.power_bi.dax_engine import Engine

MONTH, YEAR, DAY = ("Date", "Month"), ("Date", "Year"), ("Date", "Date")
# The last order is of the tenth of February 2026: that month is not over.
FIRST_WHOLE, LAST_WHOLE = date(2025, 1, 1), date(2026, 1, 31)
COUNTRY, CATEGORY = ("Country", "Country"), ("Category", "Category")
TABLES: dict[str, tuple[Sequence[str], list[tuple[Any, ...]]]] = {
    # An order of two categories on the first of January, one without a date; all of 2025's February is there.
    "Sales by category": (
        ["Sale date", "Sale country", "Sale category", "Total revenue", "Orders in category", "Total quantity"],
        [
            (date(2025, 1, 1), "FRA", "Books", Decimal(100), 1, 2),
            (date(2025, 1, 1), "FRA", "Toys", Decimal(50), 1, 1),
            (date(2025, 2, 28), "DEU", "Books", Decimal(300), 2, 3),
            (date(2026, 1, 31), "FRA", "Books", Decimal(225), 1, 1),
            (date(2026, 2, 10), "FRA", "Toys", Decimal(10), 1, 1),
            (None, "FRA", "Toys", Decimal(7), 1, 1),
        ],
    ),
    "Sales daily": (
        [
            "Sale date",
            "Sale country",
            "Counted orders",
            "Gross revenue amount",
            "Cancelled",
            "Refunded",
            "Is whole day",
        ],
        [
            (date(2025, 1, 1), "FRA", 1, Decimal(150), 0, 0, True),
            (date(2025, 2, 28), "DEU", 2, Decimal(340), 1, 0, True),
            (date(2026, 1, 31), "FRA", 1, Decimal(225), 0, 1, True),
            (date(2026, 2, 10), "FRA", 1, Decimal(10), 0, 0, True),
            (None, "FRA", 1, Decimal(7), 0, 0, True),
        ],
    ),
    "Product": (
        [
            "Product ID",
            "Product category",
            "ABC class",
            "Revenue rank",
            "Product total revenue",
            "Product total orders",
            "Product total quantity",
            "Cumulative revenue share",
        ],
        [
            (1, "Books", "A", 1, Decimal(625), 4, 6, Decimal("0.9")),
            (2, "Toys", "C", 2, Decimal(67), 3, 3, Decimal(1)),
            (3, "Toys", "C", 3, Decimal(0), 0, 0, Decimal(1)),
        ],
    ),
    "Inventory": (
        [
            "Stocked product ID",
            "Is restock due",
            "Is dead stock",
            "Stock quantity",
            "Stock value amount",
            "Units of 30 days",
        ],
        [
            (1, True, False, 4, Decimal(40), 12),
            (2, False, False, 5, Decimal(9), 0),
            (3, False, True, 7, Decimal(70), 0),
        ],
    ),
    "Customer": (
        ["Customer ID", "Customer country", "Signup date"],
        [(1, "FRA", date(2025, 1, 1)), (2, "DEU", date(2025, 2, 1)), (3, "ITA", date(2025, 2, 2)), (4, "FRA", None)],
    ),
    "Customer value": (
        ["Buyer ID", "Segment", "Order count", "Lifetime value amount"],
        [(1, "Champions", 3, Decimal(385)), (2, "At risk", 2, Decimal(300)), (4, "Lost", 1, Decimal(7))],
    ),
    "Cohorts": (
        [
            "Cohort month",
            "Months since first order",
            "Cohort size",
            "Active customers",
            "Cumulative revenue",
            "Is incomplete",
        ],
        [
            (date(2025, 1, 1), 0, 4, 4, Decimal(400), False),
            (date(2025, 1, 1), 1, 4, 1, Decimal(500), False),
            (date(2025, 2, 1), 0, 2, 2, Decimal(300), False),
            (date(2025, 2, 1), 1, 2, 2, Decimal(900), True),
        ],
    ),
    "Visits": (
        [
            "Session date",
            "Visitor country",
            "All sessions",
            "Page view sessions",
            "Product view sessions",
            "Add to cart sessions",
            "Checkout start sessions",
            "Purchase sessions",
            "Has conversion",
        ],
        [(date(2025, 1, 1), "FRA", 10, 9, 8, 5, 4, 2, True), (date(2025, 2, 1), "ESP", 30, 20, 9, 3, 2, 1, True)],
    ),
    "Campaigns": (
        ["Source", "Campaign", "All contacts", "Converted", "Median days", "Revenue of matched customers"],
        [("ads", "spring", 4, 1, Decimal("3.5"), Decimal(10)), ("mail", "spring", 6, 4, None, Decimal(20))],
    ),
}


def _dates(first: date, last: date) -> list[dict[str, Any]]:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [
        {"Date": day, "Month": day.replace(day=1), "Year": day.year, "Is whole month": FIRST_WHOLE <= day <= LAST_WHOLE}
        for day in days
    ]


def _rows(model: ReadModel) -> dict[str, list[dict[str, Any]]]:
    made = {name: [dict(zip(columns, row, strict=True)) for row in rows] for name, (columns, rows) in TABLES.items()}
    for name, rows in made.items():
        assert rows[0].keys() <= model.tables[name].columns.keys(), name
    return made | {"Date": _dates(date(2025, 1, 1), date(2026, 12, 31))}


@pytest.fixture(scope="module")
def model() -> ReadModel:
    return read_model(PROJECT)[0]


@pytest.fixture(scope="module")
def shop(model: ReadModel) -> Engine:
    return Engine(model, _rows(model))


def test_revenue_and_orders_with_and_without_a_date(shop: Engine) -> None:
    assert (shop.value("Revenue"), shop.value("Orders")) == (692, 6)
    assert shop.value("Orders", {YEAR: 2025}) == 3
    assert shop.value("Average basket", {COUNTRY: "DEU"}) == 150


def test_an_order_of_two_categories_is_one_of_each_and_one_of_all(shop: Engine) -> None:
    january = {MONTH: date(2025, 1, 1)}
    assert shop.value("Orders", january) == 1
    assert [shop.value("Orders", january | {CATEGORY: one}) for one in ("Books", "Toys")] == [1, 1]
    # Two categories cannot be told from their sums.
    assert shop.value("Orders", january | {CATEGORY: {"Books", "Toys"}}) is None
    assert shop.value("Average basket", january | {CATEGORY: "Toys"}) == 50


def test_growth_is_of_whole_months_that_are_over(shop: Engine) -> None:
    assert shop.value("Monthly growth", {MONTH: date(2025, 2, 1)}) == 1
    # No month before, nothing sold in it, not over, several months, a part of a month.
    for chosen in (
        {MONTH: date(2025, 1, 1)},
        {MONTH: date(2026, 1, 1)},
        {MONTH: date(2026, 2, 1)},
        {YEAR: 2025},
        {DAY: {date(2025, 2, 27), date(2025, 2, 28)}},
        {},
    ):
        assert shop.value("Monthly growth", chosen) is None, chosen


def test_there_is_no_growth_from_a_month_that_the_data_do_not_cover_or_of_credit_notes(model: ReadModel) -> None:
    rows = _rows(model)
    for day in rows["Date"]:
        day["Is whole month"] &= day["Date"] >= date(2025, 2, 1)
    assert Engine(model, rows).value("Monthly growth", {MONTH: date(2025, 2, 1)}) is None
    rows = _rows(model)
    for sale in rows["Sales by category"]:
        sale["Total revenue"] *= -1 if sale["Sale date"] == date(2025, 1, 1) else 1
    assert Engine(model, rows).value("Monthly growth", {MONTH: date(2025, 2, 1)}) is None


def test_a_conversion_that_cannot_be_known_is_blank(model: ReadModel) -> None:
    rows = _rows(model)
    for visits in rows["Visits"]:
        visits["Has conversion"] = False
    assert Engine(model, rows).value("Conversion rate") is None


def test_growth_respects_what_else_is_chosen(shop: Engine) -> None:
    assert shop.value("Monthly growth", {MONTH: date(2025, 2, 1), CATEGORY: "Books"}) == 2
    assert shop.value("Monthly growth", {MONTH: date(2025, 2, 1), COUNTRY: "FRA"}) == -1


def test_a_year_is_compared_with_the_same_days_of_the_year_before(shop: Engine) -> None:
    assert shop.value("Year on year", {MONTH: date(2026, 1, 1)}) == Decimal("0.5")
    assert shop.value("Revenue of the year before", {MONTH: date(2026, 2, 1)}) == 300
    for chosen in ({MONTH: date(2026, 2, 1)}, {YEAR: 2026}, {MONTH: date(2025, 2, 1)}, {}):
        assert shop.value("Year on year", chosen) is None, chosen


def test_both_years_of_a_comparison_are_covered(shop: Engine, model: ReadModel) -> None:
    rows = _rows(model)
    # The shop opens a day later: its first month is no whole year before.
    for name in ("Sales by category", "Sales daily"):
        rows[name][0]["Sale date"] = date(2025, 1, 2)
    assert Engine(model, rows).value("Year on year", {MONTH: date(2026, 1, 1)}) is None
    assert shop.value("Revenue of the year before", {MONTH: date(2026, 3, 1)}) is None


def test_a_running_day_is_not_compared_with_a_whole_one(model: ReadModel) -> None:
    rows = _rows(model)
    day = {DAY: date(2026, 2, 10)}
    for name in ("Sales by category", "Sales daily"):
        rows[name].append(dict(rows[name][0]) | {"Sale date": date(2025, 2, 10)})
    assert Engine(model, rows).value("Year on year", day) is not None
    for sale in rows["Sales daily"]:
        sale["Is whole day"] = sale["Sale date"] != date(2026, 2, 10)
    assert Engine(model, rows).value("Year on year", day) is None
    assert Engine(model, rows).value("Year on year", {MONTH: date(2026, 1, 1)}) == Decimal("0.5")


def test_the_oldest_day_that_power_bi_has_can_be_compared(model: ReadModel) -> None:
    rows = _rows(model)
    first = date(1899, 12, 30)
    rows["Date"] = _dates(first, first)
    assert Engine(model, rows).value("Year on year", {MONTH: first.replace(day=1)}) is None


def test_orders_without_a_date_are_one_group_without_growth(shop: Engine) -> None:
    without = {MONTH: None}
    assert [shop.value(name, without) for name in ("Revenue", "Orders", "Registered customers")] == [7, 1, 1]
    names = ("Monthly growth", "Year on year", "Revenue of the year before", "Revenue of the month before")
    assert [shop.value(name, without) for name in names] == [None] * len(names)


def test_lost_orders(shop: Engine) -> None:
    assert shop.value("Lost orders") == 2
    assert shop.value("Cancelled or refunded", {CATEGORY: "Books"}) is None
    assert shop.value("Cancelled or refunded", {COUNTRY: "DEU"}) == Decimal(1) / 3
    assert shop.value("Gross revenue") == 732


def test_products(shop: Engine) -> None:
    assert [shop.value(name) for name in ("Products sold", "Class A products", "To restock", "Dead stock")] == [
        2,
        1,
        1,
        70,
    ]
    assert [shop.value("Class A products", {("Product", "ABC class"): one}) for one in ("A", "C")] == [1, 0]
    assert [shop.value("To restock", {("Inventory", "Is restock due"): one}) for one in (True, False)] == [1, 0]
    assert [shop.value("Dead stock", {("Inventory", "Is dead stock"): one}) for one in (True, False)] == [70, 0]
    assert shop.value("Product revenue", {CATEGORY: "Toys"}) == 67
    assert shop.value("Product orders", {("Product", "Product ID"): 1}) == 4
    assert shop.value("Product orders") is None
    assert shop.value("Cumulative share", {("Product", "Revenue rank"): 1}) == Decimal("0.9")
    assert shop.value("Stock value", {CATEGORY: "Toys"}) == 79
    assert shop.value("Days of stock", {("Product", "Product ID"): 1}) == 10
    assert shop.value("Days of stock", {("Product", "Product ID"): 2}) is None


def test_customers(shop: Engine) -> None:
    assert [shop.value(name) for name in ("Ordering customers", "Repeat customers", "Customer orders")] == [3, 2, 6]
    assert shop.value("Repeat rate") == Decimal(2) / 3
    assert shop.value("Average lifetime value", {COUNTRY: "FRA"}) == 196
    assert shop.value("Revenue at risk") == 300
    assert shop.value("Revenue at risk", {COUNTRY: "FRA"}) == 0
    assert shop.value("Revenue at risk", {("Customer value", "Segment"): "Champions"}) == 0
    assert shop.value("Signups with an order") == Decimal(3) / 4
    assert shop.value("Registered customers", {MONTH: date(2025, 2, 1)}) == 2
    assert shop.value("Signups with an order", {COUNTRY: "ITA"}) is None


def test_cohorts_leave_out_what_is_not_over_and_do_not_add_up_ages(shop: Engine) -> None:
    age = ("Cohorts", "Months since first order")
    assert shop.value("Retention rate", {age: 1}) == Decimal("0.25")
    assert shop.value("Value per cohort customer", {age: 0}) == Decimal(700) / 6
    assert shop.value("Retention rate") is None


def test_acquisition(shop: Engine) -> None:
    steps = shop.values("Funnel step", "Step")
    found = {step: shop.value("Sessions at the step", {("Funnel step", "Step"): step}) for step in steps}
    assert found == {"Visit": 40, "Page view": 29, "Product view": 17, "Cart": 8, "Checkout": 6, "Purchase": 3}
    assert shop.value("Sessions at the step") is None
    assert shop.value("Conversion rate", {COUNTRY: "FRA"}) == Decimal("0.2")
    assert shop.value("Contacts converted") == Decimal("0.5")
    assert shop.value("Matched revenue") is None
    assert shop.value("Matched revenue", {("Campaigns", "Source"): "ads"}) == 10
    assert shop.value("Median days to convert", {("Campaigns", "Source"): "ads"}) == Decimal("3.5")


def test_shared_dimensions_hold_the_values_of_all_tables(shop: Engine) -> None:
    assert shop.values("Country", "Country") == ["DEU", "ESP", "FRA", "ITA"]
    assert shop.values("Category", "Category") == ["Books", "Toys"]


def test_a_shop_without_a_row_has_no_figure(model: ReadModel) -> None:
    empty = Engine(model, {name: [] for name in model.tables})
    noughts = {"Class A products", "To restock", "Dead stock", "Revenue at risk"}
    assert {name: empty.value(name) for name in model.measures} == {
        name: 0 if name in noughts else None for name in model.measures
    }


def test_every_measure_runs_for_every_choice_of_month(model: ReadModel, shop: Engine) -> None:
    for measure in model.measures:
        for month in [None, *shop.values(*MONTH)]:
            shop.value(measure, {MONTH: month})


def test_the_engine_knows_every_function_that_measures_may_use() -> None:
    tables = {"DISTINCT", "UNION", "SELECTCOLUMNS"}
    filters = {"KEEPFILTERS", "REMOVEFILTERS", "PREVIOUSMONTH", "SAMEPERIODLASTYEAR"}
    assert all(hasattr(Engine, f"_{name.lower()}") for name in FUNCTIONS - tables - filters)
