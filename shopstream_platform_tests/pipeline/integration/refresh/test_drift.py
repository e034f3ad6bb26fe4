"""Drift is found exactly: which tables, which days, and why."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from shopstream_platform.contract.days import Days
from shopstream_platform.contract.tables import BY_NAME, PARTITIONED, SHOP_TABLES, SNAPSHOTS
from shopstream_platform.pipeline.refresh.drift import Drift, Loads, Why, find_drift, read_loads
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.pipeline import (
    CRM_CONTACTS,
    EVENTS,
    ORDER_ITEMS,
    ORDERS,
    PRODUCTS,
    START,
    USERS,
    Pipeline,
    day,
    days,
)

LAST = 4
Detect = Callable[..., Drift]


def fill_and_load(pipeline: Pipeline) -> Pipeline:
    """Business on days 0, 1 and 3 of 0 to 4, all of it in RAW."""
    pipeline.insert(USERS, email="a@example.org")
    for number in (1, 2):
        pipeline.insert(PRODUCTS, merchant_id=number, name="p", price=number)
    pipeline.insert(CRM_CONTACTS, email="c@example.org")
    for number in (0, 1, 3, 3):
        order = pipeline.insert(ORDERS, user_id=1, total_amount=1, created_at=day(number))
        pipeline.insert(ORDER_ITEMS, order_id=order, product_id=1, quantity=1, unit_price=1, line_total=1)
        pipeline.insert(EVENTS, event_type="page_view", event_ts=day(number), metadata='{"a": 1}')
    for table in SHOP_TABLES:
        pipeline.move(table, days(0, LAST) if table.partitioned else None)
    return pipeline


@pytest.fixture(scope="module")
def loaded(new_pipeline: Callable[[], Pipeline]) -> tuple[Pipeline, Loads]:
    """A shop, and the log of its loads, which outlives RAW."""
    pipeline = fill_and_load(new_pipeline())
    return pipeline, read_loads(pipeline.warehouse)


@pytest.fixture
def shop(loaded: tuple[Pipeline, Loads]) -> Iterator[Pipeline]:
    """That shop, in a transaction that never ends well."""
    pipeline, _ = loaded
    pipeline.source.autocommit = False
    yield pipeline
    pipeline.source.rollback()
    pipeline.source.autocommit = True


@pytest.fixture
def detect(shop: Pipeline, loaded: tuple[Pipeline, Loads]) -> Detect:
    """Compare the source with the load log."""
    return lambda first=0, last=LAST: find_drift(shop.source, loaded[1], days(first, last))


def drift_of(pipeline: Pipeline) -> Drift:
    """Of a shop that a test loads again."""
    with snapshot(pipeline.dsn) as conn:
        return find_drift(conn, read_loads(pipeline.warehouse), days(0, LAST))


def changed(*numbers: int) -> dict[date, Why]:
    return {day(number): Why.CHANGED for number in numbers}


def test_nothing_changed_is_no_drift(detect: Detect) -> None:
    assert not detect()


def test_a_new_day_is_new_in_every_partitioned_table_even_without_rows(detect: Detect) -> None:
    new = {day(5): Why.NEW}
    assert detect(last=5) == Drift(days={table.name: new for table in PARTITIONED})


def test_a_changed_order(shop: Pipeline, detect: Detect) -> None:
    shop.sql("UPDATE orders SET status = 'refunded' WHERE id = 2")
    assert detect() == Drift(days={"orders": changed(1)})


def test_an_order_that_moved_to_another_day_takes_its_lines_along(shop: Pipeline, detect: Detect) -> None:
    shop.sql("UPDATE orders SET created_at = %s WHERE id = 2", [day(3)])
    both = {day(1): Why.EMPTIED, day(3): Why.CHANGED}
    assert detect() == Drift(days={"orders": both, "order_items": both})


def test_a_late_row_on_a_day_without_any(shop: Pipeline, detect: Detect) -> None:
    shop.insert(EVENTS, event_type="late", event_ts=day(2))
    assert detect() == Drift(days={"events": changed(2)})


def test_a_late_row_from_before_the_first_day(shop: Pipeline, detect: Detect) -> None:
    shop.insert(EVENTS, event_type="late", event_ts=date(2001, 1, 1))
    assert detect() == Drift(days={"events": changed(0)})


def test_a_row_without_time(shop: Pipeline, detect: Detect) -> None:
    shop.insert(EVENTS, event_type="late", event_ts=None)
    assert detect() == Drift(days={"events": changed(0)})


def test_a_row_of_the_running_day_is_not_due(shop: Pipeline, detect: Detect) -> None:
    shop.insert(EVENTS, event_type="today", event_ts=day(LAST + 1))
    assert not detect()


def test_a_deleted_row_of_several(shop: Pipeline, detect: Detect) -> None:
    shop.sql("DELETE FROM events WHERE id = 4")
    assert detect() == Drift(days={"events": changed(3)})


def test_an_emptied_day(shop: Pipeline, detect: Detect) -> None:
    shop.sql("DELETE FROM events WHERE event_ts = %s", [day(3)])
    assert detect() == Drift(days={"events": {day(3): Why.EMPTIED}})


def test_a_changed_user(shop: Pipeline, detect: Detect) -> None:
    shop.sql("UPDATE users SET email = 'b@example.org'")
    assert detect() == Drift(snapshots={"users": Why.CHANGED})


def test_an_emptied_snapshot_table(shop: Pipeline, detect: Detect) -> None:
    shop.sql("DELETE FROM crm_contacts")
    assert detect() == Drift(snapshots={"crm_contacts": Why.EMPTIED})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET metadata = '{\"a\": 2}' WHERE id = 2",
        "UPDATE events SET metadata = NULL WHERE id = 2",
        "UPDATE events SET metadata = 'null' WHERE id = 2",
        "UPDATE events SET user_id = 1 WHERE id = 2",
        "UPDATE events SET event_type = 'page_view ' WHERE id = 2",
        "UPDATE events SET event_ts = event_ts + interval '1 microsecond' WHERE id = 2",
        "UPDATE events SET id = 99 WHERE id = 2",
    ],
)
def test_the_smallest_change_of_any_column_counts(shop: Pipeline, detect: Detect, statement: str) -> None:
    shop.sql(statement)
    assert detect() == Drift(days={"events": changed(1)})


def test_two_rows_that_swap_a_value_are_a_change(shop: Pipeline, detect: Detect) -> None:
    shop.sql("UPDATE products SET price = 3 - price")
    assert detect() == Drift(snapshots={"products": Why.CHANGED})


def test_a_change_that_was_taken_back_is_none(shop: Pipeline, detect: Detect) -> None:
    shop.sql("UPDATE users SET country = 'FRA'")
    shop.sql("UPDATE users SET country = NULL")
    assert not detect()


def test_an_undeclared_column_is_no_change_but_is_told(shop: Pipeline, detect: Detect) -> None:
    shop.sql("ALTER TABLE users ADD COLUMN nickname text DEFAULT 'x'")
    assert not detect()
    assert detect().undeclared == {"users": ["nickname"]}


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE orders RENAME COLUMN country TO nation",
        "ALTER TABLE orders DROP COLUMN country",
        "ALTER TABLE orders ALTER COLUMN country TYPE varchar(99)",
    ],
)
def test_a_table_whose_schema_changed_is_refused_and_the_others_are_compared(
    shop: Pipeline, detect: Detect, statement: str
) -> None:
    shop.sql(statement)
    shop.sql("UPDATE users SET country = 'FRA'")
    drift = detect()
    assert drift.snapshots == {"users": Why.CHANGED}
    assert drift.days == {}
    assert list(drift.refused) == ["orders"]
    assert "country" in drift.refused["orders"]


def test_a_table_with_a_value_that_cannot_be_loaded_is_refused(shop: Pipeline, detect: Detect) -> None:
    shop.sql("UPDATE orders SET created_at = '-infinity' WHERE id = 2")
    drift = detect()
    assert list(drift.refused) == ["orders"]
    assert "orders.created_at of the row with id 2" in drift.refused["orders"]
    assert drift.days == {"order_items": changed(0) | {day(1): Why.EMPTIED}}


def test_only_the_asked_days_are_compared(shop: Pipeline, detect: Detect) -> None:
    shop.sql("UPDATE orders SET status = 'refunded'")
    assert detect(first=1, last=2) == Drift(days={"orders": changed(1)})


def test_another_method_makes_everything_stale(shop: Pipeline, loaded: tuple[Pipeline, Loads]) -> None:
    of_another = {key: replace(load, method=f"0{load.method}") for key, load in loaded[1].items()}
    stale = dict.fromkeys((day(number) for number in range(LAST + 1)), Why.METHOD)
    assert find_drift(shop.source, of_another, days(0, LAST)) == Drift(
        days={table.name: stale for table in PARTITIONED},
        snapshots={table.name: Why.METHOD for table in SNAPSHOTS},
    )


def test_an_upgrade_of_the_server_makes_everything_stale(shop: Pipeline, loaded: tuple[Pipeline, Loads]) -> None:
    of_old_server = {key: replace(load, server_version=140005) for key, load in loaded[1].items()}
    drift = find_drift(shop.source, of_old_server, days(0, LAST))
    assert set(drift.snapshots.values()) == {Why.METHOD}
    assert {why for reasons in drift.days.values() for why in reasons.values()} == {Why.METHOD}
    assert drift.all_days == {day(number) for number in range(LAST + 1)}


def test_loading_what_drifted_ends_the_drift(pipeline: Pipeline) -> None:
    fill_and_load(pipeline)
    pipeline.sql("UPDATE orders SET status = 'refunded', created_at = %s WHERE id = 2", [day(2)])
    pipeline.sql("UPDATE users SET country = 'FRA'")
    for name, reasons in drift_of(pipeline).days.items():
        for when in reasons:
            pipeline.move(BY_NAME[name], Days(when, when, START))
    pipeline.move(USERS)
    assert not drift_of(pipeline)


def test_the_newest_load_counts(pipeline: Pipeline) -> None:
    fill_and_load(pipeline)
    pipeline.sql("UPDATE users SET country = 'FRA'")
    pipeline.move(USERS)
    pipeline.sql("UPDATE users SET country = NULL")
    assert drift_of(pipeline) == Drift(snapshots={"users": Why.CHANGED})


def test_a_table_without_rows_is_no_drift_once_it_is_loaded(pipeline: Pipeline) -> None:
    fill_and_load(pipeline)
    pipeline.sql("TRUNCATE events, crm_contacts")
    pipeline.move(EVENTS, days(0, LAST))
    pipeline.move(CRM_CONTACTS)
    assert not drift_of(pipeline)
