"""`dagster asset materialize`, as a CI job calls it: from the repository's root, without DAGSTER_HOME."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shopstream_platform_tests.e2e.shop import Shop


def test_a_partition_materialized_again_gives_the_same_warehouse(shop: Shop) -> None:
    before = shop.contents()
    ran = shop.materialize("--partition", str(shop.yesterday))
    assert ran.code == 0, ran.everything
    assert shop.contents() == before
    assert shop.raw() == shop.oltp()


@pytest.mark.slow
def test_a_range_materialized_again_gives_the_same_warehouse(shop: Shop) -> None:
    before = shop.contents()
    ran = shop.materialize("--partition-range", f"{shop.yesterday - timedelta(days=9)}...{shop.yesterday}")
    assert ran.code == 0, ran.everything
    assert shop.contents() == before
    assert shop.raw() == shop.oltp()


@pytest.mark.slow
def test_all_days_materialized_again_give_the_same_warehouse(shop: Shop) -> None:
    before = shop.contents()
    ran = shop.materialize("--partition-range", f"{shop.start}...{shop.yesterday}")
    assert ran.code == 0, ran.everything
    assert shop.contents() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("--partition", "2031-01-01"),
        pytest.param(("--partition", "yesterday"), marks=pytest.mark.slow),
        pytest.param((), marks=pytest.mark.slow),
    ],
    ids=["future", "no-day", "none"],
)
def test_a_partition_that_does_not_exist_is_an_error_and_changes_nothing(
    shop: Shop, arguments: tuple[str, ...]
) -> None:
    before = shop.contents(loads=True)
    ran = shop.materialize(*arguments)
    assert ran.code == 1, ran.everything
    assert "partition" in ran.errors[-1].lower()
    assert not arguments or arguments[1] in ran.errors[-1]
    assert shop.contents(loads=True) == before


@pytest.fixture
def renamed(shop: Shop) -> Iterator[None]:
    """A source whose column is no longer what the platform declares."""
    shop.psql("ALTER TABLE order_items RENAME COLUMN quantity TO units")
    yield
    shop.psql("ALTER TABLE order_items RENAME COLUMN units TO quantity")


@pytest.mark.usefixtures("renamed")
def test_a_failing_asset_is_an_error_and_leaves_the_warehouse_as_it_was(shop: Shop) -> None:
    before = shop.contents()
    # Of a source of its own the platform would make the column again.
    ran = shop.having(SHOPSTREAM_SOURCE="external").materialize("--partition", str(shop.yesterday))
    assert ran.code == 1, ran.everything
    assert "order_items.quantity is declared but the source does not have it: add it there" in ran.err
    assert shop.contents() == before


@pytest.mark.slow
@pytest.mark.usefixtures("renamed")
def test_a_failing_refresh_is_one_sentence(shop: Shop) -> None:
    ran = shop.having(SHOPSTREAM_SOURCE="external").shopstream("refresh")
    assert ran.code == 1, ran.everything
    assert "quantity" in ran.err
    assert len(ran.errors) == 1
