"""Both languages say the same, and the French is written as French is."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from shopstream_platform.contract.metrics import METRICS
from shopstream_platform.serving.render.catalogue import DASHBOARDS
from shopstream_platform.serving.render.page import STATIC
from shopstream_platform.serving.render.texts import texts
from shopstream_platform_tests.serving.integration.pages.conftest import Opener
from shopstream_platform_tests.serving.integration.pages.shop import Line, Shop

SPACES = re.compile("[\u00a0\u202f]")


def flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, str):
        return {path: value}
    return {key: text for name, one in value.items() for key, text in flat(one, f"{path}/{name}").items()}


def test_languages_have_the_same_words_with_the_same_gaps() -> None:
    english, french = flat(texts("en")), flat(texts("fr"))
    # Values of the data that are English already need no word there.
    own = {key for key in french.keys() - english.keys() if not key.startswith("/words/")}
    assert (own, english.keys() - french.keys()) == (set(), set())
    gaps = {key: (set(re.findall(r"{\w+}", english[key])), set(re.findall(r"{\w+}", french[key]))) for key in english}
    assert {key: both for key, both in gaps.items() if both[0] != both[1]} == {}


def test_every_page_block_and_card_has_its_words() -> None:
    words = texts("en")
    assert words["titles"].keys() == DASHBOARDS.keys()
    assert words["blocks"].keys() == {block.name for page in DASHBOARDS.values() for block in page.blocks}
    assert METRICS.keys() >= {card for page in DASHBOARDS.values() for card in page.cards}


def test_no_word_is_missing_and_none_is_left_over() -> None:
    scripts = "".join(path.read_text(encoding="utf-8") for path in STATIC.glob("*.js"))
    known = texts("en")["page"].keys()
    asked = set(re.findall(r'\bt\("(\w+)"', scripts))
    plurals = set(re.findall(r'plural\("(\w+)"', scripts)) | {
        f"{name}_count" for name in re.findall(r'makeTable\(\s*"(\w+)"', scripts)
    }
    made = {f"{name}_{number}" for name in plurals for number in ("one", "many")}
    templates = {f"by_{grain}" for grain in ("day", "week", "month")} | {"by_month_with_year_before"}
    empty = {f"{name}_empty" for name in re.findall(r'makeTable\(\s*"(\w+)"', scripts)} | {"empty_search"}
    assert asked | made | templates | empty == set(known)


def test_french_figures_dates_and_words(look: Opener) -> None:
    lines = [
        Line(1, date(2026, 2, 3), "DEU", "Books", Decimal("1234567.50"), counted=True),
        Line(2, date(2026, 2, 28), "FRA", "Electronics", Decimal("50000.00"), counted=True),
        Line(3, date(2026, 3, 2), "FRA", "Books", Decimal("1000.00"), counted=False),
    ]
    page = look("sales_overview", Shop(lines=lines), locale="fr")
    shown = SPACES.sub(" ", page.page.locator("main").inner_text())
    for text in (
        "Chiffre d'affaires",
        "1 284 568 €",
        "642 283,75 €",
        "33,3 %",
        "3 févr. 2026 – 2 mars 2026",
        "1,23 M€ · 96 %",
    ):
        assert text in shown or text in [SPACES.sub(" ", drawn) for drawn in page.drawn("by_country")], text
    assert {"Allemagne", "France"} <= set(page.drawn("by_country"))
    assert {"Livres", "Électronique"} <= set(page.drawn("by_category"))
    axis = [SPACES.sub(" ", text) for text in page.drawn("revenue_over_time")]
    assert "1 M€" in axis
    assert "0 €" in axis
    assert "2 févr." in axis or "3 févr." in axis or "8 févr." in axis
    assert page.page.title() == "Vue d'ensemble des ventes · ShopStream"
    assert page.page.locator(".asof").inner_text() == "Données au 02/03/2026 · calcul 17/11/2026 02:30 UTC"
