"""Pages grow with days, countries, categories and products, not with orders or customers."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from time import perf_counter
from typing import Any

import pytest

from shopstream_platform.serving.pages.acquisition import queries as acquisition
from shopstream_platform.serving.pages.customer_analysis import queries as customers
from shopstream_platform.serving.pages.product_performance import queries as products
from shopstream_platform.serving.pages.sales_overview import queries as sales
from shopstream_platform.serving.render import data as common
from shopstream_platform.serving.render.catalogue import DASHBOARDS
from shopstream_platform.serving.render.data import Options
from shopstream_platform.serving.render.page import render
from shopstream_platform.serving.render.preview import picture
from shopstream_platform.serving.render.publish import READERS
from shopstream_platform_tests.serving.integration.pages.shop import some_products

Row = tuple[Any, ...]
DAYS = [date(2025, 9, 1) + timedelta(days=number) for number in range(450)]
MONTHS = sorted({day.replace(day=1) for day in DAYS})
COUNTRIES = ["AUT", "BEL", "CAN", "DEU", "ESP", "FRA", "GBR", "ITA", "USA", "Unknown"]
CATEGORIES = ["Beauty", "Books", "Electronics", "Fashion", "Home", "Sports", "Toys", "Unknown"]
PRODUCTS_AT_SCALE_1, CAMPAIGNS = 200, 400
MANY = Decimal("123456.78")


class Dense:
    """Marts in which every day has every country and category: what more orders fill, and cannot exceed."""

    def __init__(self, scale: int) -> None:
        self.scale = scale

    def rows(self, sql: str) -> list[Row]:
        """The answer to one of the pages' queries."""
        return list(self._answer(sql))

    def _answer(self, sql: str) -> Iterator[Row]:
        cells = {
            sales.DAILY: (DAYS, COUNTRIES),
            sales.BY_CATEGORY: (DAYS, COUNTRIES, CATEGORIES),
            sales.LOST_BY_CATEGORY: (DAYS, COUNTRIES, CATEGORIES),
            acquisition.FUNNEL: (DAYS, COUNTRIES),
            acquisition.SIGNUPS: (DAYS, COUNTRIES, acquisition.WAITS),
            acquisition.CAMPAIGNS: (["google_ads"], [f"google_ads-2026q3-{number}" for number in range(CAMPAIGNS)]),
            acquisition.EVENTS: ([True],) * 5,
            common.STATUS: (DAYS[:1], DAYS[-1:], [False], MONTHS[:1], MONTHS[-1:]),
            customers.BY_SEGMENT: (COUNTRIES, customers.SEGMENTS),
            customers.MEDIANS: ([None, *COUNTRIES], [None, *customers.SEGMENTS]),
            customers.GRID: (COUNTRIES, range(1, 6), range(1, 6)),
            customers.REGISTERED: (COUNTRIES,),
            customers.COHORTS: (MONTHS, range(len(MONTHS))),
            customers.TOP_CUSTOMERS: (range(customers.TOP), COUNTRIES, customers.SEGMENTS[:1]),
            products.PRODUCTS: (),
        }
        figures = {
            sales.DAILY: (MANY, 1234, 123),
            sales.BY_CATEGORY: (MANY, 1234),
            sales.LOST_BY_CATEGORY: (123,),
            acquisition.FUNNEL: (12_345, 12_345, 9_876, 5_432, 2_345, 1_234),
            acquisition.SIGNUPS: (1234,),
            acquisition.EVENTS: (1234,),
            acquisition.CAMPAIGNS: (1234, 123, Decimal("12.5"), MANY),
            customers.BY_SEGMENT: (12_345, MANY, 12_345),
            customers.MEDIANS: (MANY,),
            customers.GRID: (1234, MANY),
            customers.REGISTERED: (123_456,),
            customers.COHORTS: (1234, 123, MANY, False),
            customers.TOP_CUSTOMERS: (MANY, 1234, 12),
        }
        if sql == products.PRODUCTS:
            numbers = range(PRODUCTS_AT_SCALE_1 * self.scale)
            yield from some_products(f"Laurent Marchand et Fils Eco Smartphone {number}" for number in numbers)
        else:
            for cell in product(*cells[sql]):
                yield (*cell, *figures.get(sql, ()))


def _built(scale: int) -> dict[str, tuple[int, float]]:
    """Page -> bytes, and seconds from the marts' rows to page and picture."""
    built = {}
    for name, page in DASHBOARDS.items():
        started = perf_counter()
        data = READERS[name].read(Dense(scale), Options())
        html = render(page, data, locale="fr").encode()
        assert picture(name, data, locale="fr")
        built[name] = (len(html), round(perf_counter() - started, 2))
    return built


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "limit"), [(1, 3_000_000), (100, 6_000_000)])
def test_pages_stay_small(scale: int, limit: int) -> None:
    built = _built(scale)
    print(scale, built)
    assert {name: size for name, (size, _) in built.items() if size >= limit} == {}


def test_no_page_asks_for_rows_of_orders_or_of_all_customers() -> None:
    queries = [
        sql
        for page in (sales, products, customers, acquisition)
        for sql in vars(page).values()
        if isinstance(sql, str) and "FROM {" in sql
    ]
    assert {sales.LOST_BY_CATEGORY, customers.GRID, acquisition.SIGNUPS} <= set(queries)
    assert [sql for sql in queries if "fact_" in sql] == []
    of_customers = [sql for sql in queries if "mart_customer_ltv" in sql or "dim_customers" in sql]
    # Customers are counted in the warehouse, but for the best ones.
    assert [sql for sql in of_customers if "GROUP BY" not in sql and f"<= {customers.TOP}" not in sql] == []
    assert of_customers
