"""Customer analysis against the customers themselves: cards, segments, scores, cohorts, the best ones."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any

import pytest

from shopstream_platform.serving.pages.customer_analysis.queries import COHORTS
from shopstream_platform_tests.serving.integration.pages.conftest import Opener, Watched, full_shop
from shopstream_platform_tests.serving.integration.pages.shop import COUNTRIES
from shopstream_platform_tests.serving.integration.pages.writing import euros, percent, share

SEGMENTS = ["Champions", "Loyal", "Promising", "New", "At risk", "Lost"]
WORDS = {"FRA": "France", "DEU": "Germany"}
CENT = Decimal("0.01")
Customer = dict[str, Any]


def value(found: list[Customer]) -> Decimal:
    return sum((one["value"] for one in found), Decimal(0))


def mean(found: list[Customer]) -> Decimal:
    return (value(found) / len(found)).quantize(CENT, ROUND_HALF_UP)


def middle(found: list[Customer]) -> Decimal:
    return Decimal(median(one["value"] for one in found)).quantize(CENT, ROUND_HALF_UP)


def assert_page(page: Watched, found: list[Customer]) -> None:
    """Cards and charts for exactly these customers."""
    at_risk = [one for one in found if one["segment"] == "At risk"]
    repeat = sum(one["orders"] >= 2 for one in found)
    assert page.card("ordering_customers") == (str(len(found)), str(len(found)))
    assert page.card("lifetime_value") == (str(int(mean(found) * 100)), euros(mean(found)))
    assert Decimal(page.card("repeat_rate")[0]) == pytest.approx(share(repeat, len(found)))
    assert page.card("revenue_at_risk") == (str(int(value(at_risk) * 100)), euros(value(at_risk)))
    groups = [(name, [one for one in found if one["segment"] == name]) for name in SEGMENTS]
    groups = [(name, group) for name, group in groups if group]
    assert page.figures("segments") == [
        [name, str(len(group)), percent(share(value(group), value(found)), "1")] for name, group in groups
    ]
    assert page.figures("ltv_by_segment") == [
        [name, euros(mean(group)), euros(middle(group))] for name, group in groups
    ]
    cells = [
        (recency, frequency, [one for one in found if (one["recency"], one["frequency"]) == (recency, frequency)])
        for frequency in range(5, 0, -1)
        for recency in range(1, 6)
    ]
    assert page.figures("recency_frequency") == [
        [str(recency), str(frequency), str(len(group)), euros(mean(group))]
        for recency, frequency, group in cells
        if group
    ]
    best = sorted(found, key=lambda one: (-one["value"], one["id"]))[:15]
    assert [row[0] for row in page.table("top_customers")] == [f"No. {one['id']}" for one in best]
    assert [row[3] for row in page.table("top_customers")] == [euros(one["value"]) for one in best]


def test_everything_that_has_a_country_follows_it(look: Opener) -> None:
    shop = full_shop()
    page = look("customer_analysis", shop)
    assert_page(page, shop.customers())
    for country in COUNTRIES:
        page.choose(country=country)
        assert_page(page, [one for one in shop.customers() if one["country"] == country])
        assert "filter does not apply" in page.page.locator("[data-block=cohorts] .subtitle").inner_text()


def test_a_median_is_its_own_for_every_country(look: Opener) -> None:
    shop = full_shop()
    page = look("customer_analysis", shop)
    note = page.page.locator("[data-card=lifetime_value] .note")
    assert note.inner_text() == f"median {euros(middle(shop.customers()))}"
    page.choose(country="FRA")
    assert note.inner_text() == f"median {euros(middle([c for c in shop.customers() if c['country'] == 'FRA']))}"


def test_cohorts_leave_out_months_that_are_not_over(look: Opener) -> None:
    shop = full_shop()
    over = [row for row in shop.rows(COHORTS) if not row[5]]
    page = look("customer_analysis", shop)
    assert page.figures("cohorts") == [
        [f"{short(month)} ({size})", str(age), percent(share(active, size))]
        for month, age, size, active, _, _ in over
        if age >= 1
    ]
    by_age: dict[int, list[Any]] = {}
    for row in over:
        by_age.setdefault(row[1], []).append(row)
    expected = []
    for age, rows in sorted(by_age.items()):
        size = sum(row[2] for row in rows)
        expected.append([str(age), euros(sum((row[4] for row in rows), Decimal(0)) / size), str(size)])
    assert page.figures("value_by_age") == expected


def short(month: date) -> str:
    """British English writes September with four letters."""
    return f"{month:%b %Y}".replace("Sep ", "Sept ")
