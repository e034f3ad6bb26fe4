"""The simplest shops, from the source to the pages: the build ends well, and no figure says what cannot be known."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.contract.tables import PARTITIONED, SNAPSHOTS
from shopstream_platform.serving.kit.data import Data, Figures, Marts, Options
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.page import is_empty, render
from shopstream_platform.serving.render.preview import picture
from shopstream_platform_tests.dbt.integration import simplest_shops as shops
from shopstream_platform_tests.dbt.integration.simplest_shops import LAST, day_number
from shopstream_platform_tests.fixtures.pipeline import Pipeline, day, days

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Built:
    """A shop whose marts were built."""

    pipeline: Pipeline
    warned: set[str]
    pages: dict[str, Data]

    def figures(self, page: str) -> Figures:
        """What a page's cards say."""
        return PAGES[page].figures(Marts(self.pipeline.warehouse, DbtSettings()))

    def mart(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the marts."""
        return self.pipeline.warehouse.rows(query)

    @property
    def status(self) -> Data:
        """What the data cover."""
        return self.pages["sales_overview"]["status"]


Make = Callable[[Callable[[Pipeline], None]], Built]


@pytest.fixture
def make(pipeline: Pipeline, build: Callable[..., None], tmp_path: Path) -> Make:
    """Fill, load and build a shop, and make its pages in both languages."""

    def made(fill: Callable[[Pipeline], None]) -> Built:
        fill(pipeline)
        for table in SNAPSHOTS:
            pipeline.move(table)
        for table in PARTITIONED:
            pipeline.move(table, days(0, LAST))
        build("--full-refresh")
        results = json.loads((tmp_path / "target" / "run_results.json").read_text())["results"]
        warned = {result["unique_id"].split(".")[2] for result in results if result["status"] == "warn"}
        marts = Marts(pipeline.warehouse, DbtSettings())
        pages = {name: page.read(marts, Options()) for name, page in PAGES.items()}
        for name, data in pages.items():
            for locale in ("en", "fr"):
                assert "</html>" in render(PAGES[name], data, locale=locale, library=lambda: "")
                picture(PAGES[name], data, locale=locale)
        return Built(pipeline, warned, pages)

    return made


def test_nothing_at_all(make: Make) -> None:
    shop = make(shops.empty)
    assert all(is_empty(page, shop.pages[name]) for name, page in PAGES.items())
    assert (shop.status["begins"], shop.status["whole_from"], shop.status["ended"]) == (None, None, False)
    assert shop.figures("sales_overview") == {"revenue": 0, "orders": 0, "average_basket": None, "lost_share": None}
    assert shop.figures("acquisition")["conversion_rate"] is None
    assert shop.warned == set()


def test_products_alone(make: Make) -> None:
    shop = make(shops.goods_alone)
    assert shop.mart(
        "SELECT DISTINCT abc_class, revenue_share, cumulative_revenue_share FROM MARTS.mart_product_performance"
    ) == [("C", None, None)]
    assert shop.figures("product_performance")["products_sold"] == 0
    assert shop.figures("product_performance")["dead_stock"] == 150
    assert shop.warned == set()


def test_all_cancelled(make: Make) -> None:
    shop = make(shops.all_cancelled)
    assert shop.figures("sales_overview") == {"revenue": 0, "orders": 0, "average_basket": None, "lost_share": 1}
    assert shop.figures("customer_analysis")["lifetime_value"] is None
    assert shop.figures("product_performance")["class_a"] == 0
    assert shop.mart("SELECT SUM(gross_revenue), SUM(cancelled_orders) FROM MARTS.mart_sales_daily") == [(410, 41)]
    assert (shop.status["begins"], shop.status["ends"]) == (day_number(0), day_number(LAST))
    assert shop.warned == set()


def test_orders_without_dates(make: Make) -> None:
    shop = make(shops.without_dates)
    assert (shop.figures("sales_overview")["revenue"], shop.figures("sales_overview")["orders"]) == (30, 2)
    assert (shop.status["begins"], shop.status["whole_from"], shop.status["ended"]) == (None, None, False)
    assert shop.mart("SELECT MIN(sale_date), MAX(sale_date) FROM MARTS.mart_sales_daily") == [(None, None)]
    assert shop.mart("SELECT DISTINCT recency_days FROM MARTS.mart_customer_ltv") == [(None,)]
    assert shop.mart("SELECT COUNT(*) FROM MARTS.mart_cohort_retention") == [(0,)]
    assert shop.mart("SELECT COUNT_IF(is_complete_month) FROM CORE.dim_date") == [(0,)]


def test_one_day(make: Make) -> None:
    shop = make(shops.one_day)
    assert shop.figures("sales_overview") == {"revenue": 20, "orders": 1, "average_basket": 20, "lost_share": 0}
    # October begins with the only order, and is not over: no month is whole.
    assert shop.status["whole_from"] > shop.status["whole_to"]
    assert shop.mart("SELECT COUNT_IF(is_complete_month) FROM CORE.dim_date") == [(0,)]
    assert shop.mart("SELECT is_incomplete FROM MARTS.mart_cohort_retention") == [(True,)]
    assert shop.warned == set()


def test_credit_notes_outweigh_the_sales(make: Make) -> None:
    shop = make(shops.credit_notes)
    assert shop.figures("sales_overview")["revenue"] == -30
    assert shop.figures("product_performance")["class_a"] == 0
    assert shop.figures("product_performance")["restock_due"] == 0
    rows = "SELECT product_id, total_revenue, revenue_share, abc_class FROM MARTS.mart_product_performance ORDER BY 1"
    assert shop.mart(rows) == [(1, 10, None, "C"), (2, -40, None, "C"), (3, 0, None, "C")]
    assert shop.mart("SELECT matched_customers, matched_revenue FROM MARTS.mart_crm_conversion") == [(1, -30)]
    assert shop.warned == {"assert_line_total_is_quantity_times_price"}


def test_fifty_countries_and_a_thousand_categories(make: Make) -> None:
    shop = make(shops.wide)
    assert len(shop.pages["sales_overview"]["countries"]) == 50
    assert len(shop.pages["product_performance"]["categories"]) == 1000
    assert shop.figures("sales_overview")["revenue"] == 50
    assert {name.split("__")[0] for name in shop.warned} == {"accepted_values_stg_products_category"}


def test_the_years_1_and_9999(make: Make) -> None:
    shop = make(shops.odd_years)
    # What lies after the newest partition is not loaded.
    assert shop.figures("sales_overview")["revenue"] == 31
    assert shop.pages["sales_overview"]["first"] == (date(1, 1, 1) - date(1970, 1, 1)).days
    assert (shop.status["begins"], shop.status["ended"]) == (day_number(20), False)
    months = "SELECT DISTINCT month_start FROM CORE.dim_date WHERE is_complete_month"
    assert shop.mart(months) == []
    assert shop.mart("SELECT MIN(date_day), MAX(date_day), COUNT(*) FROM CORE.dim_date") == [
        (date(1, 1, 1), date(9999, 12, 31), 3652059)
    ]
    assert shop.warned == {"assert_dates_are_plausible", "assert_orders_follow_the_signup"}


def test_spellings_of_statuses(make: Make) -> None:
    shop = make(shops.spellings)
    assert shop.figures("sales_overview") == {
        "revenue": 120,
        "orders": 3,
        "average_basket": 40,
        "lost_share": 4 / 7,
    }
    lost = "SELECT SUM(cancelled_orders), SUM(cancelled_revenue), SUM(refunded_revenue) FROM MARTS.mart_sales_daily"
    assert shop.mart(lost) == [(3, 53, 30)]
    assert shop.mart("SELECT order_status, orders, revenue FROM AUDIT.assert_statuses_are_known") == [
        ("on hold", 2, 110)
    ]
    assert shop.mart("SELECT order_status, amount FROM AUDIT.assert_lost_orders_are_not_negative") == [
        ("cancelled", -7)
    ]
    assert shop.warned == {
        *("assert_statuses_are_known", "assert_lost_orders_are_not_negative"),
        "assert_line_total_is_quantity_times_price",
    }


def test_a_source_that_has_ended(make: Make) -> None:
    shop = make(shops.ended)
    assert (shop.status["ended"], shop.status["ends"]) == (True, day_number(28))
    # 29 September is the last day: the month is whole but for one day.
    assert (shop.status["whole_from"], shop.status["whole_to"]) == (day_number(0), day_number(0))
    assert shop.mart(
        "SELECT MAX(recency_days), MAX(is_incomplete::INT) FROM MARTS.mart_customer_ltv, MARTS.mart_cohort_retention"
    ) == [(0, 0)]
    assert "Data to 29 Sep 2025" in render(
        PAGES["sales_overview"], shop.pages["sales_overview"], locale="en", library=lambda: ""
    )
    assert shop.warned == {"assert_the_source_has_not_ended"}


def test_a_shop_of_random_rows(make: Make) -> None:
    shop = make(shops.reports_way)
    page = shop.pages["acquisition"]
    assert page["steps"] == ["page_view", "purchase"]
    assert page["missing_steps"] == ["product_view", "add_to_cart", "checkout_start"]
    assert shop.figures("acquisition")["conversion_rate"] == 1 / 2
    waits = dict(
        zip((page["waits"][number] for number in page["signups"]["wait"]), page["signups"]["users"], strict=True)
    )
    assert waits == {"before_signup": 1, "month": 1, "none": 1}
    assert (page["matched_contacts"], page["campaigns"]["matched_revenue"]) == (0, [None])
    assert shop.warned == {
        *("assert_orders_follow_the_signup", "assert_every_funnel_step_occurs"),
        "assert_converted_contacts_have_an_account",
    }


def test_purchases_alone_are_no_conversion(make: Make) -> None:
    shop = make(shops.purchases_alone)
    assert shop.figures("acquisition")["conversion_rate"] is None
    assert shop.mart(
        "SELECT SUM(sessions), SUM(page_view_sessions), SUM(purchase_sessions), MAX(conversion_rate) "
        "FROM MARTS.mart_conversion_funnel"
    ) == [(3, None, 3, None)]
    assert shop.warned == {"assert_every_funnel_step_occurs"}
    assert day(LAST) == date(2025, 10, 11)
