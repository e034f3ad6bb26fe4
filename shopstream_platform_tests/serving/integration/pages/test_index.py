"""The morning report: each answer against the orders themselves."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from shopstream_platform.serving.kit.quality import Checks, Quality, Waiting
from shopstream_platform_tests.serving.integration.pages.conftest import QUALITY, Opener, Watched, full_shop
from shopstream_platform_tests.serving.integration.pages.products import some_products
from shopstream_platform_tests.serving.integration.pages.shop import FIRST, Line, Shop, some_lines
from shopstream_platform_tests.serving.integration.pages.writing import euros, percent

WEEK = timedelta(days=7)


def answer(page: Watched, block: str) -> str:
    return page.page.locator(f"[data-block={block}] .answer").inner_text()


def further(page: Watched, block: str) -> str:
    return page.page.locator(f"[data-block={block}] .further a").get_attribute("href") or ""


def revenue(shop: Shop, first: date, last: date) -> Decimal:
    return shop.sales(first=first, last=last).revenue


def steady(first: date, days: int, **special: Decimal) -> list[Line]:
    """Ten euros a day, but for the days named `d<number>`."""
    amounts = [special.get(f"d{number}", Decimal("10.00")) for number in range(days)]
    return [
        Line(number, first + timedelta(days=number), "FRA", "Books", amount, counted=True)
        for number, amount in enumerate(amounts)
    ]


def test_the_newest_whole_day_is_compared_with_its_weekday(look: Opener) -> None:
    shop = full_shop()
    page = look("index", shop)
    now = revenue(shop, shop.last, shop.last)
    usual = sum((revenue(shop, day, day) for day in (shop.last - WEEK * n for n in range(1, 5))), Decimal(0)) / 4
    said = answer(page, "newest_day")
    assert said.startswith(f"{euros(now)} from {shop.sales(first=shop.last, last=shop.last).orders} order")
    assert f"{percent(abs(now / usual - 1))} {'more' if now > usual else 'less'} than usual" in said
    assert said.endswith(f"({euros(usual)}, mean of 4 weeks).")
    assert [row[1] for row in page.figures("newest_day")] == [
        euros(revenue(shop, day, day)) for day in (shop.last - WEEK * n for n in range(5))
    ]
    assert further(page, "newest_day") == f"sales_overview.html#from={shop.last}&to={shop.last}"


def test_a_running_day_is_not_the_newest_whole_one(look: Opener) -> None:
    shop = full_shop()
    shop.is_running = True
    page = look("index", shop)
    whole = shop.last - timedelta(days=1)
    assert answer(page, "newest_day").startswith(euros(revenue(shop, whole, whole)))
    assert further(page, "newest_day").endswith(f"&to={whole}")


@pytest.mark.parametrize(
    ("today", "asked"),
    [
        (date(2026, 11, 17), "How did we sell yesterday?"),
        (date(2026, 11, 18), "How did we sell on 16 Nov 2026, the newest whole day?"),
    ],
)
def test_yesterday_is_the_readers(look: Opener, today: date, asked: str) -> None:
    page = look("index", full_shop(), today=today)
    assert page.page.locator("[data-block=newest_day] h2").inner_text() == asked


@pytest.mark.parametrize(
    ("amount", "said"),
    [("15.00", "50.0% more than usual"), ("10.00", "as usual"), ("5.00", "50.0% less than usual")],
)
def test_a_day_is_more_less_or_as_usual(look: Opener, amount: str, said: str) -> None:
    shop = Shop(lines=steady(date(2026, 1, 1), 60, d59=Decimal(amount)))
    assert said in answer(look("index", shop), "newest_day")


def test_a_first_day_has_nothing_to_be_compared_with(look: Opener) -> None:
    page = look("index", Shop(lines=steady(date(2026, 1, 5), 3)))
    assert answer(page, "newest_day").endswith("there is no earlier week to compare it with.")
    assert answer(page, "month").endswith("the data have no whole month before to compare it with.")
    assert "90 days of data" in answer(page, "movers")


def test_the_month_is_compared_with_the_same_days_of_the_one_before(look: Opener) -> None:
    shop = full_shop()
    page = look("index", shop)
    first, before = shop.last.replace(day=1), date(2026, 10, 1)
    now, then = revenue(shop, first, shop.last), revenue(shop, before, before + (shop.last - first))
    word = "more" if now > then else "less"
    said = answer(page, "month")
    assert f"November 2026: {euros(now)}, {percent(abs(now / then - 1))} {word} than on the same days" in said
    assert f"({euros(then)})" in said
    assert "Target" not in said
    figures = page.figures("month")
    assert len(figures) == shop.last.day
    assert figures[-1][1:] == [euros(now), euros(then)]
    assert further(page, "month") == f"sales_overview.html#from={first}&to={shop.last}"


def test_a_longer_month_is_compared_with_all_of_a_shorter_one(look: Opener) -> None:
    shop = Shop(lines=steady(date(2026, 1, 1), 90))
    assert shop.last == date(2026, 3, 31)
    assert "€310, 10.7% more than on the same days of the month before (€280)" in answer(look("index", shop), "month")


def test_a_target_is_told_and_drawn_only_if_there_is_one(look: Opener) -> None:
    shop = Shop(lines=steady(date(2026, 1, 1), 74))
    shop.targets = [(date(2026, 3, 1), "revenue", Decimal(400)), (date(2026, 3, 1), "orders", Decimal(99))]
    page = look("index", shop)
    assert answer(page, "month").endswith("Target €400: 38% reached.")
    with_target = page.page.locator("[data-block=month] .canvas .mark-line path").count()
    shop.targets = []
    page = look("index", shop)
    assert "Target" not in answer(page, "month")
    assert page.page.locator("[data-block=month] .canvas .mark-line path").count() == with_target - 1


def test_products_that_rise_fall_and_have_stopped(look: Opener) -> None:
    page = look("index", Shop(product_rows=some_products([f"Product {n}" for n in range(1, 15)])))
    changes = [row[4] for row in page.figures("movers")]
    assert changes[0].startswith("+")
    assert changes[-1].startswith("-")
    assert len(changes) == 8
    best, worst = page.figures("movers")[0], page.figures("movers")[-1]
    said = answer(page, "movers")
    assert f"{best[0]} gains most ({best[4]} units a month)." in said
    assert f"{worst[0]} loses most ({worst[4]})." in said
    assert "No product has stopped selling." in said
    assert further(page, "movers") == f"product_performance.html#category={'Toys' if best[1] == 'Toys' else 'Books'}"


def test_figures_are_trusted_only_as_far_as_is_known(look: Opener) -> None:
    shop, today = full_shop(), date(2026, 11, 17)
    fine = Quality(QUALITY.seen_at, Checks(passed=3), Waiting(0, 0), ())
    assert answer(look("index", shop, quality=fine, today=today), "trust").startswith(
        "Yes. Whole days up to 16 Nov 2026"
    )
    assert answer(look("index", shop, today=today), "trust").startswith("Yes, with something to look at.")
    broken = Quality(QUALITY.seen_at, Checks(passed=3, failed=("a/b: c",)), Waiting(0, 0), ())
    assert answer(look("index", shop, quality=broken, today=today), "trust").startswith("Not without a look")
    unknown = answer(look("index", shop, quality=None, today=today), "trust")
    assert unknown.startswith("As far as is known")
    assert "What the checks say is not known." in unknown
    assert "Whether rows wait to be loaded is not known." in unknown


def test_the_report_leads_everywhere_and_every_page_leads_back(look: Opener) -> None:
    page = look("index", full_shop(), address="#country=DEU")
    links = page.page.locator("nav a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert links[1] == "sales_overview.html#country=DEU"
    assert further(page, "month") == "sales_overview.html#from=2026-11-01&to=2026-11-16&country=DEU"
    back = look("sales_overview", full_shop()).page.locator(".mark").get_attribute("href")
    assert back == "index.html"


def test_a_source_that_has_ended_is_told_of_its_last_day(look: Opener) -> None:
    shop = Shop(lines=some_lines(days=120), ended=True)
    page = look("index", shop)
    last = FIRST + timedelta(days=119)
    assert answer(page, "newest_day").startswith(euros(revenue(shop, last, last)))
    assert "The source has ended" in answer(page, "trust")


def test_the_answers_are_good_french(look: Opener) -> None:
    page = look("index", Shop(lines=steady(date(2026, 1, 1), 74, d73=Decimal("15.00"))), locale="fr")
    said = answer(page, "newest_day").replace("\u202f", " ").replace("\xa0", " ")
    assert said == (
        "15 € pour 1 commande le dimanche 15 mars 2026 : 50,0 % de plus que d'habitude ce jour de la semaine "
        "(10 €, moyenne sur 4 semaines)."
    )
