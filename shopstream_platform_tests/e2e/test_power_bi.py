"""The Power BI project against a simulated shop: its imports are there, its measures are the dashboards' figures."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from shopstream_platform.contract.metrics import SEMANTIC
from shopstream_platform.pbip.check.queries import source_of
from shopstream_platform.pbip.check.reading import read_model
from shopstream_platform.serving.power_bi.build import PROJECT
from shopstream_platform.serving.power_bi.contracts import contracts
from shopstream_platform.serving.power_bi.tables import MODEL
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform_tests.e2e.shop import Shop
from shopstream_platform_tests.serving.unit.power_bi.dax_engine import Engine

MEASURES = {measure.metric: measure.name for table in MODEL.tables for measure in table.measures if measure.metric}


class Marts:
    """The shop's warehouse, as the dashboards ask it."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._shop.warehouse_rows(sql.format(marts="MARTS", core="CORE"))


@pytest.fixture(scope="module")
def engine(shop: Shop) -> Engine:
    """The model with the rows that Power BI would import."""
    model, _ = read_model(PROJECT, contracts())
    rows = {}
    for table in model.tables.values():
        if source := source_of(model, table):
            columns = {column.name: column.source for column in table.columns.values()}
            found = shop.warehouse_rows(f"SELECT {', '.join(columns.values())} FROM {source.schema}.{source.name}")
            rows[table.name] = [dict(zip(columns, row, strict=True)) for row in found]
    return Engine(model, rows)


def test_everything_that_is_imported_is_in_the_warehouse(shop: Shop) -> None:
    checked = shop.shopstream("power-bi", "check", "--no-tools", "--warehouse")
    assert checked.code == 0, checked.everything
    assert "warehouse: ok" in checked.everything


def test_measures_are_the_dashboards_figures(shop: Shop, engine: Engine) -> None:
    figures = {card: figure for page in PAGES.values() for card, figure in page.figures(Marts(shop)).items()}
    in_both = MEASURES.keys() & figures.keys()
    assert in_both >= SEMANTIC.keys() & figures.keys() > set()
    for card in in_both:
        found, figure = engine.value(MEASURES[card]), figures[card]
        assert figure is not None
        assert found is not None
        assert float(found) == pytest.approx(float(figure), rel=1e-9), card


def test_orders_and_baskets_by_country_category_and_month_are_those_of_the_order_lines(
    shop: Shop, engine: Engine
) -> None:
    lines = """
        FROM CORE.fact_orders AS lines
        LEFT JOIN CORE.dim_products AS products ON lines.product_id = products.product_id
        LEFT JOIN CORE.dim_customers AS customers ON lines.user_id = customers.user_id
        WHERE lines.is_counted
        GROUP BY 1
    """
    figures = "SUM(lines.line_revenue), COUNT(DISTINCT lines.order_id)"
    groups = {
        ("Country", "Country"): "COALESCE(lines.country, customers.country, 'Unknown')",
        ("Category", "Category"): "COALESCE(products.category, 'Unknown')",
        ("Date", "Month"): "DATE_TRUNC('month', lines.order_date)::DATE",
    }
    for column, expression in groups.items():
        rows = shop.warehouse_rows(f"SELECT {expression}, {figures} {lines}")
        assert len(rows) > 1
        for value, revenue, orders in rows:
            found = [engine.value(name, {column: value}) for name in ("Revenue", "Orders", "Average basket")]
            assert found == [revenue, orders, pytest.approx(revenue / orders, rel=Decimal("1e-9"))], value


def test_growth_is_that_of_the_dashboard(shop: Shop, engine: Engine) -> None:
    rows = shop.warehouse_rows("""
        SELECT DATE_TRUNC('month', sale_date)::DATE, SUM(total_revenue), MAX(sale_date)
        FROM MARTS.mart_sales_daily
        WHERE sale_date IS NOT NULL
        GROUP BY 1
        ORDER BY 1
    """)
    revenue = {month: amount for month, amount, _ in rows}
    growth = {month: engine.value("Monthly growth", {("Date", "Month"): month}) for month in revenue}
    months = sorted(revenue)
    assert growth[months[0]] is None
    for before, month in pairwise(months[:-1]):
        assert growth[month] == pytest.approx((revenue[month] - revenue[before]) / revenue[before], rel=Decimal("1e-9"))
    last_day: date = rows[-1][2]
    is_over = (last_day.day, last_day.month) != (1, 1) and _is_month_end(last_day)
    assert (growth[months[-1]] is not None) == is_over


def _is_month_end(day: date) -> bool:
    return date.fromordinal(day.toordinal() + 1).month != day.month
