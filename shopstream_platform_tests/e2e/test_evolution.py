"""A home of the version before, opened by this one, and then each change of a declaration: equal to a fresh home."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from shopstream_platform.services import embedded
from shopstream_platform.services.postgres import find_binaries
from shopstream_platform_tests.e2e import catalogues
from shopstream_platform_tests.e2e.catalogues import Checkout
from shopstream_platform_tests.e2e.shop import Contents, Shop
from shopstream_platform_tests.fixtures.homes.open import HOME_V1, START_DATE, TODAY, restore, unpack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
# A migration takes about two seconds, the last of which are its statements.
KILLED_AFTER = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0)
# What users and products were before: a fresh home cannot know.
HISTORY = ("SNAP_USERS", "SNAP_PRODUCTS")


@dataclass(frozen=True)
class Evolving:
    """The old home, and a checkout whose catalogue changes from test to test."""

    shop: Shop
    checkout: Checkout
    folder: Path

    def fresh(self) -> Contents:
        """What a new home holds of the same source by the same catalogue."""
        home = self.folder / f"fresh_{len(list(self.folder.glob('fresh_*')))}"
        fresh = Shop(home, self.shop.start, self.shop.zone, self.shop.settings)
        try:
            dsn = embedded.ensure_postgres(home).dsn
            dump = [str(find_binaries(None) / "pg_dump"), "--no-owner", self.shop.connections["postgres"]["dsn"]]
            restore(dsn, subprocess.run(dump, check=True, capture_output=True).stdout)
            ran = fresh.shopstream("refresh")
            assert ran.code == 0, ran.everything
            return fresh.contents()
        finally:
            embedded.down(home)

    def migrated(self, *arguments: str) -> None:
        """Bring RAW to the declaration by a migration that is killed again and again before one may end."""
        for seconds in KILLED_AFTER:
            process = self.shop.begin("migrate", "--yes", *arguments)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        ran = self.shop.shopstream("migrate", "--yes", *arguments)
        assert ran.code == 0, ran.everything

    def refreshed(self) -> str:
        """The output of a refresh, after which nothing is to do, and everything agrees."""
        ran = self.shop.shopstream("refresh")
        assert ran.code == 0, ran.everything
        verified = self.shop.shopstream("verify")
        assert verified.code == 0, verified.everything
        return ran.text

    def assert_equal_to_a_fresh_home(self) -> None:
        own, fresh = self.shop.contents(), self.fresh()
        assert own.keys() == fresh.keys()
        assert [n for n in own if own[n] != fresh[n] and not n.replace('"', "").endswith(HISTORY)] == []


@pytest.fixture(scope="module")
def evolving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evolving]:
    folder = tmp_path_factory.mktemp("evolution")
    home = folder / "home"
    unpack(HOME_V1, home)
    checkout = Checkout.at(folder / "checkout", TODAY)
    settings = {"SHOPSTREAM_SCALE": "0.5", "PYTHONPATH": str(checkout.folder)}
    yield Evolving(Shop(home, date.fromisoformat(START_DATE), "UTC", settings), checkout, folder)
    embedded.down(home)


def test_a_home_of_the_version_before_is_opened_and_nothing_is_loaded_again(evolving: Evolving) -> None:
    text = evolving.refreshed()
    assert "the warehouse is of version 2 now" in text
    # Of order_items the sums were taken in another way then.
    assert "not loaded again: order_items, 4 days: the other columns have the fingerprint of what was loaded" in text
    loads = evolving.shop.warehouse_rows("SELECT table_name, COUNT(*) FROM RAW._LOAD_LOG GROUP BY 1")
    assert sum(count for _, count in loads) == 15 + 4
    assert dict(loads)["order_items"] == 4 + 4
    assert (evolving.shop.home / "version.json").read_text() == '{\n "version": 2\n}'
    evolving.assert_equal_to_a_fresh_home()


def test_a_new_column_with_a_default_is_proven_and_not_loaded_again(evolving: Evolving) -> None:
    catalogues.add_column(evolving.checkout)
    text = evolving.refreshed()
    assert "changed the source: orders.channel is added as VARCHAR(20)" in text
    assert "changed RAW: RAW.ORDERS: channel is added as VARCHAR(20)" in text
    assert "not loaded again: orders, 4 days: channel is its default in all rows" in text
    assert evolving.shop.warehouse_rows("SELECT DISTINCT channel FROM CORE.FACT_ORDERS") == [("web",)]
    evolving.shop.psql(f"UPDATE orders SET channel = 'app' WHERE created_at >= '{TODAY}'::date - 2 AND id % 2 = 0")
    evolving.refreshed()
    evolving.assert_equal_to_a_fresh_home()


def test_a_wider_column_and_a_new_table_load_no_more_than_the_table(evolving: Evolving) -> None:
    catalogues.widen_column(evolving.checkout)
    catalogues.add_table(evolving.checkout)
    text = evolving.refreshed()
    assert "RAW.CRM_CONTACTS: source grows from VARCHAR(100) to VARCHAR(150)" in text
    assert "changed the source: reviews is created" in text
    assert "crm_contacts: snapshot" not in text
    evolving.shop.psql(
        "INSERT INTO reviews (product_id, comment, written_at, published_at) "
        f"SELECT id, id::text, '{START_DATE}'::date + id % 4, '{START_DATE}'::date + (id + 1) % 4 FROM products"
    )
    evolving.refreshed()
    evolving.assert_equal_to_a_fresh_home()


def test_a_renamed_column_is_refused_until_migrate_and_keeps_its_values(evolving: Evolving) -> None:
    catalogues.rename_column(evolving.checkout)
    before = evolving.shop.contents()
    refused = evolving.shop.shopstream("refresh")
    assert refused.code == 1
    assert "`shopstream migrate` shows what it would do, and does it" in " ".join(refused.err.split())
    assert evolving.shop.contents() == before
    evolving.migrated()
    text = evolving.refreshed()
    assert "not loaded again: orders, 4 days: the other columns have the fingerprint" in text
    evolving.assert_equal_to_a_fresh_home()


def test_a_retyped_column_is_kept_aside_and_loaded_anew(evolving: Evolving) -> None:
    catalogues.retype_column(evolving.checkout)
    refused = evolving.shop.shopstream("refresh")
    assert refused.code == 1
    assert "RAW.REVIEWS is not as declared" in " ".join(refused.err.split())
    evolving.migrated()
    evolving.refreshed()
    as_it_was = evolving.shop.warehouse_rows("SELECT id, comment FROM RAW.REVIEWS__BEFORE_1 ORDER BY id")
    assert as_it_was
    assert all(comment == str(number) for number, comment in as_it_was)
    evolving.migrated("--drop-old")
    evolving.assert_equal_to_a_fresh_home()


def test_a_changed_partition_column_leaves_no_row_twice(evolving: Evolving) -> None:
    catalogues.move_partitions(evolving.checkout)
    # A window of a day is not enough: all of the table's history is compared.
    ran = evolving.shop.shopstream("refresh", "--days", "1")
    assert ran.code == 0, ran.everything
    evolving.refreshed()
    evolving.assert_equal_to_a_fresh_home()


def test_a_dropped_column_is_proven_and_its_data_is_kept_until_told(evolving: Evolving) -> None:
    catalogues.drop_column(evolving.checkout)
    text = evolving.refreshed()
    assert "not loaded again: orders, 4 days: the other columns have the fingerprint" in text
    ((kept,),) = evolving.shop.warehouse_rows("SELECT COUNT(sales_channel) FROM RAW.ORDERS")
    assert kept > 0
    shown = evolving.shop.shopstream("migrate", "--yes")
    assert "with --drop-old" in shown.text
    evolving.migrated("--drop-old")
    evolving.assert_equal_to_a_fresh_home()
    assert evolving.shop.shopstream("rebuild-raw").code == 0
    evolving.assert_equal_to_a_fresh_home()
