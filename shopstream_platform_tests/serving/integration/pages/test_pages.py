"""All pages alike: languages, widths, no network, accessible, nothing of the data is ever HTML, nobody's name."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest

from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.page import is_empty, render
from shopstream_platform_tests.serving.integration.pages.conftest import (
    BUILT_AT,
    DESKTOP,
    PHONE,
    Opener,
    full_shop,
    keep,
    read,
)
from shopstream_platform_tests.serving.integration.pages.products import some_products
from shopstream_platform_tests.serving.integration.pages.shop import NAMES, ONE_DAY, Line, Shop

NASTY = [
    "</script><script>window.hacked=1</script>",
    '<img src=x onerror="window.hacked=2">',
    "\"Quotes\" & 'apostrophes' \\ back",
    "<!-- <b>bold</b> --> {{ 7*7 }} ${7*7}",
    "Émoji 🛒👩‍🚀 日本語 \u2028\u2029 \u202eevil",
    "__proto__",
    "constructor",
    "]]>;alert(1)//",
]


LOOKS = [
    ("en", DESKTOP),
    ("fr", PHONE),
    pytest.param("en", PHONE, marks=pytest.mark.slow),
    pytest.param("fr", DESKTOP, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("locale", "width"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_in_both_languages_and_widths(look: Opener, name: str, locale: str, width: int) -> None:
    page = look(name, locale=locale, width=width)
    keep(page.page, f"{name}-{locale}-{width}")
    assert page.page.evaluate("document.documentElement.lang") == locale
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    assert [card for card, value in page.cards().items() if value == ""] == []
    assert [chart for chart in PAGES[name].charts if not page.drawn(chart)] == []
    assert page.page.locator(".is-empty").count() == 0


@pytest.mark.parametrize("name", PAGES)
def test_the_cards_say_what_the_marts_say(look: Opener, name: str) -> None:
    """What the script computes without a filter is what the card's SQL finds."""
    shop = full_shop()
    figures, page = PAGES[name].figures(shop), look(name, shop)
    assert list(page.cards()) == list(figures)
    for card, figure in figures.items():
        value, text = page.card(card)
        assert figure is not None
        # The script counts amounts in whole cents.
        is_amount = "€" in text
        expected = pytest.approx(float(figure) * 100, abs=0.5) if is_amount else pytest.approx(float(figure), abs=1e-9)
        assert float(value) == expected, card


def test_whatever_a_product_is_called_is_text(look: Opener) -> None:
    shop = Shop(product_rows=some_products(NASTY, category=NASTY[0]))
    page = look("product_performance", shop)
    assert sorted(row[1] for row in page.table("products")) == sorted(NASTY)
    assert sorted(row[0] for row in page.figures("pareto")) == sorted(NASTY)
    assert page.page.evaluate("window.hacked") is None
    assert page.page.locator("img, main script, [onerror]").count() == 0
    assert NASTY[0] in page.page.locator("#filter-category option").all_text_contents()
    page.page.locator("[data-block=pareto] .canvas svg .mark-rect path").first.hover()
    assert page.page.locator(".tooltip b").inner_text() in NASTY


def test_whatever_countries_categories_and_campaigns_are_called_is_text(look: Opener) -> None:
    lines = [
        Line(number, date(2026, 3, 2), word, word, Decimal("10.00"), counted=True, customer=number)
        for number, word in enumerate(NASTY)
    ]
    page = look("sales_overview", Shop(lines=lines))
    # A word joiner, which nobody sees, keeps names from being keys that every object has.
    assert sorted(row[0].replace("\u2060", "") for row in page.figures("by_country")) == sorted(NASTY)
    assert len(page.drawn("by_category")) == 2 * len(NASTY)
    page.choose(country=NASTY[0], category=NASTY[0])
    assert page.card("revenue")[0] == "1000"
    assert page.page.evaluate("window.hacked") is None
    campaigns = look("acquisition").table("campaigns")
    assert "spring <2026>" in [row[0] for row in campaigns]


def test_no_script_but_the_pages_own_runs_and_nothing_is_loaded(look: Opener) -> None:
    page = look("sales_overview")
    policy = page.page.locator("meta[http-equiv]").get_attribute("content") or ""
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page.page.evaluate("""() => { const script = document.createElement('script');
        script.textContent = 'window.hacked = 1'; document.body.append(script); }""")
    assert page.page.evaluate("window.hacked") is None
    blocked = page.page.evaluate("fetch('https://example.org/').then(() => false, () => true)")
    assert blocked is True
    page.messages.clear()  # the browser's own words about what it has just refused
    page.requests[:] = [url for url in page.requests if url.startswith("file:")]


def test_nobodys_name_is_in_a_page_unless_it_may_be(look: Opener) -> None:
    shop = full_shop()
    for name in PAGES:
        html = render(PAGES[name], read(name, shop), locale="en", built_at=BUILT_AT)
        assert not [word for word in NAMES if word in html]
    assert not [query for query in shop.asked if re.search("full_name|email|first_name|last_name", query)]
    page = look("customer_analysis", full_shop(), show_pii=True)
    first = page.table("top_customers")[0]
    assert first[:2] == list(NAMES)
    assert look("customer_analysis").table("top_customers")[0][0].startswith("No. ")


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_shop_without_anything_says_so(look: Opener, name: str, locale: str) -> None:
    shop = Shop(lines=[])
    assert is_empty(PAGES[name], read(name, shop))
    # Counts and sums of nothing are 0; shares and means of it are not known.
    assert set(PAGES[name].figures(shop).values()) <= {0, None}
    page = look(name, shop, locale=locale)
    keep(page.page, f"{name}-{locale}-nothing")
    assert "shopstream refresh" in page.page.locator(".blank").inner_text()
    assert page.page.locator("[data-card], [data-block], form").count() == 0
    assert "NaN" not in page.page.locator("main").inner_text()


@pytest.mark.parametrize("name", PAGES)
def test_a_shop_of_one_day(look: Opener, name: str) -> None:
    page = look(name, Shop(lines=ONE_DAY, product_rows=some_products(["Only one"])))
    keep(page.page, f"{name}-one-day")
    text = page.page.locator("main").inner_text()
    assert not [word for word in ("NaN", "Infinity", "undefined", "Invalid", "null") if word in text]


def test_a_payload_holds_nothing_that_could_end_it() -> None:
    html = render(
        PAGES["product_performance"],
        read("product_performance", Shop(product_rows=some_products(NASTY))),
        locale="en",
    )
    payload = re.search(r'<script type="application/json" id="payload">(.*?)</script>', html, re.DOTALL)
    assert payload
    assert not re.search("[<>&\u2028\u2029]", payload[1])
    assert json.loads(payload[1])["data"]["products"]["name"] == NASTY
