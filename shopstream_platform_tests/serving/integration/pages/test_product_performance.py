"""Product performance against the products themselves: cards, curve, tiers, both tables."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from shopstream_platform_tests.serving.integration.pages.conftest import Opener, Watched
from shopstream_platform_tests.serving.integration.pages.products import some_products
from shopstream_platform_tests.serving.integration.pages.shop import Shop
from shopstream_platform_tests.serving.integration.pages.writing import euros, percent, share

NAME, CATEGORY, REVENUE, ORDERS, CLASS, TIER, STOCK_VALUE, RESTOCK, DEAD = 1, 2, 3, 4, 6, 7, 9, 12, 13
Rows = list[tuple[Any, ...]]


@pytest.fixture
def products() -> Rows:
    """Sixty products, of which the last two were never sold."""
    rows = some_products(f"Product {number:02}" for number in range(1, 61))
    unsold = [(*row[:REVENUE], Decimal(0), 0, 0, *row[CLASS:]) for row in rows[-2:]]
    return [*rows[:-2], *unsold]


def total(rows: Sequence[tuple[Any, ...]], column: int) -> Decimal:
    return sum((row[column] for row in rows), Decimal(0))


def assert_page(page: Watched, rows: Rows, everything: Rows) -> None:
    """Cards, curve and tables for exactly these products."""
    class_a = [row for row in rows if row[CLASS] == "A"]
    dead = [row for row in rows if row[DEAD]]
    cards = {
        "products_sold": str(sum(row[ORDERS] > 0 for row in rows)),
        "product_revenue": str(int(total(rows, REVENUE) * 100)),
        "class_a": str(len(class_a)),
        "restock_due": str(sum(row[RESTOCK] for row in rows)),
        "dead_stock": str(int(total(dead, STOCK_VALUE) * 100)),
    }
    assert page.cards() == page.cards() | cards
    assert page.card("product_revenue")[1] == euros(total(rows, REVENUE))
    note = page.page.locator("[data-card=product_revenue] .note").inner_text()
    assert note == f"{percent(share(total(rows, REVENUE), total(everything, REVENUE)), '1')} of all revenue"
    reached = [total(rows[: number + 1], REVENUE) / total(rows, REVENUE) for number in range(len(rows))]
    assert page.figures("pareto") == [
        [row[NAME], euros(row[REVENUE]), percent(part)] for row, part in zip(rows, reached, strict=True)
    ]
    assert [row[1] for row in page.table("products")] == [row[NAME] for row in rows][:15]
    due = sorted(row[NAME] for row in rows if row[RESTOCK])
    assert sorted(row[0] for row in page.table("restock")) == due[:15]


def test_cards_curve_and_tables_follow_the_filters(look: Opener, products: Rows) -> None:
    page = look("product_performance", Shop(product_rows=products))
    assert_page(page, products, products)
    for category, abc_class in (("Toys", ""), ("Books", "A"), ("", "B"), ("Toys", "C")):
        page.choose(category=category, abc_class=abc_class)
        chosen = [row for row in products if category in ("", row[CATEGORY]) and abc_class in ("", row[CLASS])]
        assert_page(page, chosen, products)


def test_tiers_are_shares_of_products_and_of_revenue(look: Opener, products: Rows) -> None:
    page = look("product_performance", Shop(product_rows=products))
    expected = []
    for tier in ("Top 10", "Top 50", "Long Tail"):
        of_tier = [row for row in products if row[TIER] == tier]
        revenue = total(of_tier, REVENUE)
        products_share = percent(share(len(of_tier), len(products)), "1")
        revenue_share = percent(share(revenue, total(products, REVENUE)), "1")
        expected.append([tier, f"{products_share} of the products", str(len(of_tier))])
        expected.append([tier, f"{revenue_share} of revenue", euros(revenue)])
    assert page.figures("tiers") == expected


def test_the_table_is_searched_sorted_and_grows(look: Opener, products: Rows) -> None:
    page = look("product_performance", Shop(product_rows=products))
    home = page.page.locator("[data-block=products]")
    home.locator("input[type=search]").fill("product 1")
    assert [row[1] for row in page.table("products")] == [f"Product {number}" for number in range(10, 20)]
    assert home.locator(".count").inner_text() == "10 products"
    home.locator("th[data-key=revenue] button").click()
    assert [row[1] for row in page.table("products")] == [f"Product {number}" for number in range(10, 20)]
    home.locator("th[data-key=revenue] button").click()
    assert home.locator("th[data-key=revenue]").get_attribute("aria-sort") == "ascending"
    assert [row[1] for row in page.table("products")] == [f"Product {number}" for number in range(19, 9, -1)]
    home.locator("input[type=search]").fill("nothing like it")
    assert "Nothing found" in home.locator(".empty").inner_text()
    home.locator("input[type=search]").fill("")
    home.locator("button.more").click()
    assert len(page.table("products")) == 60
    assert home.locator("button.more").is_hidden()


def test_nothing_to_restock_is_good_news(look: Opener) -> None:
    page = look("product_performance", Shop(product_rows=some_products(["One", "Two"])))
    page.choose(abc_class="C")
    assert "All clear" in page.page.locator("[data-block=restock] .empty").inner_text()
    assert page.page.locator("[data-block=restock].alerting").count() == 0
