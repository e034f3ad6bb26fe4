"""The comment, the page and the JSON of a comparison."""

from decimal import Decimal

import pytest

from shopstream_platform.diff import report
from shopstream_platform.diff.changed import Changed
from shopstream_platform.diff.comparison import Comparison
from shopstream_platform.diff.metrics import MetricDiff
from shopstream_platform.diff.pages import Look, PageDiff
from shopstream_platform.diff.rows import ColumnDiff, ModelDiff

NONE: frozenset[str] = frozenset()


@pytest.fixture
def found() -> Comparison:
    """One model that differs, one that does not; a metric and a card that moved; a test that failed."""
    products = ModelDiff("mart_products", 120, 121, added=1, changed=12, keys={"added": ["7"], "changed": ["1", "2"]})
    products.columns = [
        ColumnDiff("ABC_CLASS", 12, moves=(("B", "A", 12),)),
        ColumnDiff("REVENUE", 3, sums=(Decimal("10.50"), Decimal("11.00"))),
    ]
    products.schema = ["column TIER VARCHAR is new"]
    comparison = Comparison("0123abc", Changed(frozenset({"mart_products"}), NONE, frozenset({"new"}), NONE, NONE))
    comparison.models = [products, ModelDiff("mart_sales", 5, 5)]
    comparison.metrics = [MetricDiff("Revenue", Decimal(10), Decimal(11)), MetricDiff("Orders", Decimal(1), Decimal(1))]
    comparison.pages = [PageDiff("sales", Look(b"png", {"revenue": 10}), Look(None, {"revenue": 11}))]
    comparison.tests, comparison.tests_run = ["this version: unique: Got 1 result"], 9
    return comparison


def test_the_sentence_counts_all(found: Comparison) -> None:
    assert report.closing_line(found) == (
        "2 models compared, 1 differ; new: new; metrics that moved: Revenue; 9 tests run, 1 did not pass."
    )


def test_a_change_of_nothing_says_why_nothing_was_built() -> None:
    nothing = Comparison("0123abc", Changed(NONE, NONE, NONE, NONE, NONE))
    assert report.closing_line(nothing).startswith("No model compiles to anything else")
    assert not nothing.failed


def test_the_comment(found: Comparison) -> None:
    comment = report.as_markdown(found)
    rows = [line for line in comment.splitlines() if line.startswith("| ")]
    assert (
        "| mart\\_products | 120 → 121 | 1 | 0 | 12 | column TIER VARCHAR is new; abc\\_class in 12 rows (B → A: 12); "
        "revenue in 3 rows (sum 10.5 → 11) |"
    ).replace("(", "\\(").replace(")", "\\)") in rows
    assert "| Revenue | 10 | 11 |" in rows
    assert not any("Orders" in row for row in rows)
    assert "| sales | Revenue | 10 | 11 |" in rows
    assert "- mart\\_products, changed: 1; 2" in comment
    assert "**Tests that did not pass** (1 of 9)" in comment


def test_tables_of_the_comment_are_not_torn(found: Comparison) -> None:
    # An empty line inside a table would end it.
    table: list[str] = []
    for line in report.as_markdown(found).splitlines():
        if line.startswith("|"):
            table.append(line)
        elif table:
            assert table[1].startswith("| ---")
            assert len({row.replace("\\|", "").count("|") for row in table}) == 1
            table = []


@pytest.mark.parametrize("text", ["<script>x</script>", "a|b", "[x](http://evil)", "line\nbreak", "\x1b[31m"])
def test_text_of_others_is_text(found: Comparison, text: str) -> None:
    found.models[0].keys = {"added": [text]}
    found.models[0].columns = [ColumnDiff("C", 1, moves=((text, "b", 1),))]
    comment, page = report.as_markdown(found), report.as_page(found)
    assert "<script>" not in comment + page
    assert "\x1b" not in comment + page
    assert "](http" not in comment
    assert "a|b" not in comment
    assert "line\nbreak" not in comment


def test_the_page_has_pictures_of_both(found: Comparison) -> None:
    page = report.as_page(found)
    assert 'src="data:image/png;base64,cG5n"' in page
    assert "No rows." in page


def test_the_document_has_all_but_pictures(found: Comparison) -> None:
    document = report.as_json(found)
    assert document["changed"]["edited"] == ["mart_products"]
    assert [model["changed"] for model in document["models"]] == [12, 0]
    assert document["pages"] == [{"page": "sales", "cards": [("Revenue", "10", "11")]}]
    assert document["tests_not_passed"] == found.tests
