"""`shopstream diff` on the three changes that a reviewer meets most, and what it leaves behind: nothing."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform_tests.e2e.catalogues import Checkout
from shopstream_platform_tests.e2e.shop import Ran, Shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PROJECT = "shopstream_dbt/dbt_project.yml"
FACT = "shopstream_dbt/models/core/fact_events"
MART = "shopstream_dbt/models/marts/mart_lost_orders"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A clone with one commit."""
    folder = tmp_path_factory.mktemp("checkout")
    made = Checkout.at(folder)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "base")
    return made


@pytest.fixture(autouse=True)
def clean(checkout: Checkout, shop: Shop) -> Iterator[None]:
    """Each test finds the commit's files and leaves no schema behind."""
    yield
    git(checkout.folder, "checkout", "-q", ".")
    left = "select schema_name from information_schema.schemata where contains(schema_name, 'DIFF_')"
    assert shop.warehouse_rows(left) == []


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def diff(shop: Shop, checkout: Checkout, *arguments: str) -> Ran:
    return shop.having(PYTHONPATH=str(checkout.folder)).shopstream("diff", *arguments)


def document(ran: Ran) -> dict[str, Any]:
    try:
        return json.loads(ran.out)
    except ValueError:
        pytest.fail(ran.everything)


def test_a_boundary_that_moves(shop: Shop, checkout: Checkout, tmp_path: Path) -> None:
    checkout.edit(PROJECT, "abc_percent: {A: 80, B: 95}", "abc_percent: {A: 60, B: 95}")
    ran = diff(shop, checkout, "HEAD", "--json", "--html", str(tmp_path / "diff.html"))
    found = document(ran)
    # A variable counts where it is used.
    assert found["changed"]["edited"] == ["mart_product_performance"]
    assert found["changed"]["downstream"] == ["mart_inventory"]
    classes = {model["model"]: model["columns"] for model in found["models"]}
    assert [column["name"] for column in classes["mart_product_performance"]] == ["ABC_CLASS"]
    assert [move[:2] for move in classes["mart_product_performance"][0]["moves"]] == [["A", "B"]]
    pages = {page["page"]: [card[0] for card in page["cards"]] for page in found["pages"]}
    assert "Class A products" in pages["product_performance"]
    assert not any(metric["before"] != metric["after"] for metric in found["metrics"])
    # The test that says what the classes are has not moved with them.
    assert (ran.code, len(found["tests_not_passed"])) == (1, 1)
    assert (tmp_path / "diff.html").read_text().count("data:image/png;base64,") == 2 * len(pages)


def test_a_column_that_is_new_and_an_amount_that_moves(shop: Shop, checkout: Checkout, tmp_path: Path) -> None:
    text = (checkout.folder / f"{MART}.sql").read_text()
    checkout.edit(f"{MART}.sql", text, f"select *, 1::number(38, 0) as weight from (\n{text}\n) as before")
    checkout.edit(
        f"{MART}.yml",
        "    columns:\n",
        "    columns:\n      - name: weight\n        data_type: number(38,0)\n        description: One.\n",
    )
    comment = tmp_path / "comment.md"
    ran = diff(shop, checkout, "HEAD", "--json", "--markdown", str(comment))
    found = document(ran)
    assert [model["schema"] for model in found["models"]] == [["column WEIGHT NUMBER(38,0) is new"]]
    assert [(model["added"], model["removed"], model["changed"]) for model in found["models"]] == [(0, 0, 0)]
    assert ran.code == 0, ran.everything
    assert "column WEIGHT NUMBER\\(38,0\\) is new" in comment.read_text()


def test_a_cte_that_has_another_name(shop: Shop, checkout: Checkout) -> None:
    text = (checkout.folder / f"{FACT}.sql").read_text()
    renamed = text.replace("events.", "visits.").replace("events as (", "visits as (")
    checkout.edit(f"{FACT}.sql", text, renamed.replace("join events", "join visits"))
    ran = diff(shop, checkout, "HEAD", "--json")
    found = document(ran)
    assert found["changed"]["edited"] == ["fact_events"]
    assert {model["model"]: model["columns"] for model in found["models"]}["fact_events"] == []
    assert all(model["added"] == model["removed"] == model["changed"] == 0 for model in found["models"])
    assert ran.code == 0, ran.everything


def test_what_cannot_be_built_is_named_and_nothing_stands_in_for_it(
    shop: Shop, checkout: Checkout, tmp_path: Path
) -> None:
    text = (checkout.folder / f"{MART}.sql").read_text()
    # It compiles; the warehouse refuses it, and names the value.
    checkout.edit(
        f"{MART}.sql", text, f"select before.* from (\n{text}\n) as before where 'ann@x.example'::date is null"
    )
    comment = tmp_path / "comment.md"
    ran = diff(shop, checkout, "HEAD", "--json", "--markdown", str(comment))
    found = document(ran)
    assert [model["model"] for model in found["models"]] == []
    assert "model mart_lost_orders could not be built, so it was not compared" in found["not_compared"]
    assert [line.split(":")[0] for line in found["not_built"]] == ["mart_lost_orders"]
    assert all("mart_lost_orders" in line for line in found["not_compared"]), found["not_compared"]
    assert (found["pages"], found["tests_run"], ran.code) == ([], 0, 1)
    assert "ann@x.example" not in ran.out + comment.read_text()


def test_a_model_that_has_another_name(shop: Shop, checkout: Checkout) -> None:
    # The checkout's clean-up knows the commit's files only.
    new = f"{MART}_renamed"
    for end in ("sql", "yml"):
        (checkout.folder / f"{MART}.{end}").rename(checkout.folder / f"{new}.{end}")
    try:
        checkout.edit(f"{new}.yml", "name: mart_lost_orders", "name: mart_lost_orders_renamed")
        for file in ("models/_exposures.yml", "tests/assert_marts_equal_facts.sql"):
            checkout.edit(f"shopstream_dbt/{file}", "ref('mart_lost_orders')", "ref('mart_lost_orders_renamed')")
        found = document(diff(shop, checkout, "HEAD", "--json"))
    finally:
        for end in ("sql", "yml"):
            (checkout.folder / f"{new}.{end}").unlink()
    assert found["changed"]["removed"] == ["mart_lost_orders"]
    assert "model mart_lost_orders is gone" in found["not_compared"]
    assert "model mart_lost_orders_renamed is new" in found["not_compared"]
    assert "page sales_overview was not compared: this version has no mart_lost_orders" in found["not_compared"]
    assert (found["base_not_built"], found["not_built"]) == ([], [])
    assert found["tests_run"] > 0


def test_words_alone_build_nothing(shop: Shop, checkout: Checkout) -> None:
    checkout.edit(f"{MART}.yml", "    columns:\n", "    config: {meta: {reviewed: true}}\n    columns:\n")
    ran = diff(shop, checkout, "HEAD")
    assert ran.text.endswith("No model compiles to anything else: nothing was built, no row can differ."), (
        ran.everything
    )
    assert ran.code == 0


@pytest.mark.parametrize("base", ["no-such-branch", "--all", ""])
def test_a_base_that_is_none(shop: Shop, checkout: Checkout, base: str) -> None:
    ran = diff(shop, checkout, "--", base)
    assert ran.code == 1
    assert "revision" in ran.err
    assert len(ran.errors) == 1, ran.everything
