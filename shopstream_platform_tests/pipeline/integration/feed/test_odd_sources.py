"""Sources that are changed while the log is read, rows without a parent, keys and columns of another kind."""

from collections.abc import Callable

import pytest

from shopstream_platform.config.groups import FeedOutput
from shopstream_platform_tests.fixtures.fed import FedShop, on
from shopstream_platform_tests.fixtures.pipeline import EVENTS, ORDERS, day

NewShop = Callable[..., FedShop]
LINE = "INSERT INTO order_items (order_id, product_id, quantity, unit_price, line_total) VALUES (%s, 1, 1, 1, 1)"
OTHERS = "order_items (id, order_id), events (id, event_ts), users (id), products (id), crm_contacts (id)"


@pytest.mark.parametrize("output", FeedOutput)
def test_a_column_that_had_another_name_for_a_while(new_shop: NewShop, output: FeedOutput) -> None:
    shop = new_shop(output=output)
    shop.drain()
    shop.pipeline.sql("ALTER TABLE orders RENAME created_at TO ts")
    shop.pipeline.sql("INSERT INTO orders (user_id, ts, total_amount) VALUES (1, %s, 1)", [day(5)])
    shop.pipeline.sql("ALTER TABLE orders RENAME ts TO created_at")
    shop.drain()
    assert shop.unlike() == []


def test_a_publication_that_its_owner_completes_as_advised(new_shop: NewShop) -> None:
    shop = new_shop()
    if shop.pipeline.source.server_version < 150000:
        pytest.skip("has no lists of columns")
    sql = shop.pipeline.sql
    sql(f"CREATE PUBLICATION {shop.name} FOR TABLE orders (id), {OTHERS} WITH (publish_via_partition_root = true)")
    shop.drain()
    assert any("the publication lacks its column created_at" in one for one in shop.look()[0].blind)
    shop.pipeline.insert(ORDERS, user_id=1, created_at=day(5), total_amount=1)
    sql(f"ALTER PUBLICATION {shop.name} SET TABLE orders (id, created_at), {OTHERS}")
    shop.drain()
    assert shop.unlike() == []
    shop.pipeline.insert(ORDERS, user_id=1, created_at=day(6), total_amount=1)
    drift, compared = shop.look()
    assert (on(drift, "orders"), compared.fed.parts) == ({day(6)}, 1)


@pytest.mark.parametrize("output", FeedOutput)
def test_rows_without_a_parent_are_of_the_first_day(new_shop: NewShop, output: FeedOutput) -> None:
    shop = new_shop(output=output)
    shop.pipeline.sql("ALTER TABLE order_items ALTER order_id DROP NOT NULL")
    shop.drain()
    shop.pipeline.sql(LINE, [None])
    shop.pipeline.sql("UPDATE order_items SET order_id = NULL WHERE id = (SELECT max(id) - 1 FROM order_items)")
    drift, _ = shop.look()
    assert day(0) in on(drift, "order_items")
    assert len(on(drift, "order_items")) == 2


@pytest.mark.parametrize(
    "changes",
    [
        "ALTER TABLE order_items DROP CONSTRAINT order_items_order_id_fkey; "
        "ALTER TABLE order_items ADD COLUMN replaces bigint REFERENCES orders (id)",
        "ALTER TABLE order_items DISABLE TRIGGER ALL",
    ],
    ids=["another key", "a key that is not watched"],
)
def test_a_line_may_come_before_its_order(new_shop: NewShop, changes: str) -> None:
    shop = new_shop()
    shop.pipeline.sql(changes)
    shop.drain()
    shop.pipeline.sql(LINE, [999])
    shop.drain()
    shop.pipeline.sql("INSERT INTO orders (id, user_id, created_at, total_amount) VALUES (999, 1, %s, 1)", [day(4)])
    shop.drain()
    assert shop.unlike() == []


def test_a_line_whose_order_no_order_can_be(new_shop: NewShop) -> None:
    shop = new_shop()
    shop.pipeline.sql(
        "ALTER TABLE order_items DROP CONSTRAINT order_items_order_id_fkey, ALTER order_id TYPE bigint; "
        "ALTER TABLE orders ALTER id TYPE integer"
    )
    shop.drain()
    shop.pipeline.sql(LINE, [5_000_000_000])
    assert on(shop.look()[0], "order_items") == {day(0)}


def test_a_day_that_the_log_does_not_have_refuses_nothing(new_shop: NewShop) -> None:
    shop = new_shop()
    if shop.pipeline.source.server_version < 180000:
        pytest.skip("has no virtual columns")
    shop.pipeline.sql(
        "ALTER TABLE events RENAME event_ts TO at; "
        "ALTER TABLE events ADD COLUMN event_ts timestamp GENERATED ALWAYS AS (at) VIRTUAL"
    )
    drift, compared = shop.look()
    assert drift.refused == {}
    assert EVENTS.name not in compared.fed.tables
    assert any("its column event_ts is computed by the source" in one for one in drift.blind)
