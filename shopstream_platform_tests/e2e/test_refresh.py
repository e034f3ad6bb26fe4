"""`shopstream refresh`: what changed at the source is found by table and day and loaded; then nothing is to do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from shopstream_platform_tests.e2e.shop import STRAY, Shop
from shopstream_platform_tests.e2e.test_demo import NOTHING_TO_DO


@dataclass(frozen=True)
class Changes:
    """What was changed at the source, and the partitions that it belongs to."""

    order: int
    order_day: date
    event_day: date


@pytest.fixture
def changes(shop: Shop) -> Iterator[Changes]:
    """An order's status, a deleted event and an e-mail, of days loaded long ago."""
    ((order, order_day),) = shop.source_rows(
        "SELECT o.id, o.created_at::date FROM orders o JOIN order_items i ON i.order_id = o.id "
        "WHERE status <> 'refunded' ORDER BY o.created_at, o.id LIMIT 1"
    )
    # Not the only one of its day, which would be empty without it.
    ((event, event_day),) = shop.source_rows(
        "SELECT max(id), event_ts::date FROM events "
        f"WHERE event_ts::date > DATE '{order_day}' GROUP BY 2 HAVING count(*) > 1 ORDER BY 2 LIMIT 1"
    )
    shop.psql(f"UPDATE orders SET status = 'refunded' WHERE id = {order}")
    shop.psql(f"DELETE FROM events WHERE id = {event}")
    shop.psql("UPDATE users SET email = 'à la main, \"日本\"@example.org' WHERE id = (SELECT min(id) FROM users)")
    yield Changes(order, order_day, event_day)
    if shop.raw() != shop.oltp():
        shop.shopstream("refresh")


def test_changes_are_named_by_a_dry_run_loaded_by_a_refresh_and_then_nothing_is_to_do(
    shop: Shop, changes: Changes
) -> None:
    before = shop.contents(loads=True)
    ((newest_load,),) = shop.warehouse_rows("SELECT MAX(loaded_at) FROM RAW._LOAD_LOG")

    dry = shop.shopstream("refresh", "--dry-run")
    assert dry.code == 0, dry.everything
    *found, of_dbt = [line.strip() for line in dry.out.splitlines()][:-2]
    assert found == [
        f"orders: {changes.order_day} (1 day): changed",
        f"events: {changes.event_day} (1 day): changed",
        "users: snapshot: changed",
    ]
    assert re.fullmatch(r"dbt: what is made from these \(\d+ of \d+ models\)", of_dbt)
    assert "nothing was changed" in dry.text
    assert shop.contents(loads=True) == before

    refresh = shop.having(**STRAY).shopstream("refresh")
    assert refresh.code == 0, refresh.everything
    assert shop.raw() == shop.oltp()
    assert set(shop.warehouse_rows(f"SELECT table_name FROM RAW._LOAD_LOG WHERE loaded_at > '{newest_load}'")) == {
        ("orders",),
        ("events",),
        ("users",),
    }
    assert set(
        shop.warehouse_rows(f"SELECT order_status, is_counted FROM CORE.fact_orders WHERE order_id = {changes.order}")
    ) == {("refunded", False)}

    idle = shop.shopstream("refresh")
    assert idle.code == 0, idle.everything
    assert NOTHING_TO_DO in idle.text


@pytest.mark.slow
def test_only_pages_of_what_was_loaded_are_made_and_all_of_them_are_up_to_date(shop: Shop) -> None:
    def pages() -> dict[str, bytes]:
        return {file.stem: file.read_bytes() for file in (shop.home / "dashboards").glob("*.html")}

    before = pages()
    # Of a day that is over: the newest and the running one are in all pages' headers.
    ((event,),) = shop.source_rows(f"SELECT max(id) FROM events WHERE event_ts < DATE '{shop.yesterday}' - 3")
    shop.psql(f"DELETE FROM events WHERE id = {event}")
    refreshed = shop.shopstream("refresh")
    assert refreshed.code == 0, refreshed.everything
    after = pages()
    assert "acquisition" in (made := {name for name in after if after[name] != before[name]})
    assert {"sales_overview", "product_performance"} & made == set()
    # Neither makes a page: the only line says where they are.
    assert len(shop.shopstream("dashboards", "--build-only").out.splitlines()) == 1
    proven = shop.shopstream("verify")
    assert proven.code == 0, proven.everything
    assert pages() == after


@pytest.mark.slow
def test_a_table_whose_schema_changed_is_named_and_the_others_are_loaded(shop: Shop) -> None:
    before = shop.raw()
    shop.psql("UPDATE orders SET payment_method = 'barter' WHERE id = 1")
    shop.psql("UPDATE crm_contacts SET source = 'fair' WHERE id = 1")
    shop.psql("ALTER TABLE crm_contacts RENAME COLUMN campaign_id TO campaign")
    try:
        # Of a source of its own the platform would make the column again.
        external = shop.having(SHOPSTREAM_SOURCE="external")
        refused = external.shopstream("refresh")
        marts = shop.warehouse_rows("SELECT MAX(finished_at) FROM CORE._BUILD_LOG")
        assert refused.code == 1, refused.everything
        assert len(refused.errors) == 1, refused.everything
        assert "crm_contacts.campaign_id is declared but the source does not have it" in refused.errors[0]
        after = shop.raw()
        assert after["orders"] != before["orders"]
        assert after["crm_contacts"] == before["crm_contacts"]

        again = external.shopstream("refresh")
        assert again.code == 1, again.everything
        assert shop.warehouse_rows("SELECT MAX(finished_at) FROM CORE._BUILD_LOG") == marts
    finally:
        shop.psql("ALTER TABLE crm_contacts RENAME COLUMN campaign TO campaign_id")
    mended = shop.shopstream("refresh")
    assert mended.code == 0, mended.everything
    assert shop.raw() == shop.oltp()
    assert shop.warehouse_rows("SELECT MAX(finished_at) FROM CORE._BUILD_LOG") != marts


@pytest.mark.slow
def test_a_window_is_widened_to_what_it_would_leave_alone_and_the_marts_are_built(shop: Shop) -> None:
    """A customer of long ago is forgotten, and an old order moves into the window of three days."""
    window = shop.yesterday - timedelta(days=3)
    ((user,),) = shop.source_rows(
        f"SELECT user_id FROM orders GROUP BY 1 HAVING max(created_at) < DATE '{window}' ORDER BY count(*), 1 LIMIT 1"
    )
    shop.psql(
        f"DELETE FROM order_items WHERE order_id IN (SELECT id FROM orders WHERE user_id = {user}); "
        f"DELETE FROM orders WHERE user_id = {user}; DELETE FROM events WHERE user_id = {user}; "
        f"DELETE FROM users WHERE id = {user}"
    )
    shop.psql(f"UPDATE orders SET created_at = '{shop.yesterday}' WHERE id = (SELECT min(id) FROM orders)")
    refreshed = shop.shopstream("refresh", "--days", "3")
    assert refreshed.code == 0, refreshed.everything
    assert "also compared, because rows there may have lost the row that they refer to" in refreshed.text
    assert "of history, which a comparison without --days includes" in refreshed.text
    assert shop.raw() == shop.oltp()
    assert shop.warehouse_rows(f"SELECT COUNT(*) FROM CORE.fact_orders WHERE user_id = {user}") == [(0,)]
    proven = shop.shopstream("verify")
    assert proven.code == 0, proven.everything
