"""Days, ranges of days, and loading them again."""

from datetime import datetime, timedelta

import pytest

from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.contract.tables import PARTITIONED
from shopstream_platform_tests.fixtures.pipeline import (
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


@pytest.fixture
def shop(pipeline: Pipeline) -> Pipeline:
    """Orders, lines and events on days 0, 1, 3 and 4, before the first day and without any time."""
    pipeline.insert(USERS, email="a@example.org")
    pipeline.insert(PRODUCTS, merchant_id=1, name="p", price=1)
    moments = [None, datetime(2019, 5, 1), datetime(1, 1, 1), *(day(number) for number in (0, 0, 1, 3, 4))]
    for moment in moments:
        order = pipeline.insert(ORDERS, user_id=1, total_amount=2, created_at=moment)
        for _ in range(2):
            pipeline.insert(ORDER_ITEMS, order_id=order, product_id=1, quantity=1, unit_price=1, line_total=1)
        pipeline.insert(EVENTS, event_type="page_view", event_ts=moment)
    return pipeline


def content(pipeline: Pipeline, table: Table) -> list[tuple]:
    columns = ", ".join(table.column_names)
    query = f"SELECT {columns}, _partition_date, _source_file FROM {raw_name(table)} ORDER BY id"
    return pipeline.warehouse.rows(query)


@pytest.mark.parametrize("table", PARTITIONED, ids=lambda table: table.name)
def test_a_range_is_its_days_one_by_one(shop: Pipeline, table: Table) -> None:
    shop.move(table, days(0, 5))
    in_one = content(shop, table), {when: shop.manifest(table, when).files for when in (day(n) for n in range(6))}
    shop.clear_target()
    for number in range(6):
        shop.move(table, days(number))
    one_by_one = content(shop, table), {when: shop.manifest(table, when).files for when in (day(n) for n in range(6))}
    assert [row[:-2] for row in in_one[0]] == shop.sql(f"SELECT * FROM {table.name} ORDER BY id")
    assert in_one[0] == one_by_one[0]
    assert {d: [f.key for f in fs] for d, fs in in_one[1].items()} == {
        d: [f.key for f in fs] for d, fs in one_by_one[1].items()
    }


@pytest.mark.parametrize("table", [ORDERS, ORDER_ITEMS, EVENTS], ids=lambda table: table.name)
def test_the_log_has_a_row_per_partition_empty_ones_too(shop: Pipeline, table: Table) -> None:
    loaded = shop.move(table, days(0, 5))
    lines = 2 if table is ORDER_ITEMS else 1
    assert shop.log(table) == [
        (day(number), loaded.load_id, rows * lines) for number, rows in enumerate([5, 1, 0, 1, 1, 0])
    ]


def test_the_first_partition_takes_earlier_rows_and_those_without_time(shop: Pipeline) -> None:
    shop.move(ORDERS, days(0))
    assert list(shop.raw_partitions(ORDERS).items()) == [(number, START) for number in range(1, 6)]


def test_a_later_day_takes_only_its_own_rows(shop: Pipeline) -> None:
    shop.move(ORDERS, days(3))
    assert shop.raw_partitions(ORDERS) == {7: day(3)}


def test_lines_follow_their_orders_day(shop: Pipeline) -> None:
    shop.move(ORDERS, days(0, 5))
    shop.move(ORDER_ITEMS, days(0, 5))
    of_order = shop.raw_partitions(ORDERS)
    lines = shop.sql("SELECT id, order_id FROM order_items ORDER BY id")
    assert shop.raw_partitions(ORDER_ITEMS) == {line: of_order[order] for line, order in lines}


def test_a_line_moves_with_its_order(shop: Pipeline) -> None:
    shop.move(ORDER_ITEMS, days(0, 5))
    shop.sql("UPDATE orders SET created_at = %s WHERE id = 8", [day(2)])
    shop.move(ORDER_ITEMS, days(2, 4))
    assert [when for line, when in shop.raw_partitions(ORDER_ITEMS).items() if line in (15, 16)] == [day(2)] * 2
    assert shop.raw_rows(ORDER_ITEMS) == shop.source_rows(ORDER_ITEMS)


def test_rows_of_the_running_day_are_not_loaded(shop: Pipeline) -> None:
    shop.move(EVENTS, days(0, 3))
    assert list(shop.raw_partitions(EVENTS)) == [1, 2, 3, 4, 5, 6, 7]


def test_an_emptied_day_disappears_and_its_neighbours_stay(shop: Pipeline) -> None:
    shop.move(EVENTS, days(0, 5))
    shop.sql("DELETE FROM events WHERE event_ts = %s", [day(3)])
    shop.move(EVENTS, days(3))
    assert list(shop.raw_partitions(EVENTS)) == [1, 2, 3, 4, 5, 6, 8]


def test_loading_again_changes_nothing_but_the_log(shop: Pipeline) -> None:
    first = shop.move(ORDERS, days(0, 5))
    before = content(shop, ORDERS)
    again = shop.load(ORDERS, days(0, 5))
    assert content(shop, ORDERS) == before
    assert (again.rows, again.checksum) == (first.rows, first.checksum)
    assert [load_id for _, load_id, _ in shop.log(ORDERS)] == [first.load_id] * 6 + [again.load_id] * 6


def test_a_second_load_of_a_part_of_the_range_replaces_that_part(shop: Pipeline) -> None:
    shop.move(ORDERS, days(0, 5))
    shop.sql("UPDATE orders SET status = 'refunded'")
    shop.move(ORDERS, days(1, 3))
    statuses = {row[0]: row[4] for row in shop.raw_rows(ORDERS)}
    assert {number for number, status in statuses.items() if status == "refunded"} == {6, 7}


def test_an_empty_table_is_loaded_as_empty(pipeline: Pipeline) -> None:
    pipeline.insert(USERS, email="a@example.org")
    pipeline.move(USERS)
    pipeline.sql("DELETE FROM users")
    assert pipeline.move(USERS).rows == 0
    assert pipeline.raw_rows(USERS) == []
    assert [rows for _, _, rows in pipeline.log(USERS)] == [1, 0]


def test_more_objects_than_one_copy_takes(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopstream_platform.pipeline.load.sql.FILES_PER_COPY", 2)
    for number in range(5):
        pipeline.insert(EVENTS, event_type="page_view", event_ts=day(number))
    assert pipeline.move(EVENTS, days(0, 4)).rows == 5
    assert pipeline.raw_rows(EVENTS) == pipeline.source_rows(EVENTS)


def test_the_log_says_what_was_loaded(pipeline: Pipeline) -> None:
    pipeline.insert(EVENTS, event_type="page_view", event_ts=day(0))
    loaded = pipeline.move(EVENTS, days(0))
    manifest = pipeline.manifest(EVENTS, day(0))
    (row,) = pipeline.warehouse.rows(
        "SELECT load_id, row_count, checksum, fingerprint, method, server_version, etags, run_id, start_date "
        "FROM RAW._LOAD_LOG"
    )
    assert row == (
        loaded.load_id,
        1,
        str(manifest.checksum),
        str(manifest.fingerprint),
        manifest.method,
        manifest.server_version,
        manifest.files[0].etag,
        "test",
        START,
    )


def test_the_range_over_many_days_leaves_one_partition_a_day(pipeline: Pipeline) -> None:
    pipeline.sql(
        "INSERT INTO events (event_type, event_ts) SELECT 'page_view', %s::date + n FROM generate_series(0, 119) n",
        [START],
    )
    pipeline.move(EVENTS, days(0, 119))
    assert pipeline.raw_partitions(EVENTS) == {number + 1: START + timedelta(number) for number in range(120)}
