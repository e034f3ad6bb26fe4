"""An incremental build equals a full refresh, whatever was loaded in between and wherever a build was killed."""

import random
import signal
import subprocess
from pathlib import Path
from time import sleep

import pytest

from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import PARTITIONED, SNAPSHOTS
from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform.stores.build_log import newest_build
from shopstream_platform_tests.dbt.integration.dbt_command import BUILD, command, environment
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

LAST = 6
MODELS = tuple(
    f"{layer.upper()}.{path.stem}"
    for layer in ("core", "marts")
    for path in sorted((PROJECT_DIR / "models" / layer).glob("*.sql"))
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def shop(pipeline: Pipeline) -> Pipeline:
    """A shop with a week of business, loaded."""
    for number in range(3):
        pipeline.insert(USERS, email=f"{number}@example.org", country="FRA")
        pipeline.insert(PRODUCTS, merchant_id=1, name=f"p{number}", price=1, category="Books")
    for number in range(LAST + 1):
        order(pipeline, number)
        pipeline.insert(EVENTS, event_type="page_view", event_ts=day(number), metadata='{"page": "/"}')
    for table in SNAPSHOTS:
        pipeline.move(table)
    for table in PARTITIONED:
        pipeline.move(table, days(0, LAST))
    return pipeline


def order(pipeline: Pipeline, number: int) -> None:
    row = pipeline.insert(ORDERS, user_id=1 + number % 3, total_amount=2, status="paid", created_at=day(number))
    for product in (1, 2):
        pipeline.insert(ORDER_ITEMS, order_id=row, product_id=product, quantity=1, unit_price=1, line_total=1)


def move(pipeline: Pipeline, table: Table, number: int) -> None:
    pipeline.move(table, days(number))


def contents(pipeline: Pipeline) -> dict[str, list[tuple]]:
    return {name: sorted(pipeline.warehouse.rows(f"SELECT * FROM {name}"), key=repr) for name in MODELS}


def change_something(shop: Pipeline) -> None:
    """A late order, a changed status, an emptied day, a deleted line, a new price; loaded day by day."""
    order(shop, 2)
    shop.sql("UPDATE orders SET status = 'refunded' WHERE id = 4")
    shop.sql("DELETE FROM order_items WHERE order_id = 6")
    shop.sql("DELETE FROM orders WHERE id = 6")
    shop.sql("DELETE FROM order_items WHERE order_id = 1 AND product_id = 2")
    shop.sql("UPDATE products SET price = 7")
    for number in (0, 2, 3, 5):
        move(shop, ORDERS, number)
        move(shop, ORDER_ITEMS, number)
    shop.move(PRODUCTS)


def test_an_incremental_build_equals_a_full_refresh(shop: Pipeline, build) -> None:
    build("--full-refresh")
    change_something(shop)
    build()
    incremental = contents(shop)
    build("--full-refresh")
    assert incremental == contents(shop)
    lines = shop.sql("SELECT count(*) FROM order_items")[0][0]
    assert len(incremental["CORE.fact_orders"]) == lines


def test_another_meaning_of_a_status_makes_the_facts_again(shop: Pipeline, build) -> None:
    shop.sql("UPDATE orders SET status = 'on hold' WHERE id = 4")
    move(shop, ORDERS, 3)
    build("--full-refresh")
    counted = "SELECT COUNT_IF(is_counted) FROM CORE.fact_orders"
    lines = shop.warehouse.value(counted)
    build("--vars", '{"status_spellings": {"on hold": "cancelled"}}')
    assert shop.warehouse.value(counted) == lines - 2
    assert shop.warehouse.rows(
        "SELECT DISTINCT order_status, source_status FROM CORE.fact_orders WHERE order_id = 4"
    ) == [("cancelled", "on hold")]
    build("--vars", '{"uncounted_statuses": ["paid"]}')
    assert shop.warehouse.value(counted) == 2
    build("--vars", '{"uncounted_statuses": [], "known_statuses": []}')
    assert shop.warehouse.value(counted) == lines
    unknown = shop.warehouse.rows("SELECT order_status, orders FROM AUDIT.assert_statuses_are_known ORDER BY 1")
    assert unknown == [("on hold", 1), ("paid", LAST)]


def test_days_that_raw_no_longer_knows_leave_the_facts(shop: Pipeline, build) -> None:
    build("--full-refresh")
    shop.clear_target()
    for table in SNAPSHOTS:
        shop.move(table)
    for table in PARTITIONED:
        shop.move(table, days(0, 2))
    build()
    incremental = contents(shop)
    assert len(incremental["CORE.fact_orders"]) == 6
    build("--full-refresh")
    assert incremental == contents(shop)


def test_a_build_that_was_killed_is_mended_by_the_next(
    shop: Pipeline, build, running_home: Path, tmp_path: Path
) -> None:
    build("--full-refresh")
    change_something(shop)
    variables = environment(running_home, tmp_path / "killed")
    for _ in range(3):
        process = subprocess.Popen(command(*BUILD), env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sleep(random.uniform(4, 12))
        process.send_signal(signal.SIGKILL)
        process.wait()
    build()
    mended = contents(shop)
    build("--full-refresh")
    assert mended == contents(shop)


def test_a_build_keeps_the_history_of_users(shop: Pipeline, build) -> None:
    build("--full-refresh")
    shop.sql("UPDATE users SET plan_type = 'premium' WHERE id = 3")
    shop.move(USERS)
    build()
    history = shop.warehouse.rows(
        "SELECT plan_type, dbt_valid_to IS NULL FROM CORE.snap_users WHERE user_id = 3 AND email = '2@example.org' "
        "ORDER BY dbt_valid_from DESC LIMIT 2"
    )
    assert history == [("premium", True), ("freemium", False)]


def test_only_a_build_that_leaves_all_models_current_is_complete(shop: Pipeline, build) -> None:
    def is_complete() -> bool:
        newest = newest_build(shop.warehouse, "CORE")
        return newest is not None and newest.finished_at is not None

    build("--full-refresh")
    assert is_complete()
    build("--select", "mart_sales_daily")
    assert is_complete(), "one model again, from the loads and the code that all are of"
    order(shop, 2)
    move(shop, ORDERS, 2)
    build("--select", "mart_sales_daily")
    assert not is_complete(), "the others are not of the newest load"
    # A clock that was a year ahead changes nothing.
    shop.warehouse.execute("UPDATE CORE._BUILD_LOG SET finished_at = DATEADD(year, 1, finished_at)")
    assert not is_complete()
    build("--exclude", "mart_sales_daily")
    assert not is_complete(), "a part after a part that was not complete"
    build()
    assert is_complete()


def test_a_build_without_a_table_is_complete_but_for_what_is_made_from_it(shop: Pipeline, build) -> None:
    def newest() -> tuple[bool, tuple[str, ...]]:
        found = newest_build(shop.warehouse, "CORE")
        assert found is not None
        return found.finished_at is not None, found.left_out

    without = ("--exclude", "stg_crm_contacts+")
    build("--full-refresh")
    assert newest() == (True, ())
    order(shop, 2)
    move(shop, ORDERS, 2)
    build(*without)
    assert newest() == (False, ()), "nobody has said that the table could not be loaded"
    build(*without, SHOPSTREAM_DBT_LEFT_OUT="crm_contacts")
    assert newest() == (True, ("crm_contacts",))
    build("--select", "mart_sales_daily")
    assert newest() == (True, ("crm_contacts",)), "a part leaves the rest as it was, with what it lacks"
    build()
    assert newest() == (True, ())
