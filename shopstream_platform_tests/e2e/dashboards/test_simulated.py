"""The pages of a simulated shop, as they lie in its home: every card against the marts by SQL, and how they look."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform_tests.e2e import browser
from shopstream_platform_tests.e2e.shop import ROOT, Shop

SCREENSHOTS = ROOT / "build" / "screenshots"
WIDTHS = {"desktop": 1440, "phone": 390}


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


class Marts:
    """The shop's warehouse, as the pages ask it."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._shop.warehouse_rows(sql.format(marts="MARTS", core="CORE"))


def opened(page: Page, shop: Shop, name: str, address: str = "") -> dict[str, Any]:
    """Opens a page; its cards' exact values, amounts in EUR; None where a card has no value."""
    page.goto("about:blank")
    page.goto(f"{(shop.home / 'dashboards' / f'{name}.html').as_uri()}{address}")
    page.wait_for_selector("body[data-state=ready]")
    cards = page.locator("[data-card]").evaluate_all(
        """cards => cards.map(card => {
            const value = card.querySelector('.value');
            return [card.dataset.card, value.dataset.value, value.textContent.includes('€')];
        })"""
    )
    return {card: float(value) / (100 if is_amount else 1) if value else None for card, value, is_amount in cards}


def expected(shop: Shop, name: str) -> dict[str, Any]:
    """What the cards' SQL finds in the marts, amounts to the cent."""
    figures = PAGES[name].figures(Marts(shop))
    return {card: None if value is None else pytest.approx(float(value), rel=1e-5) for card, value in figures.items()}


def keep(page: Page, name: str) -> None:
    """Screenshots at both widths, neither of which scrolls sideways."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for place, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.reload()
        page.wait_for_selector("body[data-state=ready]")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=SCREENSHOTS / f"simulated-{name}-{place}.png", full_page=True)


@pytest.mark.parametrize("name", PAGES)
def test_every_card_equals_the_mart(page: Page, shop: Shop, name: str) -> None:
    assert opened(page, shop, name) == expected(shop, name)
    keep(page, f"{name}-en")


def test_users_with_an_order_are_the_customers(page: Page, shop: Shop) -> None:
    ((share,),) = shop.warehouse_rows(
        "SELECT (SELECT COUNT(*) FROM MARTS.mart_customer_ltv) / (SELECT COUNT(*) FROM CORE.dim_customers)"
    )
    assert opened(page, shop, "acquisition")["activation_rate"] == pytest.approx(float(share), rel=1e-5)


def test_orders_are_distinct_orders_whatever_is_chosen(page: Page, shop: Shop) -> None:
    ((orders,),) = shop.warehouse_rows("SELECT COUNT(DISTINCT order_id) FROM CORE.fact_orders WHERE is_counted")
    ((added_up,),) = shop.warehouse_rows("SELECT SUM(total_orders) FROM MARTS.mart_sales_overview")
    assert opened(page, shop, "sales_overview")["orders"] == orders < added_up
    revenue, orders = _sales(shop, "Electronics", "FRA")
    address = f"#category=Electronics&country=FRA&from={shop.start}&to={shop.yesterday}"
    shown = opened(page, shop, "sales_overview", address)
    assert (shown["revenue"], shown["orders"]) == (revenue, orders)


def _sales(shop: Shop, category: str, country: str) -> tuple[float, float]:
    """Revenue and distinct orders, from the order lines."""
    ((revenue, orders),) = shop.warehouse_rows(f"""
        SELECT SUM(lines.line_revenue), COUNT(DISTINCT lines.order_id)
        FROM CORE.fact_orders AS lines
        INNER JOIN CORE.dim_products AS products ON lines.product_id = products.product_id
        LEFT JOIN CORE.dim_customers AS customers ON lines.user_id = customers.user_id
        WHERE
            lines.is_counted
            AND products.category = '{category}'
            AND COALESCE(lines.country, customers.country) = '{country}'
            AND lines.order_date BETWEEN '{shop.start}' AND '{shop.yesterday}'
    """)
    return float(revenue), float(orders)


def test_names_and_addresses_are_in_no_page(page: Page, shop: Shop) -> None:
    people = shop.warehouse_rows("SELECT full_name, email FROM CORE.dim_customers WHERE email IS NOT NULL")
    assert people
    for name in PAGES:
        html = (shop.home / "dashboards" / f"{name}.html").read_text()
        assert not [word for person in people for word in person if word and word in html]


@pytest.mark.parametrize("name", PAGES)
def test_what_is_known_of_the_datas_quality_is_in_every_page(page: Page, shop: Shop, name: str) -> None:
    opened(page, shop, name)
    quality = page.evaluate("JSON.parse(document.getElementById('payload').textContent).quality")
    assert quality["checks"]["passed"] > 50
    assert quality["checks"]["failed"] == []
    assert quality["waiting"] == {"today": 0, "later": 0}
    assert page.locator(".quality .fact").count() >= 3


@pytest.mark.slow
def test_the_pages_in_french(page: Page, shop: Shop) -> None:
    french = shop.having(SHOPSTREAM_LOCALE="fr").shopstream("dashboards", "--build-only")
    assert french.code == 0, french.everything
    for name in PAGES:
        assert opened(page, shop, name) == expected(shop, name)
        assert page.evaluate("document.documentElement.lang") == "fr"
        keep(page, f"{name}-fr")
    english = shop.shopstream("dashboards", "--build-only")
    assert english.code == 0, english.everything
