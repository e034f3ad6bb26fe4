"""The reader's own choice of language and of light or dark."""

from pathlib import Path

import pytest

from shopstream_platform.serving.kit.palette import DARK, LIGHT
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.page import render
from shopstream_platform.serving.render.record import files_of
from shopstream_platform_tests.serving.integration.pages.conftest import BUILT_AT, READY, Opener, full_shop, read

CARD = "getComputedStyle(document.documentElement).getPropertyValue('--card')"


def test_the_other_language_opens_with_the_same_choice(look: Opener, tmp_path: Path) -> None:
    page = look("sales_overview", full_shop(), address="#country=DEU&compare=year")
    other = render(
        PAGES["sales_overview"], read("sales_overview", full_shop()), locale="fr", main_locale="en", built_at=BUILT_AT
    )
    (tmp_path / "sales_overview.fr.html").write_text(other, encoding="utf-8")
    link = page.page.locator(".language")
    assert (link.inner_text(), link.get_attribute("hreflang")) == ("Français", "fr")
    assert link.get_attribute("href") == "sales_overview.fr.html#country=DEU&compare=year"
    page.page.goto(f"{(tmp_path / 'sales_overview.fr.html').as_uri()}#country=DEU&compare=year")
    page.page.wait_for_selector(READY)
    page.requests.pop()
    assert page.page.evaluate("document.documentElement.lang") == "fr"
    assert page.page.locator("#filter-country option:checked").inner_text() == "Allemagne"
    links = page.page.locator("nav a").evaluate_all(
        "links => links.map((link) => link.getAttribute('href').split('#')[0])"
    )
    assert links == [f"{name}.fr.html" for name in PAGES]
    assert page.page.locator(".language").get_attribute("href") == "sales_overview.html#country=DEU&compare=year"


def test_the_settings_language_has_the_plain_names() -> None:
    assert files_of("index", "en") == {"index": "en", "index.fr": "fr"}
    assert files_of("index", "fr") == {"index": "fr", "index.en": "en"}


@pytest.mark.parametrize(("system", "chosen", "colors"), [("light", "dark", DARK), ("dark", "light", LIGHT)])
def test_the_reader_may_choose_light_or_dark(look: Opener, system: str, chosen: str, colors: dict[str, str]) -> None:
    watched = look("index", full_shop())
    page = watched.page
    page.emulate_media(color_scheme="dark" if system == "dark" else "light")
    others = LIGHT if colors is DARK else DARK
    assert page.evaluate(CARD) == others["card"]
    page.locator("#theme").select_option(chosen)
    assert page.evaluate(CARD) == colors["card"]
    page.reload()
    page.wait_for_selector(READY)
    watched.requests.pop()
    assert page.evaluate(CARD) == colors["card"]
    assert page.locator("#theme").input_value() == chosen
    page.emulate_media(media="print")
    assert page.evaluate(CARD) == LIGHT["card"]
    page.emulate_media(media="screen")
    page.locator("#theme").select_option("auto")
    assert page.evaluate(CARD) == others["card"]
