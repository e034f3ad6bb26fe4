"""From a change in the source's log to the partition that is compared, loaded, and right."""

from collections.abc import Callable

import pytest

from shopstream_platform.pipeline.extract.table import extract
from shopstream_platform.pipeline.feed.feed import FeedUse
from shopstream_platform.pipeline.refresh.drift import Why
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.fed import FedShop, on
from shopstream_platform_tests.fixtures.pipeline import ORDERS, SNAPSHOT_DAY, day, days


def test_the_first_time_everything_is_compared_and_loaded(new_shop: Callable[..., FedShop]) -> None:
    shop = new_shop()
    drift, compared = shop.look()
    assert any("all that the change feed serves is compared" in one for one in drift.blind)
    assert len(compared.fed.tables) == 6
    assert {why for days in drift.days.values() for why in days.values()} == {Why.NEW}
    shop.load(drift)
    shop.drain()
    assert (shop.differences(), shop.unlike()) == ({}, [])


def test_nothing_changed_and_nothing_is_compared(shop: FedShop) -> None:
    drift, compared = shop.look()
    assert not drift
    assert (compared.fed.parts, compared.fed.changes) == (0, 0)


def test_a_changed_row_names_its_day_alone(shop: FedShop) -> None:
    shop.pipeline.sql("UPDATE orders SET status = 'paid' WHERE created_at = %s", [day(1)])
    drift, compared = shop.look()
    assert drift.days == {"orders": {day(1): Why.CHANGED}}
    assert (compared.fed.parts, compared.fed.changes) == (1, 1)
    shop.load(drift)
    shop.drain()
    assert shop.unlike() == []


def test_an_order_that_moves_takes_its_lines_with_it(shop: FedShop) -> None:
    shop.pipeline.sql("UPDATE orders SET created_at = %s WHERE created_at = %s", [day(7), day(1)])
    drift = shop.cycle()
    assert on(drift, "orders") == on(drift, "order_items") == {day(1), day(7)}
    shop.drain()
    assert shop.unlike() == []


def test_what_is_not_loaded_is_remembered(shop: FedShop) -> None:
    shop.pipeline.insert(ORDERS, user_id=1, created_at=day(5), total_amount=1)
    before = shop.confirmed
    shop.look()
    assert shop.state.pending == {"orders": {day(5)}}
    assert shop.confirmed != before
    drift, _ = shop.look()
    assert on(drift, "orders") == {day(5)}
    shop.drain()
    assert shop.state.pending == {}
    assert shop.unlike() == []


def test_the_age_of_a_change_ends_with_its_load_also_where_its_day_changes_again(shop: FedShop) -> None:
    def oldest() -> float:
        shop.pipeline.insert(ORDERS, user_id=1, created_at=day(5), total_amount=1)
        return shop.look()[1].fed.since["orders"]

    first = oldest()
    # Not loaded yet: the first is still the oldest.
    assert oldest() == first
    shop.cycle()
    later = oldest()
    assert later > first
    assert shop.state.since == {"orders": later}
    shop.cycle()
    assert shop.look()[1].fed.since == shop.state.since == {}


def test_the_age_of_a_table_that_is_refused_is_its_own(new_shop: Callable[..., FedShop]) -> None:
    shop = new_shop(limit=0.5)
    shop.drain()
    shop.pipeline.sql("DELETE FROM events")
    drift, compared = shop.look()
    assert (list(drift.refused), compared.fed.since) == (["events"], {})
    refused = shop.state.since["events"]
    shop.pipeline.insert(ORDERS, user_id=1, created_at=day(5), total_amount=1)
    drift, compared = shop.look()
    assert compared.fed.since["orders"] > refused
    # It waits, also where it is suspected as a whole by now.
    shop.pipeline.sql("TRUNCATE events")
    shop.look()
    assert shop.state.pending["events"] is None
    assert shop.state.since["events"] == refused


def test_a_load_of_an_older_snapshot_does_not_end_the_age_of_a_change(shop: FedShop) -> None:
    with snapshot(shop.pipeline.dsn) as older:
        with older.cursor() as cursor:
            cursor.execute("SELECT")
        shop.pipeline.insert(ORDERS, user_id=1, created_at=day(5), total_amount=1)
        first = shop.look()[1].fed.since
        extract(older, shop.pipeline.lake, ORDERS, days(5), snapshot_day=SNAPSHOT_DAY, run_id="earlier")
    shop.pipeline.load(ORDERS, days(5), run_id="earlier")
    # Another day of the table does not explain that this one still differs.
    shop.pipeline.insert(ORDERS, user_id=1, created_at=day(6), total_amount=1)
    drift, compared = shop.look()
    assert on(drift, "orders") == {day(5), day(6)}
    assert compared.fed.since == first
    shop.load(drift)
    assert shop.look()[1].fed.since == {}


def test_a_change_that_was_taken_back_is_no_change(shop: FedShop) -> None:
    shop.pipeline.sql("UPDATE orders SET status = status || '!' WHERE created_at = %s", [day(1)])
    assert shop.look()[1].fed.since.keys() == {"orders"}
    shop.pipeline.sql("UPDATE orders SET status = rtrim(status, '!') WHERE created_at = %s", [day(1)])
    assert shop.look()[1].fed.since == {}
    assert shop.state.since == {}


@pytest.mark.parametrize("use", [FeedUse.LOOK, FeedUse.PROVE])
def test_to_look_makes_no_slot_and_no_publication(new_shop: Callable[..., FedShop], use: FeedUse) -> None:
    shop = new_shop()
    drift, compared = shop.look(use)
    assert (bool(drift), compared.fed.tables) == (True, ())
    assert any("is not there; the next refresh makes it" in one for one in drift.blind)
    assert shop.pipeline.sql("SELECT count(*) FROM pg_publication") == [(0,)]
    shop.drain()
    shop.pipeline.sql("SELECT pg_drop_replication_slot(%s)", [shop.name])
    assert any("the next refresh makes it anew" in one for one in shop.look(use)[0].blind)
    assert shop.pipeline.sql("SELECT FROM pg_replication_slots WHERE slot_name = %s", [shop.name]) == []


def test_to_look_changes_nothing(shop: FedShop) -> None:
    shop.pipeline.insert(ORDERS, user_id=1, created_at=day(5), total_amount=1)
    before = (shop.confirmed, shop.state)
    drift, _ = shop.look(FeedUse.LOOK)
    assert on(drift, "orders") == {day(5)}
    assert (shop.confirmed, shop.state) == before
