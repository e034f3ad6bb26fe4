"""What is compared: the days before, the same days of the year before, or days of one's own."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from shopstream_platform_tests.serving.integration.pages.conftest import READY, Opener, Watched, full_shop
from shopstream_platform_tests.serving.integration.pages.shop import Line, Shop
from shopstream_platform_tests.serving.integration.pages.writing import euros, percent

CHOSEN = {"from": "2026-10-05", "to": "2026-10-14"}
FIRST, LAST = date(2026, 10, 5), date(2026, 10, 14)


def change(page: Watched, card: str = "revenue") -> str:
    return page.page.locator(f"[data-card={card}] .change").inner_text()


def mood(page: Watched, card: str) -> str:
    return page.page.locator(f"[data-card={card}] .change b").get_attribute("class") or ""


def expected(shop: Shop, first: date, last: date) -> str:
    now, before = shop.sales(first=FIRST, last=LAST).revenue, shop.sales(first=first, last=last).revenue
    return f"{'▲' if now > before else '▼'} {percent(abs(now / before - 1))}"


def beside(page: Watched) -> list[str]:
    return [row[3] for row in page.figures("revenue_over_time")]


@pytest.mark.parametrize(
    ("compare", "first", "last"),
    [
        ("", FIRST - timedelta(days=10), FIRST - timedelta(days=1)),
        ("year", date(2025, 10, 5), date(2025, 10, 14)),
    ],
)
def test_cards_and_the_line_follow_the_choice(look: Opener, compare: str, first: date, last: date) -> None:
    shop = full_shop()
    page = look("sales_overview", shop)
    page.choose(**CHOSEN, compare=compare)
    assert change(page).startswith(expected(shop, first, last))
    days = [first + timedelta(days=n) for n in range(10)]
    assert beside(page) == [euros(shop.sales(first=day, last=day).revenue) for day in days]
    assert "Thin ochre line" in page.page.locator("[data-block=revenue_over_time] .subtitle").inner_text()


def test_days_of_ones_own_are_kept_in_the_address_and_taken_back(look: Opener) -> None:
    shop = full_shop()
    page = look("sales_overview", shop)
    assert not page.page.locator("#filter-vs_from").is_visible()
    page.choose(**CHOSEN, compare="custom")
    assert page.page.locator("#filter-vs_from").input_value() == "2025-10-05"
    page.choose(vs_from="2026-08-01", vs_to="2026-08-10")
    assert change(page).startswith(expected(shop, date(2026, 8, 1), date(2026, 8, 10)))
    address = page.page.evaluate("location.hash")
    assert address.endswith("&vs_from=2026-08-01&vs_to=2026-08-10&compare=custom")
    again = look("sales_overview", shop, address=address)
    assert change(again) == change(page)
    page.page.locator("#reset").click()
    page.page.wait_for_selector(READY)
    assert page.page.evaluate("location.hash") == ""
    assert not page.page.locator("#filter-vs_from").is_visible()


def test_a_choice_of_days_that_are_not_there_says_so(look: Opener) -> None:
    page = look("sales_overview", full_shop())
    page.choose(**CHOSEN, compare="custom")
    page.choose(vs_from="2020-01-01", vs_to="2020-01-10")
    assert change(page) == "No earlier period to compare with"
    page.choose(vs_from="2026-08-10", vs_to="2026-08-01")
    assert change(page) == "Choose the days to compare with"


def test_without_days_the_last_whole_month_is_compared_with_its_month_a_year_before(look: Opener) -> None:
    page = look("sales_overview", full_shop())
    page.choose(compare="year")
    assert change(page).endswith("Oct 2026 vs Oct 2025")
    page.choose(compare="")
    assert change(page).endswith("Oct 2026 vs Sept 2026")


def test_a_leap_day_is_compared_with_the_28th(look: Opener) -> None:
    days = [date(2023, 1, 1) + timedelta(days=n) for n in range(500)]
    page = look(
        "sales_overview", Shop(lines=[Line(n, d, "FRA", "Books", Decimal(1), counted=True) for n, d in enumerate(days)])
    )
    page.choose(**{"from": "2024-02-29", "to": "2024-02-29"}, compare="year")
    assert change(page).endswith("vs 28 Feb 2023")


def test_what_rounds_to_nothing_is_neither_good_nor_bad(look: Opener) -> None:
    lines = [
        Line(number, date(2026, 1, 1) + timedelta(days=number), "FRA", "Books", Decimal(1000), counted=True)
        for number in range(59)
    ]
    # One order in some thousand is cancelled: less than a tenth of a point.
    lines += [Line(10_000 + n, date(2026, 1, 2), "FRA", "Books", Decimal("0.01"), counted=n > 0) for n in range(3000)]
    page = look("sales_overview", Shop(lines=lines))
    page.choose(**{"from": "2026-02-01", "to": "2026-02-28"}, compare="custom")
    page.choose(vs_from="2026-01-01", vs_to="2026-01-28")
    assert change(page, "lost_share").startswith("= 0.0 pts")
    assert mood(page, "lost_share") == "even"
    assert change(page).startswith("▼ 0.1%") or mood(page, "revenue") == "even"


def test_acquisition_is_compared_too(look: Opener) -> None:
    page = look("acquisition", full_shop())
    page.choose(**CHOSEN, compare="year")
    assert change(page, "sessions").endswith("vs 5 Oct 2025 – 14 Oct 2025")
    assert "pts" in change(page, "conversion_rate")
    assert "Thin ochre line" in page.page.locator("[data-block=conversion_over_time] .subtitle").inner_text()
    assert [len(row) for row in page.figures("conversion_over_time")] == [4] * 10


def test_a_comparison_goes_along_to_other_pages(look: Opener) -> None:
    page = look("sales_overview", full_shop(), address="#compare=year&country=DEU")
    links = page.page.locator("nav a").evaluate_all("links => links.map((link) => link.hash)")
    assert all("compare=year" in link for link in links)
    assert look("acquisition", full_shop(), address=links[-1]).page.locator("#filter-compare").input_value() == "year"


def test_targets_are_ticks_of_whole_months_for_the_whole_shop(look: Opener) -> None:
    shop = full_shop()
    shop.targets = [(date(2026, 9, 1), "revenue", Decimal("50000.00")), (date(2026, 10, 1), "revenue", Decimal(60000))]
    page = look("sales_overview", shop)
    assert "targets" in page.page.locator("[data-block=revenue_over_time] .subtitle").inner_text()
    by_month = {row[0]: row[-1] for row in page.figures("revenue_over_time")}
    assert (by_month["September 2026"], by_month["October 2026"], by_month["August 2026"]) == (
        "€50,000",
        "€60,000",
        "–",
    )
    page.choose(country="DEU")
    assert "targets" not in page.page.locator("[data-block=revenue_over_time] .subtitle").inner_text()
