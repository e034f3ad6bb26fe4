"""Each rule that makes the feed exact: what goes right with it, and goes wrong as soon as it is left out."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shopstream_platform.contract.oltp import postgres_ddl
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.extract.table import extract
from shopstream_platform.pipeline.feed import commits, feed, suspects
from shopstream_platform.pipeline.refresh import fed
from shopstream_platform.services import postgres
from shopstream_platform.services.postgres import EmbeddedPostgres
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.fed import FedShop
from shopstream_platform_tests.fixtures.pipeline import EVENTS, ORDERS, SNAPSHOT_DAY, Pipeline, connect, day, days

Scenario = Callable[[FedShop], None]
Patch = Callable[[pytest.MonkeyPatch], None]


def an_order_moves(shop: FedShop) -> None:
    shop.pipeline.sql("UPDATE orders SET created_at = %s WHERE created_at = %s", [day(7), day(1)])


def an_order_and_its_lines_are_deleted(shop: FedShop) -> None:
    shop.pipeline.sql("DELETE FROM order_items; DELETE FROM orders WHERE created_at = %s", [day(1)])


def a_cycle_is_stopped_before_it_loads(shop: FedShop) -> None:
    shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(3))
    shop.look()


def an_order_moves_before_its_lines_were_loaded(shop: FedShop) -> None:
    order = shop.pipeline.insert(ORDERS, user_id=1, created_at=day(4), total_amount=1)
    shop.pipeline.sql(
        "INSERT INTO order_items (order_id, product_id, quantity, unit_price, line_total) VALUES (%s, 1, 1, 1, 1)",
        [order],
    )
    shop.look()
    shop.pipeline.sql("UPDATE orders SET created_at = %s WHERE id = %s", [day(8), order])


def an_older_extraction_is_loaded_later(shop: FedShop) -> None:
    with snapshot(shop.pipeline.dsn) as old:
        with old.cursor() as cursor:
            cursor.execute("SELECT 1")
        shop.pipeline.sql("UPDATE orders SET status = 'paid'")
        shop.drain()
        extract(old, shop.pipeline.lake, ORDERS, days(1), snapshot_day=SNAPSHOT_DAY, run_id="other")
    shop.pipeline.load(ORDERS, days(1), run_id="other")


def a_table_is_truncated_and_filled(shop: FedShop) -> None:
    shop.pipeline.sql("TRUNCATE events")
    shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(2))


def an_asynchronous_commit(shop: FedShop) -> None:
    """It is visible long before the server's next round of flushing."""
    settings = ("ALTER SYSTEM SET wal_writer_delay = '10s'", "SELECT pg_reload_conf()")
    shop.pipeline.source.autocommit = True
    for statement in settings:
        shop.pipeline.sql(statement)
    time.sleep(0.5)
    try:
        shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(2))
        shop.pipeline.sql("SET synchronous_commit = off")
        shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(3))
        shop.look()
    finally:
        shop.pipeline.sql("SET synchronous_commit = on")
        for statement in ("ALTER SYSTEM RESET wal_writer_delay", "SELECT pg_reload_conf()"):
            shop.pipeline.sql(statement)


SCENARIOS = [
    an_order_moves,
    an_order_and_its_lines_are_deleted,
    a_cycle_is_stopped_before_it_loads,
    an_order_moves_before_its_lines_were_loaded,
    an_older_extraction_is_loaded_later,
    a_table_is_truncated_and_filled,
    an_asynchronous_commit,
]


# A checkpoint may flush an asynchronous commit before anybody looks; then nothing was shown.
ATTEMPTS = 3


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_raw_is_the_source(shop: FedShop, scenario: Scenario) -> None:
    scenario(shop)
    shop.drain()
    assert (shop.unlike(), shop.differences()) == ([], {})


def without_old_days(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(suspects, "_places", lambda *_: set())


def without_lines_of_moved_orders(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(suspects, "_children", lambda *_: {})


def without_days_of_moved_orders(patch: pytest.MonkeyPatch) -> None:
    whole = suspects._of_child

    def named_alone(conn, warehouse, one, partition, touched, start):
        touched[partition.parent.name].changed.clear()
        return whole(conn, warehouse, one, partition, touched, start)

    patch.setattr(suspects, "_of_child", named_alone)


def without_what_is_to_be_loaded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fed, "_pending", lambda *_: {})


def without_the_load_log(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fed, "_by_log", lambda *_: set())


def without_waiting_for_the_flush(patch: pytest.MonkeyPatch) -> None:
    def end(conn):
        with conn.cursor() as cursor:
            cursor.execute("SELECT pg_current_snapshot()")
            cursor.execute("SELECT pg_current_wal_insert_lsn()")
            return commits.position(cursor.fetchone()[0])

    advance = feed.advance

    def late(conn, slot, to):
        with conn.cursor() as cursor:
            # By then the server has flushed, and takes the slot as far as it was told.
            cursor.execute("SELECT pg_switch_wal()")
        advance(conn, slot, to)

    patch.setattr(feed, "end_of_snapshot", end)
    patch.setattr(feed, "advance", late)


@pytest.mark.parametrize(
    ("scenario", "left_out"),
    [
        (an_order_moves, without_old_days),
        (an_order_moves, without_lines_of_moved_orders),
        (an_order_and_its_lines_are_deleted, without_old_days),
        (a_cycle_is_stopped_before_it_loads, without_what_is_to_be_loaded),
        (an_order_moves_before_its_lines_were_loaded, without_days_of_moved_orders),
        (an_older_extraction_is_loaded_later, without_the_load_log),
        (an_asynchronous_commit, without_waiting_for_the_flush),
    ],
)
def test_without_the_rule_raw_differs(
    shop: FedShop, monkeypatch: pytest.MonkeyPatch, scenario: Scenario, left_out: Patch
) -> None:
    for _ in range(ATTEMPTS):
        with monkeypatch.context() as patch:
            left_out(patch)
            scenario(shop)
            for _ in range(3):
                shop.cycle()
        if shop.unlike():
            break
    assert shop.unlike() != []


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedPostgres]:
    """A server that waits for a standby where it is told to."""
    monkeypatch.setitem(postgres.SERVER_SETTINGS, "max_wal_senders", "2")
    monkeypatch.setitem(postgres.SERVER_SETTINGS, "shared_buffers", "32MB")
    server = EmbeddedPostgres(tmp_path)
    server.start()
    yield server
    server.stop()


@contextmanager
def a_commit_that_waits(dsn: str, statement: str) -> Iterator[None]:
    """A commit that is in the log but not visible, since a standby that does not exist has not confirmed it."""
    admin = connect(dsn)

    def run(*statements: str) -> None:
        with admin.cursor() as cursor:
            for one in statements:
                cursor.execute(one)

    def commit() -> None:
        writer = connect(dsn)
        with writer.cursor() as cursor:
            cursor.execute(statement)
        writer.close()

    run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
    time.sleep(0.5)
    thread = threading.Thread(target=commit)
    thread.start()
    try:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        for _ in range(100):
            with admin.cursor() as cursor:
                cursor.execute(waiting)
                if cursor.fetchone() == (1,):
                    break
            time.sleep(0.1)
        else:
            raise AssertionError("the commit does not wait")
        yield
    finally:
        run("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        thread.join(20)
        admin.close()


@pytest.mark.parametrize("visible", [True, False])
def test_a_commit_that_is_not_visible_yet_is_not_passed_over(
    pipeline: Pipeline, own_server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, visible: bool
) -> None:
    """With the rule, and without it."""
    dsn = own_server.connection().dsn
    source = connect(dsn)
    shop = FedShop(Pipeline(source, dsn, pipeline.lake, pipeline.warehouse))
    shop.pipeline.sql("; ".join(postgres_ddl(SHOP_TABLES)))
    shop.pipeline.insert_one_of_each(day(0))
    shop.drain()
    if not visible:
        monkeypatch.setattr(feed, "covered", lambda _conn, _commits, upto: upto)
    insert = f"INSERT INTO events (event_type, event_ts) VALUES ('view', '{day(3)}')"
    with a_commit_that_waits(dsn, insert):
        before = shop.confirmed
        drift, compared = shop.look()
        assert not drift
        assert compared.fed.changes == 1
        assert (shop.confirmed == before) is visible
    for _ in range(3):
        shop.cycle()
    assert (shop.unlike() == []) is visible
    source.close()
