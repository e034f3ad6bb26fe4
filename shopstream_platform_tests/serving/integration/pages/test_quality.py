"""The line at the top of each page: how old the figures are, what checks say, what is not loaded; never a guess."""

from datetime import date

import pytest

from shopstream_platform.serving.kit.quality import Checks, Quality, Waiting
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform_tests.serving.integration.pages.conftest import BUILT_AT, QUALITY, Opener, Watched, full_shop
from shopstream_platform_tests.serving.integration.pages.shop import Shop

TODAY = date(2026, 11, 17)


def facts(page: Watched) -> list[tuple[str, str]]:
    """(mood, text) of each."""
    found = page.page.locator(".quality .fact").all()
    return [((fact.get_attribute("class") or "").removeprefix("fact "), fact.inner_text()) for fact in found]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_what_is_known(look: Opener, name: str) -> None:
    page = look(name, today=TODAY)
    assert facts(page) == [
        ("ok", "Whole days up to 16 Nov 2026, so up to yesterday"),
        ("warn", "Checks that warn: 2 of 212"),
        ("ok", "Rows not loaded yet: 12 of the running day"),
    ]
    page.page.locator(".quality summary").click()
    details = page.page.locator(".quality dl").inner_text()
    for text in ("core/fact_orders: known_statuses", "raw/events: volume_as_usual", "17 Nov 2026", "02:30 UTC"):
        assert text in details


@pytest.mark.parametrize("name", PAGES)
def test_what_is_not_known_is_said(look: Opener, name: str) -> None:
    page = look(name, quality=None, today=TODAY)
    assert [mood for mood, _ in facts(page)] == ["ok", "unknown", "unknown"]
    text = " ".join(text for _, text in facts(page))
    assert "What the checks say is not known" in text
    assert "Whether rows wait to be loaded is not known" in text
    page.page.locator(".quality summary").click()
    assert "Not known" in page.page.locator(".quality dl").inner_text()


def test_a_page_that_nobody_makes_again_grows_old(look: Opener) -> None:
    assert facts(look("sales_overview", today=date(2026, 11, 18)))[0][0] == "ok"
    assert facts(look("sales_overview", today=date(2026, 11, 27)))[0] == (
        "warn",
        "Whole days up to 16 Nov 2026, 11 days ago",
    )


@pytest.mark.parametrize(
    ("quality", "mood", "text"),
    [
        (Quality(BUILT_AT, Checks(5), Waiting(0, 0), ()), "ok", "All 5 checks passed"),
        (
            Quality(BUILT_AT, Checks(5, never_run=2), Waiting(0, 0), ()),
            "unknown",
            "5 checks passed, 2 have not been run",
        ),
        (Quality(BUILT_AT, Checks(5, ("a",), ("b",)), Waiting(0, 0), ()), "bad", "Checks that failed: 1 of 7"),
        (Quality(BUILT_AT, Checks(5), Waiting(0, 0), ()), "ok", "No row waits to be loaded"),
        (
            Quality(BUILT_AT, Checks(5), Waiting(1, 3), ()),
            "warn",
            "Rows not loaded: 1 of the running day, 3 of later days",
        ),
        (Quality(BUILT_AT, Checks(5), Waiting(0, 0), ("visits",)), "bad", "Could not be loaded: visits"),
    ],
)
def test_every_state_has_its_words(look: Opener, quality: Quality, mood: str, text: str) -> None:
    assert (mood, text) in facts(look("acquisition", quality=quality, today=TODAY))


def test_a_running_day_and_a_source_that_has_ended_are_named(look: Opener) -> None:
    shop = full_shop()
    shop.is_running = True
    assert facts(look("sales_overview", shop, today=date(2026, 11, 16)))[:2] == [
        ("ok", "Whole days up to 15 Nov 2026, so up to yesterday"),
        ("ok", "16 Nov 2026 is not over"),
    ]
    assert facts(look("sales_overview", Shop(ended=True)))[0] == (
        "warn",
        "The source has ended: its last order is of 16 Nov 2026",
    )


def test_names_of_checks_are_text(look: Opener) -> None:
    nasty = Quality(BUILT_AT, Checks(1, ("<img src=x onerror=window.hacked=1>",)), QUALITY.waiting, ())
    page = look("index", quality=nasty)
    page.page.locator(".quality summary").click()
    assert "<img" in page.page.locator(".quality dl").inner_text()
    assert page.page.evaluate("window.hacked") is None
