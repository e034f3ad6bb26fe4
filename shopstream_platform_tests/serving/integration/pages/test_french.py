"""French is written as French is."""

import re
from datetime import date
from decimal import Decimal

from shopstream_platform_tests.serving.integration.pages.conftest import Opener
from shopstream_platform_tests.serving.integration.pages.shop import Line, Shop

SPACES = re.compile("[\u00a0\u202f]")


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
