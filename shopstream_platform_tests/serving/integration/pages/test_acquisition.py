"""Acquisition against the rows of its marts, counted again: funnel, conversion, signups, campaigns."""

from datetime import date, timedelta
from typing import Any

import pytest

from shopstream_platform.serving.pages.acquisition.queries import FUNNEL, SIGNUPS
from shopstream_platform.serving.pages.acquisition.queries import STEPS as STEP_NAMES
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform_tests.serving.integration.pages.conftest import Opener, Watched, full_shop
from shopstream_platform_tests.serving.integration.pages.shop import FIRST, Shop
from shopstream_platform_tests.serving.integration.pages.writing import percent, share

STEPS = ["Visit", "Product page", "Cart", "Checkout", "Purchase"]
WAITS = {
    "before_signup": "Before signing up",
    "same_day": "Same day",
    "week": "Within a week",
    "month": "8 to 30 days",
    "quarter": "31 to 90 days",
    "later": "After 90 days",
    "undated": "Ordered, no date",
    "none": "No order yet",
}


def chosen(shop: Shop, sql: str, country: str | None, first: date | None, last: date | None) -> list[tuple[Any, ...]]:
    return [
        row
        for row in shop.rows(sql)
        if country in (None, row[1]) and (first is None or row[0] >= first) and (last is None or row[0] <= last)
    ]


def assert_page(
    page: Watched, shop: Shop, country: str | None = None, first: date | None = None, last: date | None = None
) -> None:
    """Cards, funnel and waits for exactly this country and these days."""
    visits = chosen(shop, FUNNEL, country, first, last)
    signups = chosen(shop, SIGNUPS, country, first, last)
    sessions, *steps = [sum(row[column] for row in visits) for column in range(2, 8)]
    users = sum(row[3] for row in signups)
    ordered = sum(row[3] for row in signups if row[2] != "none")
    assert page.card("sessions") == (str(sessions), f"{sessions:,}")
    assert float(page.card("conversion_rate")[0]) == pytest.approx(steps[-1] / sessions)
    assert page.card("conversion_rate")[1] == percent(share(steps[-1], sessions))
    assert page.card("activation_rate")[1] == percent(share(ordered, users))
    assert page.figures("funnel") == [
        [name, f"{count:,}", percent(share(count, sessions))] for name, count in zip(STEPS, steps, strict=True)
    ]
    waits = {wait: sum(row[3] for row in signups if row[2] == wait) for wait in WAITS}
    rare = ("undated", "before_signup")
    assert page.figures("signup_to_order") == [
        [name, str(waits[wait])] for wait, name in WAITS.items() if waits[wait] or wait not in rare
    ]


def test_visits_and_signups_follow_the_filters(look: Opener) -> None:
    shop = full_shop()
    page = look("acquisition", shop)
    assert_page(page, shop)
    page.choose(country="DEU")
    assert_page(page, shop, "DEU")
    first, last = FIRST + timedelta(days=30), FIRST + timedelta(days=50)
    page.choose(**{"from": str(first), "to": str(last)})
    assert_page(page, shop, "DEU", first, last)


def test_conversion_by_day_with_days_on_its_axis(look: Opener) -> None:
    shop = full_shop()
    page = look("acquisition", shop)
    first, last = date(2026, 3, 1), date(2026, 3, 10)
    page.choose(**{"from": str(first), "to": str(last)})
    days = [first + timedelta(days=number) for number in range(10)]
    expected = []
    for day in days:
        rows = chosen(shop, FUNNEL, None, day, day)
        sessions, purchases = sum(row[2] for row in rows), sum(row[7] for row in rows)
        expected.append([f"{day.day} {day:%b %Y}", percent(share(purchases, sessions)), str(sessions)])
    assert [row[:3] for row in page.figures("conversion_over_time")] == expected
    assert "4 Mar" in page.drawn("conversion_over_time")


def test_only_months_of_signups_that_are_long_enough_ago_are_judged(look: Opener) -> None:
    shop = full_shop()
    page = look("acquisition", shop)
    months: dict[date, list[int]] = {}
    for day, _, wait, users in shop.rows(SIGNUPS):
        if wait == "before_signup":
            continue
        counts = months.setdefault(day.replace(day=1), [0, 0])
        counts[0] += users
        counts[1] += users if wait in ("same_day", "week", "month") else 0
    # Orders begin in October 2025, and the data end on 2026-11-16: October's last signup is 16 days old.
    judged = [month for month in sorted(months) if FIRST <= month < date(2026, 10, 1)]
    assert len(judged) == len(months) - 3
    expected = [(month, *months[month]) for month in judged]
    shown = page.figures("activation_by_month")
    assert [row[1:] for row in shown] == [[percent(share(active, users)), str(users)] for _, users, active in expected]


def test_contacts_by_source_and_campaign_whatever_the_filters(look: Opener) -> None:
    page = look("acquisition")
    for country in ("", "FRA"):
        page.choose(country=country)
        assert page.card("contact_conversion")[1] == "15.0%"
        assert page.figures("crm_by_source") == [["Newsletter", "20.0%", "50"], ["fair", "10.0%", "50"]]
        assert page.table("campaigns") == [
            ["No campaign", "fair", "50", "10%", "11.0", "€99.90"],
            ["spring <2026>", "Newsletter", "40", "25%", "3.5", "€1,235"],
            ["No campaign", "Newsletter", "10", "0%", "–", "–"],
        ]


def test_a_step_that_the_source_lacks_is_named_and_left_out(look: Opener) -> None:
    shop = full_shop()
    shop.missing_steps = ("product_view", "checkout_start")
    page = look("acquisition", shop)
    assert [row[0] for row in page.figures("funnel")] == ["Visit", "Cart", "Purchase"]
    headline = page.page.locator("#headline").inner_text()
    assert "leaves them out: Product page (product_view), Checkout (checkout_start)." in headline
    visits = shop.rows(FUNNEL)
    sessions, purchases = sum(row[2] for row in visits), sum(row[7] for row in visits)
    assert page.card("conversion_rate")[1] == percent(share(purchases, sessions))


@pytest.mark.parametrize("left", ["purchase", "page_view"])
def test_a_conversion_that_cannot_be_known_is_not_nought(look: Opener, left: str) -> None:
    shop = full_shop()
    shop.missing_steps = tuple(step for step in STEP_NAMES if step != left)
    page = look("acquisition", shop)
    assert page.card("conversion_rate") == ("", "–")
    assert "0 of them" not in page.page.locator("#headline").inner_text()
    empty = page.page.locator("[data-block=conversion_over_time] .empty").inner_text()
    assert "Not known: it needs purchases and a step before them." in empty
    assert PAGES["acquisition"].figures(shop)["conversion_rate"] is None


def test_contacts_of_whom_none_has_an_account_bring_what_nobody_knows(look: Opener) -> None:
    shop = full_shop()
    shop.matched_contacts = 0
    page = look("acquisition", shop)
    assert {row[5] for row in page.table("campaigns")} == {"–"}
    assert "No contact has the address of an account" in page.page.locator("#headline").inner_text()
    assert "No contact" not in look("acquisition").page.locator("#headline").inner_text()
