"""A window of days: rows outside it that would lose their partner are found, and their days compared too."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from shopstream_platform.contract.days import contiguous_ranges
from shopstream_platform.contract.tables import BY_NAME, SHOP_TABLES
from shopstream_platform.pipeline.refresh import partners
from shopstream_platform.pipeline.refresh.compare import Beyond, Compared, compare, window
from shopstream_platform.pipeline.refresh.drift import Drift, Why, read_loads
from shopstream_platform.pipeline.refresh.partners import days_with_broken_rows
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.pipeline import (
    EVENTS,
    ORDER_ITEMS,
    ORDERS,
    PRODUCTS,
    USERS,
    Pipeline,
    day,
    days,
)

LAST, WINDOW = 9, 3
RELATIONS = [("orders", "user_id", "users"), ("events", "user_id", "users"), ("order_items", "order_id", "orders"),
             ("order_items", "product_id", "products")]  # fmt: skip


@pytest.fixture
def shop(pipeline: Pipeline) -> Pipeline:
    """Ten days of business, one user and one product a day, all of it loaded."""
    for number in range(LAST + 1):
        user = pipeline.insert(USERS, email=f"{number}@example.org")
        product = pipeline.insert(PRODUCTS, merchant_id=1, name="p", price=1)
        order = pipeline.insert(ORDERS, user_id=user, total_amount=1, created_at=day(number))
        pipeline.insert(ORDER_ITEMS, order_id=order, product_id=product, quantity=1, unit_price=1, line_total=1)
        pipeline.insert(EVENTS, event_type="page_view", event_ts=day(number), user_id=user)
    for table in SHOP_TABLES:
        pipeline.move(table, days(0, LAST) if table.partitioned else None)
    return pipeline


def compared(
    shop: Pipeline, *, broken: bool = False, at: datetime | None = None, last: int = LAST
) -> tuple[Drift, Compared]:
    extent = window(day(0), day(last), WINDOW, at)
    with snapshot(shop.dsn) as conn:
        return compare(conn, shop.warehouse, read_loads(shop.warehouse), extent, deletion_limit=0.5, broken=broken)


def test_a_day_that_has_ended_is_loaded_once_more_though_no_row_has_changed(shop: Pipeline) -> None:
    for table in (ORDERS, ORDER_ITEMS):
        shop.extract(table, days(LAST), snapshot_day=day(LAST))
        shop.load(table, days(LAST))
    evening, morning = (datetime.combine(day(number), time(8)) for number in (LAST, LAST + 1))
    still, extent = compared(shop, at=evening)
    assert (still, extent.running) == (Drift(), day(LAST))
    ended, extent = compared(shop, at=morning)
    assert ended == Drift(days={"orders": {day(LAST): Why.ENDED}, "order_items": {day(LAST): Why.ENDED}})
    assert extent.running is None
    # However many days later, and however few are compared.
    later, _ = compared(shop, at=morning + timedelta(days=WINDOW + 2), last=LAST + WINDOW + 2)
    assert later.days["orders"][day(LAST)] is Why.ENDED
    shop.sql("UPDATE orders SET status = 'paid' WHERE created_at = %s", [day(LAST)])
    later, _ = compared(shop, at=morning + timedelta(days=WINDOW + 2), last=LAST + WINDOW + 2)
    assert later.days["orders"][day(LAST)] is Why.CHANGED
    load(shop, ended)
    assert compared(shop, at=morning)[0] == Drift()


def test_rows_dated_later_today_are_counted_and_rows_of_today_that_is_not_due(shop: Pipeline) -> None:
    for moment in (time(7), time(9), time(23)):
        shop.insert(EVENTS, event_type="page_view", event_ts=datetime.combine(day(LAST), moment))
    shop.insert(EVENTS, event_type="page_view", event_ts=day(LAST + 1))
    morning = datetime.combine(day(LAST), time(8))
    assert compared(shop, at=morning)[1].beyond == {"events": Beyond(today=0, future=1, later=2)}
    assert compared(shop, at=morning, last=LAST - 1)[1].beyond == {
        "orders": Beyond(today=1, future=0),
        "order_items": Beyond(today=1, future=0),
        "events": Beyond(today=4, future=1),
    }


def load(shop: Pipeline, drift: Drift) -> None:
    for table in drift.snapshots:
        shop.move(BY_NAME[table])
    for table, reasons in drift.days.items():
        for first, last in contiguous_ranges(reasons):
            shop.move(BY_NAME[table], days((first - day(0)).days, (last - day(0)).days))


def broken_rows(shop: Pipeline) -> list[Any]:
    """Ids that are there twice, and rows that refer to none."""
    found: list[Any] = []
    for table in SHOP_TABLES:
        found += shop.warehouse.rows(f"SELECT id FROM RAW.{table.name} GROUP BY id HAVING COUNT(*) > 1")
    for child, column, parent in RELATIONS:
        found += shop.warehouse.rows(
            f"SELECT c.id FROM RAW.{child} AS c LEFT JOIN RAW.{parent} AS p ON c.{column} = p.id "
            f"WHERE c.{column} IS NOT NULL AND p.id IS NULL"
        )
    return found


def delete_order(shop: Pipeline, order: int) -> None:
    shop.sql(f"DELETE FROM order_items WHERE order_id = {order}; DELETE FROM orders WHERE id = {order}")


def forget_a_person(shop: Pipeline) -> None:
    delete_order(shop, 4)
    shop.sql("DELETE FROM events WHERE user_id = 4; DELETE FROM users WHERE id = 4")


def move_an_order_into_the_window(shop: Pipeline) -> None:
    shop.sql(f"UPDATE orders SET created_at = '{day(8)}' WHERE id = 4")


def move_an_order_out_of_the_window(shop: Pipeline) -> None:
    shop.sql(f"UPDATE orders SET created_at = '{day(3)}' WHERE id = 9")


def delete_a_sold_product(shop: Pipeline) -> None:
    shop.sql("DELETE FROM order_items WHERE product_id = 4; DELETE FROM products WHERE id = 4")


def attach_an_old_line_to_a_new_order(shop: Pipeline) -> None:
    shop.sql("UPDATE order_items SET order_id = 9 WHERE id = 4")


def give_an_order_to_another_user(shop: Pipeline) -> None:
    shop.sql("UPDATE orders SET user_id = 1 WHERE id = 4; DELETE FROM events WHERE user_id = 4")
    shop.sql("DELETE FROM users WHERE id = 4")


@pytest.mark.parametrize(
    ("change", "tables"),
    [
        (forget_a_person, {"orders", "order_items", "events"}),
        (move_an_order_into_the_window, {"orders", "order_items"}),
        (move_an_order_out_of_the_window, {"orders", "order_items"}),
        (delete_a_sold_product, {"order_items"}),
        (attach_an_old_line_to_a_new_order, {"order_items"}),
        (give_an_order_to_another_user, {"orders", "events"}),
    ],
)
def test_days_whose_rows_lose_their_partner_are_loaded_with_the_window(
    shop: Pipeline, change: Any, tables: set[str]
) -> None:
    change(shop)
    drift, extent = compared(shop)
    assert extent.widened == {day(3)}
    assert {table for table, reasons in drift.days.items() if day(3) in reasons} == tables
    load(shop, drift)
    assert broken_rows(shop) == []
    for table in SHOP_TABLES:
        assert shop.raw_rows(table) == shop.source_rows(table)


def test_a_day_that_is_added_may_make_others_suspect(shop: Pipeline) -> None:
    """Order 4 moves into the window; order 3 moves to the day that it leaves."""
    move_an_order_into_the_window(shop)
    shop.sql(f"UPDATE orders SET created_at = '{day(3)}' WHERE id = 3")
    drift, extent = compared(shop)
    assert extent.widened == {day(2), day(3)}
    load(shop, drift)
    assert broken_rows(shop) == []


def test_a_window_is_not_widened_by_what_leaves_no_row_alone(shop: Pipeline) -> None:
    shop.sql(
        "UPDATE orders SET status = 'paid' WHERE id IN (4, 9); INSERT INTO users (email) VALUES ('new@example.org')"
    )
    order = shop.insert(ORDERS, user_id=1, total_amount=1, created_at=day(LAST))
    shop.insert(ORDER_ITEMS, order_id=order, product_id=1, quantity=1, unit_price=1, line_total=1)
    drift, extent = compared(shop)
    assert extent.widened == frozenset()
    assert drift.days["orders"] == {day(8): Why.CHANGED, day(9): Why.CHANGED}
    assert extent.left_out == {day(number) for number in range(1, 7)}


@pytest.mark.parametrize("limit", ["MOST_BUCKETS", "MOST_IDS"])
def test_too_many_suspects_and_all_of_history_is_compared(
    shop: Pipeline, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(partners, limit, 0)
    forget_a_person(shop)
    drift, extent = compared(shop)
    assert extent.left_out == set()
    load(shop, drift)
    assert broken_rows(shop) == []


def test_what_a_failed_build_may_have_met_is_looked_for_in_raw(shop: Pipeline) -> None:
    """Between comparison and extraction an order moved: RAW holds it twice, and no window sees that."""
    move_an_order_into_the_window(shop)
    for table in (ORDERS, ORDER_ITEMS):
        shop.move(table, days(8))
    assert days_with_broken_rows(shop.warehouse) == {day(3), day(8)}
    assert not compared(shop)[0]
    drift, extent = compared(shop, broken=True)
    assert extent.widened == {day(3)}
    load(shop, drift)
    assert broken_rows(shop) == []


def test_negative_and_huge_ids_are_bucketed_too(shop: Pipeline) -> None:
    for identifier in (-5, -4096, -4097, 2**31 - 1):
        shop.sql(f"INSERT INTO users (id, email) VALUES ({identifier}, '{identifier}@example.org')")
        shop.insert(ORDERS, user_id=identifier, total_amount=1, created_at=day(4))
    shop.move(USERS)
    shop.move(ORDERS, days(4))
    shop.sql("DELETE FROM orders WHERE user_id IN (-4097, 2147483647)")
    shop.sql("DELETE FROM users WHERE id IN (-4097, 2147483647)")
    drift, extent = compared(shop)
    assert extent.widened == {day(4)}
    load(shop, drift)
    assert broken_rows(shop) == []


def test_rows_that_are_not_due_are_counted(shop: Pipeline) -> None:
    order = shop.insert(ORDERS, user_id=1, total_amount=1, created_at=day(LAST + 1))
    shop.insert(ORDER_ITEMS, order_id=order, product_id=1, quantity=1, unit_price=1, line_total=1)
    shop.insert(ORDERS, user_id=1, total_amount=1, created_at=date(9999, 12, 31))
    _, extent = compared(shop)
    assert extent.beyond == {"orders": Beyond(1, 1), "order_items": Beyond(1, 0)}


def test_a_row_that_no_partition_will_take_refuses_its_table(shop: Pipeline) -> None:
    order = shop.insert(ORDERS, user_id=1, total_amount=1, created_at="infinity")
    drift, extent = compared(shop)
    assert f"orders.created_at of the row with id {order}" in drift.refused["orders"]
    assert "orders" not in extent.beyond
