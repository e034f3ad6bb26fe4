"""The comment, the page and the JSON of a comparison."""

import json
from decimal import Decimal

import pytest

from shopstream_platform.diff import report
from shopstream_platform.diff.changed import Changed
from shopstream_platform.diff.comparison import Comparison
from shopstream_platform.diff.failures import Failure
from shopstream_platform.diff.metrics import MetricDiff
from shopstream_platform.diff.pages import Look, PageDiff
from shopstream_platform.diff.rows import ColumnDiff, ModelDiff

NONE: frozenset[str] = frozenset()
SECRET = "Numeric value 'ann@example.com' is not recognized"


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
    comparison.tests, comparison.tests_run = [Failure("unique", "id is unique. Found 1", SECRET)], 9
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
    assert document["tests_not_passed"] == ["unique: id is unique. Found 1"]


def test_what_dbt_says_is_not_in_a_report(found: Comparison) -> None:
    found.not_built = [Failure("mart_sales", "Database Error", SECRET)]
    found.base_not_built = [Failure("mart_old", "Database Error", SECRET)]
    for text in (report.as_markdown(found), report.as_page(found), json.dumps(report.as_json(found), default=str)):
        assert "ann@example" not in text
        assert "mart_sales: Database Error" in text.replace("\\", "")
        assert "mart_old: Database Error" in text.replace("\\", "")
    assert SECRET in found.not_built[0].told


def test_only_what_the_change_breaks_is_a_failure(found: Comparison) -> None:
    found.tests, found.base_not_built = [], [Failure("mart_old", "Database Error", SECRET)]
    assert not found.failed
    assert "1 of 0123abc could not be built" in report.closing_line(found)


def test_no_metric_is_said_to_stay_if_none_was_computed(found: Comparison) -> None:
    found.metrics = []
    assert "metric" not in report.closing_line(found)
    found.metrics = [MetricDiff("Orders", Decimal(1), Decimal(1))]
    assert "no metric moved" in report.closing_line(found)


def test_a_load_between_the_builds_is_told(found: Comparison) -> None:
    assert "RAW" not in report.as_markdown(found) + report.as_page(found)
    found.loaded_meanwhile = ["orders"]
    for text in (report.as_markdown(found), report.as_page(found)):
        assert "RAW was loaded meanwhile" in text
    assert report.as_json(found)["loaded_meanwhile"] == ["orders"]


def test_the_comment_can_be_found_again_and_is_no_longer_than_github_takes(found: Comparison) -> None:
    assert report.as_markdown(found).startswith(f"{report.MARKER}\n")
    assert report.failure_as_markdown().startswith(f"{report.MARKER}\n")
    found.models = [ModelDiff(f"m{number}", 1, 1, added=1, keys={"added": ["k"]}) for number in range(2000)]
    comment = report.as_markdown(found)
    assert len(comment) < 65_536
    assert comment.endswith("was cut here: the page and the JSON have all.\n")
    assert comment.count("<details>") == comment.count("</details>")


@pytest.mark.parametrize("label", ["$x$", "&lt;b&gt;", "http://evil", "www.evil", "a_b_c"])
def test_the_sentence_is_text_too(found: Comparison, label: str) -> None:
    found.metrics = [MetricDiff(label, Decimal(1), Decimal(2))]
    comment = report.as_markdown(found)
    assert label in report.closing_line(found)
    assert label not in comment
    assert label in comment.replace("\\", "")
