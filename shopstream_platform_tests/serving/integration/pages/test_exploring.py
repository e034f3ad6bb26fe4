"""Looking further: a click narrows a page, a choice goes along to others, figures and charts can be taken away."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from shopstream_platform_tests.serving.integration.pages.conftest import READY, Opener, Watched, full_shop
from shopstream_platform_tests.serving.integration.pages.products import some_products
from shopstream_platform_tests.serving.integration.pages.shop import Line, Shop

PNG = b"\x89PNG\r\n\x1a\n"


def downloaded(page: Watched, block: str, format: str) -> tuple[str, bytes]:
    button = page.page.locator(f"[data-block={block}] .exports button", has_text=format)
    with page.page.expect_download() as found:
        button.click()
    return found.value.suggested_filename, Path(found.value.path()).read_bytes()


def rows_of(content: bytes, delimiter: str = ",") -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def click_bar(page: Watched, block: str, number: int = 0) -> None:
    page.page.locator(f"[data-block={block}] .canvas .mark-rect path").nth(number).click()
    page.page.wait_for_selector(READY)


def test_a_bar_that_is_clicked_narrows_everything_and_again_widens_it(look: Opener) -> None:
    shop = full_shop()
    page = look("sales_overview", shop)
    before = page.cards()
    first = page.figures("by_country")[0][0]
    click_bar(page, "by_country")
    assert page.page.locator("#filter-country option:checked").inner_text() == first
    assert [row[0] for row in page.figures("by_country")] == [first]
    assert page.page.evaluate("location.hash").startswith("#country=")
    assert page.cards() != before
    click_bar(page, "by_country")
    assert page.cards() == before


def test_a_month_that_is_clicked_becomes_the_period(look: Opener) -> None:
    page = look("sales_overview", full_shop())
    click_bar(page, "monthly_growth")
    begins = date.fromisoformat(page.page.locator("#filter-from").input_value())
    ends = date.fromisoformat(page.page.locator("#filter-to").input_value())
    assert (begins.day, begins.month, begins.year) == (1, ends.month, ends.year)
    assert len(page.figures("revenue_over_time")) == (ends - begins).days + 1


def test_a_choice_goes_along_to_pages_that_know_it_and_past_those_that_do_not(look: Opener) -> None:
    page = look("sales_overview", full_shop(), address="#country=DEU&category=Books&from=2026-01-01")
    links = page.page.locator("nav a").evaluate_all("links => links.map((link) => link.hash)")
    assert {frozenset(link.removeprefix("#").split("&")) for link in links} == {
        frozenset({"country=DEU", "category=Books", "from=2026-01-01"})
    }
    products = look("product_performance", full_shop(), address=links[0])
    assert products.page.locator("#filter-category").input_value() == "Books"
    products.choose(category="")
    (link,) = {*products.page.locator("nav a").evaluate_all("links => links.map((link) => link.hash)")}
    assert set(link.removeprefix("#").split("&")) == {"country=DEU", "from=2026-01-01"}


def test_the_figures_of_a_chart_are_data_for_a_spreadsheet(look: Opener) -> None:
    shop = full_shop()
    name, content = downloaded(look("sales_overview", shop), "by_country", "CSV")
    assert name == "sales_overview-by_country.csv"
    head, *rows = rows_of(content)
    assert head == ["Country", "Revenue"]
    expected = {"France": "FRA", "Germany": "DEU", "Unknown": "Unknown"}
    assert {name: Decimal(value) for name, value in rows} == {
        name: shop.sales(country=code).revenue for name, code in expected.items()
    }


ARE_NUMBERS = "cells => cells.map((cell) => cell.classList.contains('n'))"
PLAIN = re.compile(r"-?\d+(\.\d+)?|")


@pytest.mark.parametrize("name", ["sales_overview", "product_performance", "customer_analysis", "acquisition"])
def test_every_number_of_every_panel_is_plain_digits(look: Opener, name: str) -> None:
    page = look(name, full_shop())
    for block in page.page.locator("[data-block]:has(.exports):not(.is-empty)").all():
        numbers = block.locator("thead th").evaluate_all(ARE_NUMBERS)
        details = block.locator("details.rows summary")
        if not numbers and details.count():
            details.click()
            block.locator("thead th").first.wait_for()
            numbers = block.locator("thead th").evaluate_all(
                "cells => cells.map((cell) => cell.classList.contains('n'))"
            )
        panel = block.get_attribute("data-block") or ""
        _, *rows = rows_of(downloaded(page, panel, "CSV")[1])
        assert numbers
        odd = {value for row in rows for value, number in zip(row, numbers, strict=True) if number}
        assert [value for value in odd if not PLAIN.fullmatch(value)] == [], panel


def test_a_click_beside_the_points_of_a_line_chooses_nothing(look: Opener) -> None:
    page = look("sales_overview", full_shop())
    area = page.page.locator("[data-block=revenue_over_time] .canvas .mark-area path").first
    box = area.bounding_box()
    assert box
    page.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 6)
    page.page.wait_for_selector(READY)
    assert page.page.evaluate("location.hash") == ""
    page.page.locator("[data-block=revenue_over_time] .canvas .mark-symbol path").nth(2).click()
    page.page.wait_for_selector(READY)
    assert page.page.evaluate("location.hash").startswith("#from=")


def test_french_spreadsheets_read_semicolons_and_commas(look: Opener) -> None:
    _, content = downloaded(look("sales_overview", full_shop(), locale="fr"), "by_country", "CSV")
    _, *rows = rows_of(content, ";")
    assert all("," in value and "€" not in value for _, value in rows)


def test_the_csv_of_a_table_has_all_that_is_found_and_no_formula(look: Opener) -> None:
    names = ["=cmd|'/C calc'!A0", "+1", "-1", "@sum", 'a "quoted", name', *(f"Product {n}" for n in range(40))]
    page = look("product_performance", Shop(product_rows=some_products(names)))
    _, content = downloaded(page, "products", "CSV")
    head, *rows = rows_of(content)
    assert len(rows) == len(names)
    found = {row[head.index("Product")] for row in rows}
    assert {"'=cmd|'/C calc'!A0", "'+1", "'-1", "'@sum", 'a "quoted", name'} <= found
    page.page.locator("#search-products").fill("quoted")
    assert len(rows_of(downloaded(page, "products", "CSV")[1])) == 2


@pytest.mark.parametrize("block", ["revenue_over_time", "by_category"])
def test_a_chart_is_a_picture_in_the_pages_own_colours(look: Opener, block: str) -> None:
    page = look("sales_overview", full_shop())
    name, content = downloaded(page, block, "PNG")
    assert (name, content[:8]) == (f"sales_overview-{block}.png", PNG)
    drawn = page.page.evaluate(
        """async (bytes) => {
          const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
          const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
          context.drawImage(image, 0, 0);
          const { data } = context.getImageData(0, 0, image.width, image.height);
          let petrol = 0;
          for (let i = 0; i < data.length; i += 4) {
            petrol += data[i] === 14 && data[i + 1] === 116 && data[i + 2] === 130;
          }
          return petrol;
        }""",
        list(content),
    )
    assert drawn > 100


def test_many_countries_are_eleven_bars_and_the_others(look: Opener) -> None:
    codes = [*("FRA", "DEU", "ITA", "ESP", "USA", "GBR", "AUS", "NOR"), *("SWE", "DNK", "FIN", "JPN", "BRA", "CZE")]
    codes += ["HKG", "NLD"]
    lines = [Line(n, date(2026, 3, 2), code, "Books", Decimal(1000 - n), counted=True) for n, code in enumerate(codes)]
    page = look("sales_overview", Shop(lines=lines))
    drawn = page.drawn("by_country")
    assert "5 others" in drawn
    assert {"Australia", "Norway", "Denmark"} <= set(drawn)
    assert len(page.page.locator("[data-block=by_country] .canvas .mark-rect path").all()) == 12
    assert len(page.figures("by_country")) == 16
    assert "Czechia" in {row[0] for row in page.figures("by_country")}
    click_bar(page, "by_country", 11)
    assert page.page.locator("#filter-country").input_value() == ""


def test_a_small_amount_keeps_its_cents(look: Opener) -> None:
    page = look(
        "sales_overview", Shop(lines=[Line(1, date(2026, 3, 2), "FRA", "Books", Decimal("0.99"), counted=True)])
    )
    assert page.card("revenue") == ("99", "€0.99")
