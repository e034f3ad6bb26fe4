"""Pages grow with days, countries, categories and products, not with orders or customers."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from time import perf_counter
from typing import Any

import pytest

from shopstream_platform.serving.kit.data import Options
from shopstream_platform.serving.pages.acquisition import queries as acquisition
from shopstream_platform.serving.pages.customer_analysis import queries as customers
from shopstream_platform.serving.pages.sales_overview import queries as sales
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.page import render
from shopstream_platform.serving.render.preview import picture
from shopstream_platform_tests.serving.integration.pages.conftest import full_shop
from shopstream_platform_tests.serving.integration.pages.marts import Record, Row, answer
from shopstream_platform_tests.serving.integration.pages.products import inventory, performance, some_products

DAYS = [date(2025, 9, 1) + timedelta(days=number) for number in range(450)]
MONTHS = sorted({day.replace(day=1) for day in DAYS})
COUNTRIES = ["AUT", "BEL", "CAN", "DEU", "ESP", "FRA", "GBR", "ITA", "USA", "Unknown"]
CATEGORIES = ["Beauty", "Books", "Electronics", "Fashion", "Home", "Sports", "Toys", "Unknown"]
PRODUCTS_AT_SCALE_1, CAMPAIGNS = 200, 400
MANY = Decimal("123456.78")


class Dense:
    """Marts in which every day has every country and category: what more orders fill, and cannot exceed."""

    def __init__(self, scale: int) -> None:
        numbers = range(PRODUCTS_AT_SCALE_1 * scale)
        self.products = some_products(f"Laurent Marchand et Fils Eco Smartphone {number}" for number in numbers)

    def rows(self, sql: str) -> list[Row]:
        """The answer to a page's query."""
        return answer(sql, self._tables())

    def _tables(self) -> dict[str, Iterable[Record]]:
        sales, buckets = {"total_revenue": MANY, "total_orders": 1234}, range(len(MONTHS))
        steps = dict(zip(acquisition.STEPS, (12_345, 9_876, 5_432, 2_345, 1_234), strict=True))
        span = {"first_order_date": DAYS[0], "as_of_date": DAYS[-1], "newest_complete_day": DAYS[-1], "is_ended": False}
        scores = {"recency_score": range(1, 6), "frequency_score": range(1, 6)}
        return {
            "data_status": [span | {"first_whole_month": MONTHS[0], "last_whole_month": MONTHS[-1]}],
            "mart_sales_daily": cells(sales | {"cancelled_orders": 123}, sale_date=DAYS, country=COUNTRIES),
            "mart_sales_overview": cells(sales, sale_date=DAYS, country=COUNTRIES, category=CATEGORIES),
            "mart_lost_orders": cells({"lost_orders": 123}, sale_date=DAYS, country=COUNTRIES, category=CATEGORIES),
            "mart_conversion_funnel": cells(
                {"sessions": 12_345} | {f"{step}_sessions": count for step, count in steps.items()},
                session_date=DAYS,
                country=COUNTRIES,
            ),
            "mart_activation": cells(
                {"customers": 1234}, signup_date=DAYS, country=COUNTRIES, first_order_wait=acquisition.WAITS
            ),
            "mart_crm_conversion": cells(
                {"contacts": 1234, "converted_contacts": 123, "median_days_to_convert": 12, "matched_revenue": MANY},
                contact_source=["google_ads"],
                campaign_id=[f"google_ads-2026q3-{number}" for number in range(CAMPAIGNS)],
            ),
            "mart_customer_ltv": cells(
                {"lifetime_value": MANY, "frequency": 1234}, country=COUNTRIES, segment=customers.SEGMENTS, **scores
            ),
            "mart_cohort_retention": cells(
                {"cohort_size": 1234, "active_customers": 123, "cumulative_revenue": MANY, "is_incomplete": False},
                cohort_month=MONTHS,
                months_since_first_order=buckets,
            ),
            "mart_product_performance": performance(self.products),
            "mart_inventory": inventory(self.products),
        }


def cells(figures: Record, **keys: Iterable[Any]) -> Iterator[Record]:
    """A row for every combination of the keys."""
    return (dict(zip(keys, cell, strict=True)) | figures for cell in product(*keys.values()))


def _built(scale: int) -> dict[str, tuple[int, float]]:
    """Page -> bytes, and seconds from the marts' rows to page and picture."""
    built = {}
    for name, page in PAGES.items():
        started = perf_counter()
        data = page.read(Dense(scale), Options())
        html = render(page, data, locale="fr").encode()
        assert picture(page, data, locale="fr")
        built[name] = (len(html), round(perf_counter() - started, 2))
    return built


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "limit"), [(1, 3_000_000), (100, 6_000_000)])
def test_pages_stay_small(scale: int, limit: int) -> None:
    built = _built(scale)
    print(scale, built)
    assert {name: size for name, (size, _) in built.items() if size >= limit} == {}


def asked() -> list[str]:
    """The queries for the data of all pages."""
    shop = full_shop()
    for page in PAGES.values():
        for show_pii in (False, True):
            page.read(shop, Options(show_pii=show_pii))
    return shop.asked


def test_no_page_asks_for_rows_of_orders_or_of_all_customers() -> None:
    queries = asked()
    assert {sales.LOST_BY_CATEGORY, customers.GRID, acquisition.SIGNUPS} <= set(queries)
    assert [sql for sql in queries if "fact_" in sql] == []
    of_customers = [sql for sql in queries if "mart_customer_ltv" in sql or "dim_customers" in sql]
    # Customers are counted in the warehouse, but for the best ones.
    assert [sql for sql in of_customers if "GROUP BY" not in sql and f"<= {customers.TOP}" not in sql] == []
    assert of_customers
