"""The pages of a simulated shop, as they lie in its home: every card against the marts by SQL, and how they look."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from shopstream_platform.serving.render.catalogue import DASHBOARDS
from shopstream_platform_tests.e2e import browser
from shopstream_platform_tests.e2e.shop import ROOT, Shop

SCREENSHOTS = ROOT / "build" / "screenshots"
WIDTHS = {"desktop": 1440, "phone": 390}
# One row a page, its columns in the order of the cards; amounts in cents, as the page keeps them.
CARDS = {
    "sales_overview": """
        SELECT
            SUM(total_revenue) * 100,
            SUM(total_orders),
            ROUND(SUM(total_revenue) / SUM(total_orders), 2) * 100,
            SUM(cancelled_orders + refunded_orders) / SUM(total_orders + cancelled_orders + refunded_orders)
        FROM MARTS.mart_sales_daily
    """,
    "product_performance": """
        SELECT
            COUNT_IF(performance.total_orders > 0),
            SUM(performance.total_revenue) * 100,
            COUNT_IF(performance.abc_class = 'A'),
            COUNT_IF(inventory.is_restock_due),
            SUM(CASE WHEN inventory.is_dead_stock THEN inventory.stock_value ELSE 0 END) * 100
        FROM MARTS.mart_product_performance AS performance
        INNER JOIN MARTS.mart_inventory AS inventory ON performance.product_id = inventory.product_id
    """,
    "customer_analysis": """
        SELECT
            COUNT(*),
            ROUND(SUM(lifetime_value) / COUNT(*), 2) * 100,
            COUNT_IF(frequency >= 2) / COUNT(*),
            SUM(CASE WHEN segment = 'At risk' THEN lifetime_value ELSE 0 END) * 100
        FROM MARTS.mart_customer_ltv
    """,
    "acquisition": """
        SELECT
            (SELECT SUM(sessions) FROM MARTS.mart_conversion_funnel),
            (SELECT SUM(purchase_sessions) / SUM(sessions) FROM MARTS.mart_conversion_funnel),
            (SELECT COUNT(*) FROM MARTS.mart_customer_ltv) / (SELECT COUNT(*) FROM CORE.dim_customers),
            (SELECT SUM(converted_contacts) / SUM(contacts) FROM MARTS.mart_crm_conversion)
    """,
}


@pytest.fixture(scope="module")
def page(shop: Shop) -> Iterator[Page]:
    """A browser in front of pages that are up to date; it must load and complain of nothing."""
    built = shop.shopstream("dashboards", "--build-only")
    assert built.code == 0, built.everything
    strange: list[str] = []
    with browser.page() as page:
        page.on("request", lambda asked: strange.append(asked.url) if not asked.url.startswith("file:") else None)
        page.on("console", lambda message: strange.append(message.text))
        page.on("pageerror", lambda error: strange.append(str(error)))
        yield page
    assert strange == []


def opened(page: Page, shop: Shop, name: str, address: str = "") -> list[float]:
    """Opens a page; its cards' exact values."""
    page.goto("about:blank")
    page.goto(f"{(shop.home / 'dashboards' / f'{name}.html').as_uri()}{address}")
    page.wait_for_selector("body[data-state=ready]")
    values = page.locator("[data-card] .value").evaluate_all("cards => cards.map(card => card.dataset.value)")
    return [float(value) for value in values]


def keep(page: Page, name: str) -> None:
    """Screenshots at both widths, neither of which scrolls sideways."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for place, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.reload()
        page.wait_for_selector("body[data-state=ready]")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=SCREENSHOTS / f"simulated-{name}-{place}.png", full_page=True)


def numbers(row: tuple[Any, ...]) -> list[float]:
    return [float(value) for value in row]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_card_equals_the_mart(page: Page, shop: Shop, name: str) -> None:
    (expected,) = shop.warehouse_rows(CARDS[name])
    assert opened(page, shop, name) == pytest.approx(numbers(expected), rel=1e-5)
    keep(page, f"{name}-en")


def test_orders_are_distinct_orders_whatever_is_chosen(page: Page, shop: Shop) -> None:
    ((orders,),) = shop.warehouse_rows("SELECT COUNT(DISTINCT order_id) FROM CORE.fact_orders WHERE is_counted")
    ((added_up,),) = shop.warehouse_rows("SELECT SUM(total_orders) FROM MARTS.mart_sales_overview")
    assert opened(page, shop, "sales_overview")[1] == orders < added_up
    revenue, orders = _sales(shop, "Electronics", "FRA")
    address = f"#category=Electronics&country=FRA&from={shop.start}&to={shop.yesterday}"
    assert opened(page, shop, "sales_overview", address)[:2] == [revenue, orders]


def _sales(shop: Shop, category: str, country: str) -> list[float]:
    """Revenue in cents and distinct orders, from the order lines."""
    (found,) = shop.warehouse_rows(f"""
        SELECT SUM(lines.line_revenue) * 100, COUNT(DISTINCT lines.order_id)
        FROM CORE.fact_orders AS lines
        INNER JOIN CORE.dim_products AS products ON lines.product_id = products.product_id
        LEFT JOIN CORE.dim_customers AS customers ON lines.user_id = customers.user_id
        WHERE
            lines.is_counted
            AND products.category = '{category}'
            AND COALESCE(lines.country, customers.country) = '{country}'
            AND lines.order_date BETWEEN '{shop.start}' AND '{shop.yesterday}'
    """)
    return numbers(found)


def test_names_and_addresses_are_in_no_page(page: Page, shop: Shop) -> None:
    people = shop.warehouse_rows("SELECT full_name, email FROM CORE.dim_customers WHERE email IS NOT NULL")
    assert people
    for name in DASHBOARDS:
        html = (shop.home / "dashboards" / f"{name}.html").read_text()
        assert not [word for person in people for word in person if word and word in html]


@pytest.mark.slow
def test_the_pages_in_french(page: Page, shop: Shop) -> None:
    french = shop.having(SHOPSTREAM_LOCALE="fr").shopstream("dashboards", "--build-only")
    assert french.code == 0, french.everything
    for name in DASHBOARDS:
        (expected,) = shop.warehouse_rows(CARDS[name])
        assert opened(page, shop, name) == pytest.approx(numbers(expected), rel=1e-5)
        assert page.evaluate("document.documentElement.lang") == "fr"
        keep(page, f"{name}-fr")
    english = shop.shopstream("dashboards", "--build-only")
    assert english.code == 0, english.everything
