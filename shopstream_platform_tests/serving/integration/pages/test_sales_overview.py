"""The sales overview against the orders themselves: every card, every chart, whatever is filtered."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise, product

import pytest

from shopstream_platform_tests.serving.integration.pages.conftest import Opener, Watched, full_shop
from shopstream_platform_tests.serving.integration.pages.shop import (
    CATEGORIES,
    COUNTRIES,
    FIRST,
    ONE_DAY,
    Line,
    Sales,
    Shop,
    some_lines,
)
from shopstream_platform_tests.serving.integration.pages.writing import euros, percent

CENT = Decimal("0.01")
WORDS = {"FRA": "France", "DEU": "Germany"}


def assert_cards(page: Watched, expected: Sales) -> None:
    """Exact values and what is written."""
    assert page.card("revenue") == (str(int(expected.revenue * 100)), euros(expected.revenue))
    assert page.card("orders") == (str(expected.orders), f"{expected.orders:,}")
    value, text = page.card("average_basket")
    if expected.basket is None:
        assert (value, text) == ("", "–")
    else:
        basket = expected.basket.quantize(CENT, ROUND_HALF_UP)
        assert (Decimal(value), text) == (basket * 100, f"€{basket:,}")
    value, text = page.card("lost_share")
    if expected.lost_share is not None:
        assert Decimal(value) == pytest.approx(expected.lost_share)
        assert text == percent(expected.lost_share)


def test_every_card_equals_the_orders(look: Opener) -> None:
    shop = full_shop()
    assert_cards(look("sales_overview", shop), shop.sales())


def test_orders_are_not_added_up_over_categories(look: Opener) -> None:
    shop = full_shop()
    page = look("sales_overview", shop)
    everything = int(page.card("orders")[0])
    by_category = []
    for category in CATEGORIES:
        page.choose(category=category)
        assert_cards(page, shop.sales(category=category))
        by_category.append(int(page.card("orders")[0]))
    assert everything == len({line.order for line in shop.lines if line.counted})
    assert sum(by_category) > everything


def test_cards_and_charts_follow_every_pair_of_filters(look: Opener) -> None:
    shop = full_shop()
    page = look("sales_overview", shop)
    for country, category in product([None, *COUNTRIES], [None, *CATEGORIES]):
        page.choose(country=country or "", category=category or "")
        expected = shop.sales(country=country, category=category)
        assert_cards(page, expected)
        for field, names, only in (("country", COUNTRIES, country), ("category", CATEGORIES, category)):
            revenue = {
                name: shop.sales(**{"country": country, "category": category, field: name}).revenue
                for name in ([only] if only else names)
            }
            shown = {(WORDS.get(name, name), euros(value)) for name, value in revenue.items() if value}
            assert {tuple(row) for row in page.figures(f"by_{field}")} == shown


def test_dates_bound_cards_and_charts(look: Opener) -> None:
    shop = full_shop()
    page = look("sales_overview", shop)
    first, last = FIRST + timedelta(days=40), FIRST + timedelta(days=60)
    page.choose(**{"from": str(first), "to": str(last), "country": "FRA"})
    assert_cards(page, shop.sales(country="FRA", first=first, last=last))
    days = page.figures("revenue_over_time")
    assert len(days) == 21
    assert [row[1] for row in days] == [
        euros(shop.sales(country="FRA", first=day, last=day).revenue)
        for day in (first + timedelta(days=number) for number in range(21))
    ]
    before = shop.sales(country="FRA", first=first - timedelta(days=21), last=first - timedelta(days=1)).revenue
    now = shop.sales(country="FRA", first=first, last=last).revenue
    change = page.page.locator("[data-card=revenue] .change b").inner_text()
    assert change == f"{'▲' if now > before else '▼'} {percent(abs(now / before - 1))}"


def test_a_running_day_is_shown_dashed_and_never_compared_with_a_whole_one(look: Opener) -> None:
    shop = full_shop()
    shop.is_running = True
    page = look("sales_overview", shop)
    assert "16 Nov 2026 so far" in page.page.locator(".asof").inner_text()
    first = shop.last - timedelta(days=20)
    page.choose(**{"from": str(first), "to": str(shop.last)})
    assert_cards(page, shop.sales(first=first, last=shop.last))
    assert "16 Nov 2026 is not over: its figures are those so far." in page.page.locator("#headline").inner_text()
    whole, days = shop.last - timedelta(days=1), timedelta(days=20)
    now, before = shop.sales(first=first, last=whole), shop.sales(first=first - days, last=first - timedelta(days=1))
    change = page.page.locator("[data-card=revenue] .change").inner_text()
    figure = percent(abs(now.revenue / before.revenue - 1))
    assert change.split(" ", 1)[1].startswith(f"{figure} vs ")
    assert change.endswith("; without 16 Nov 2026, which is not over")
    assert "Dashed: not over yet." in page.page.locator("[data-block=revenue_over_time] .subtitle").inner_text()
    label = page.page.locator("[data-block=revenue_over_time] .canvas").get_attribute("aria-label") or ""
    assert label.endswith("not over yet")
    # The day alone: there is nothing whole to compare.
    page.choose(**{"from": str(shop.last), "to": str(shop.last)})
    assert page.page.locator("[data-card=revenue] .change").inner_text() == "No earlier period to compare with"
    # A period that ends before it is compared as ever.
    page.choose(**{"from": str(first), "to": str(whole)})
    assert "not over" not in page.page.locator("[data-card=revenue] .change").inner_text()
    assert "not over" not in page.page.locator("#headline").inner_text()


def test_a_month_on_its_last_running_day_is_not_whole(look: Opener) -> None:
    shop = Shop(lines=some_lines(days=396))
    assert (shop.last + timedelta(days=1)).day == 1
    whole = [row[0] for row in look("sales_overview", shop).figures("monthly_growth")]
    shop.is_running = True
    running = look("sales_overview", shop)
    assert [row[0] for row in running.figures("monthly_growth")] == whole[:-1]
    assert "Dashed: not over yet." in running.page.locator("[data-block=revenue_over_time] .subtitle").inner_text()


def test_presets_and_reset(look: Opener) -> None:
    shop = full_shop()
    page = look("sales_overview", shop)
    for preset, days in (("days_30", 30), ("days_90", 90), ("months_12", 365)):
        page.page.locator(f"[data-preset={preset}]").click()
        page.page.wait_for_selector("body[data-state=ready]")
        assert_cards(page, shop.sales(first=shop.last - timedelta(days=days - 1), last=shop.last))
    page.page.locator("#reset").click()
    page.page.wait_for_selector("body[data-state=ready]")
    assert_cards(page, shop.sales())


def test_a_view_can_be_sent_as_an_address(look: Opener) -> None:
    shop = full_shop()
    page = look("sales_overview", shop, address="#country=DEU&from=2026-01-10&to=2026-02-20")
    assert_cards(page, shop.sales(country="DEU", first=date(2026, 1, 10), last=date(2026, 2, 20)))
    page.choose(country="FRA")
    assert page.page.evaluate("location.hash") == "#from=2026-01-10&to=2026-02-20&country=FRA"


def _months(shop: Shop) -> dict[date, Decimal]:
    totals: dict[date, Decimal] = {}
    for line in shop.lines:
        if line.day and line.counted:
            month = line.day.replace(day=1)
            totals[month] = totals.get(month, Decimal(0)) + line.revenue
    return totals


def test_the_running_month_is_dashed_and_has_no_growth(look: Opener) -> None:
    shop = full_shop()
    page = look("sales_overview", shop)
    months = _months(shop)
    ordered = sorted(months)
    assert [row[1] for row in page.figures("revenue_over_time")] == [euros(months[month]) for month in ordered]
    growth = [(month, months[month] / months[before] - 1) for before, month in pairwise(ordered[:-1])]
    assert page.figures("monthly_growth") == [
        [f"{month:%B %Y}", f"{'+' if value > 0 else ''}{percent(value)}"] for month, value in growth
    ]
    dashed = page.page.locator("[data-block=revenue_over_time] .canvas path[stroke-dasharray]")
    assert [path.get_attribute("stroke-dasharray") for path in dashed.all()] == ["3,4"]
    assert "Dashed" in page.page.locator("[data-block=revenue_over_time] .subtitle").inner_text()


def test_charts_are_drawn_again_not_only_their_tables(look: Opener) -> None:
    page = look("sales_overview")
    assert {"France", "Germany", "Unknown"} <= set(page.drawn("by_country"))
    page.choose(country="DEU")
    drawn = page.drawn("by_country")
    assert "Germany" in drawn
    assert "France" not in drawn
    assert any(text.endswith("· 100%") for text in drawn)


def test_an_order_without_a_date_is_in_the_totals_only(look: Opener) -> None:
    day = date(2026, 3, 2)
    lines = [
        Line(1, day, "FRA", "Books", Decimal("10.00"), counted=True),
        Line(2, None, "FRA", "Books", Decimal("5.50"), counted=True),
    ]
    page = look("sales_overview", Shop(lines=lines))
    assert page.card("revenue") == ("1550", "€15.50")
    assert "1 order without a date" in page.page.locator("#headline").inner_text()
    assert [row[1] for row in page.figures("revenue_over_time")] == ["€10"]
    page.choose(**{"from": str(day)})
    assert page.card("revenue")[0] == "1000"


def test_halves_of_cents_are_rounded_as_the_marts_round_them(look: Opener) -> None:
    lines = [
        Line(number, date(2026, 3, 2), "FRA", "Books", value, counted=True)
        for number, value in enumerate([Decimal("282.46"), Decimal("282.47")])
    ]
    assert look("sales_overview", Shop(lines=lines)).card("average_basket") == ("28247", "€282.47")


def steady(first: date, last: date, revenue: Decimal = Decimal("10.00")) -> list[Line]:
    """One order of the same amount on every day."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [Line(number, day, "FRA", "Books", revenue, counted=True) for number, day in enumerate(days)]


def test_the_month_in_which_the_data_begin_is_not_compared(look: Opener) -> None:
    page = look("sales_overview", Shop(lines=steady(date(2025, 9, 21), date(2025, 12, 10))))
    assert page.figures("monthly_growth") == [["November 2025", "-3.2%"]]
    change = page.page.locator("[data-card=revenue] .change").inner_text()
    assert "3.2% Nov 2025 vs Oct 2025" in change
    page = look("sales_overview", Shop(lines=steady(date(2025, 9, 21), date(2025, 11, 10))))
    assert page.page.locator("[data-block=monthly_growth].is-empty").count() == 1
    assert "No earlier period" in page.page.locator("[data-card=revenue] .change").inner_text()


def test_an_impossible_date_does_not_make_the_first_month_a_whole_one(look: Opener) -> None:
    ancient = Line(999, date(1970, 1, 1), "FRA", "Books", Decimal(5), counted=True)
    shop = Shop(lines=[ancient, *steady(date(2025, 9, 21), date(2025, 12, 10))])
    shop.begins = date(2025, 9, 21)
    assert look("sales_overview", shop).figures("monthly_growth") == [["November 2025", "-3.2%"]]


def test_a_month_of_a_source_that_has_ended_is_whole_if_the_marts_say_so(look: Opener) -> None:
    shop = Shop(lines=steady(date(2017, 10, 1), date(2017, 12, 30)), ended=True)
    shop.whole_to = date(2017, 12, 1)
    page = look("sales_overview", shop)
    assert [row[0] for row in page.figures("monthly_growth")] == ["November 2017", "December 2017"]
    assert "Data to 30 Dec 2017" in page.page.locator(".asof").inner_text()
    shop.whole_to = None
    page = look("sales_overview", shop)
    assert [row[0] for row in page.figures("monthly_growth")] == ["November 2017"]
    assert "Dashed" in page.page.locator("[data-block=revenue_over_time] .subtitle").inner_text()
    assert "not over yet" not in page.page.content().split("<script")[0]


def test_there_is_no_growth_from_a_month_of_credit_notes(look: Opener) -> None:
    lines = [
        *steady(date(2025, 10, 1), date(2025, 10, 31), Decimal("-1.00")),
        *steady(date(2025, 11, 1), date(2025, 11, 30)),
        *steady(date(2025, 12, 1), date(2025, 12, 31)),
    ]
    lines = [Line(number, line.day, "FRA", "Books", line.revenue, counted=True) for number, line in enumerate(lines)]
    page = look("sales_overview", Shop(lines=lines))
    assert page.figures("monthly_growth") == [["December 2025", "+3.3%"]]


def test_shares_of_a_revenue_that_credit_notes_eat_up_are_not_told(look: Opener) -> None:
    lines = [
        Line(1, date(2025, 10, 1), "FRA", "Books", Decimal("100.00"), counted=True),
        Line(2, date(2025, 10, 1), "DEU", "Books", Decimal("-90.00"), counted=True),
    ]
    page = look("sales_overview", Shop(lines=lines))
    assert [text for text in page.drawn("by_country") if "%" in text] == []


def test_one_day_has_totals_but_nothing_to_compare(look: Opener) -> None:
    page = look("sales_overview", Shop(lines=ONE_DAY))
    assert page.card("lost_share")[1] == "50.0%"
    assert "two whole months" in page.page.locator("[data-block=monthly_growth] .empty").inner_text()
    assert page.page.locator("[data-block=revenue_over_time].is-empty").count() == 0
    assert page.drawn("revenue_over_time")
    assert "No earlier period" in page.page.locator("[data-card=revenue] .change").inner_text()


def test_a_selection_without_anything_says_so_and_comes_back(look: Opener) -> None:
    page = look("sales_overview", Shop(lines=ONE_DAY))
    page.choose(country="FRA", category="Toys")
    assert page.card("orders") == ("0", "0")
    assert page.card("average_basket")[1] == "–"
    assert "reset the filters" in page.page.locator("[data-block=by_country] .empty").inner_text()
    page.page.locator("#reset").click()
    page.page.wait_for_selector("body[data-state=ready]")
    assert page.drawn("by_country")
