"""An incremental build equals a full refresh, whatever was loaded in between and wherever a build was killed."""

import json
import random
import re
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest

from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import LOAD_LOG
from shopstream_platform.contract.tables import PARTITIONED, SNAPSHOTS
from shopstream_platform.dbt.models import read_models
from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform.stores.build_log import builds_of_tables, built_from, newest_build
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


def test_a_model_says_what_it_was_made_from_once_it_and_its_tests_have_passed(shop: Pipeline, build) -> None:
    def noted() -> dict[str, str | None]:
        return {name.split(".")[1]: made for name, made in built_from(shop.warehouse, "CORE").items()}

    models = read_models(DbtSettings())
    first = json.dumps(dict.fromkeys(models, "first"))
    build("--full-refresh", SHOPSTREAM_DBT_MADE_FROM=first)
    assert noted() == {relation.split(".")[1]: "first" for relation in models}
    build("--select", "mart_sales_daily", SHOPSTREAM_DBT_MADE_FROM=json.dumps(dict.fromkeys(models, "second")))
    assert [name for name, made in noted().items() if made == "second"] == ["MART_SALES_DAILY"]
    builds = builds_of_tables(shop.warehouse, "CORE")
    newest = max(one.number for one in builds.values())
    assert builds.keys() == models.keys()
    assert [name for name, one in builds.items() if one.number == newest] == ["MARTS.MART_SALES_DAILY"]
    assert builds["MARTS.MART_SALES_DAILY"].build == newest_build(shop.warehouse, "CORE")
    build("--select", "mart_lost_orders")
    assert noted()["MART_LOST_ORDERS"] is None, "by hand nobody says what it is made from"
    # A test of a mart and of the fact fails: both are doubted, what was not chosen stays as it was noted.
    shop.warehouse.execute("UPDATE CORE.FACT_ORDERS SET line_revenue = line_revenue + 1")
    third = json.dumps(dict.fromkeys(models, "third"))
    build("--select", "mart_product_performance", "mart_inventory", SHOPSTREAM_DBT_MADE_FROM=third, fails=True)
    after = noted()
    assert after["MART_PRODUCT_PERFORMANCE"] is None
    assert after["STG_USERS"] == "first"


def test_a_killed_build_leaves_its_models_without_a_note(
    shop: Pipeline, build, running_home: Path, tmp_path: Path
) -> None:
    models = read_models(DbtSettings())
    variables = environment(running_home, tmp_path / "ended")
    build("--full-refresh", SHOPSTREAM_DBT_MADE_FROM=json.dumps(dict.fromkeys(models, "first")))
    process = subprocess.Popen(
        command(*BUILD, "--select", "fact_orders+"), env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not any(made is None for made in built_from(shop.warehouse, "CORE").values()):
        assert process.poll() is None
        sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # Pages of these marts are of a build that has not ended.
    builds = builds_of_tables(shop.warehouse, "CORE")
    assert builds["CORE.FACT_ORDERS"] == builds["MARTS.MART_SALES_DAILY"]
    assert builds["CORE.FACT_ORDERS"].number > builds["CORE.FACT_EVENTS"].number
    assert builds["CORE.FACT_ORDERS"].build.finished_at is None
    after = built_from(shop.warehouse, "CORE")
    assert after["CORE.FACT_ORDERS"] is after["MARTS.MART_SALES_DAILY"] is None
    assert after["CORE.FACT_EVENTS"] == "first"


def test_tests_of_rows_that_have_passed_look_at_new_partitions_alone(shop: Pipeline, build) -> None:
    build("--full-refresh")
    shop.warehouse.execute(f"UPDATE {LOAD_LOG} SET loaded_at = DATEADD(DAY, -30, loaded_at)")
    # As no load would leave it: a key twice, and a document that is none.
    first = f"_partition_date = '{day(0):%Y-%m-%d}'"
    shop.warehouse.execute(f"INSERT INTO RAW.EVENTS SELECT * FROM RAW.EVENTS WHERE {first}")
    shop.warehouse.execute(f"UPDATE RAW.EVENTS SET metadata = PARSE_JSON('[]') WHERE {first}")
    since = str(datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=1))
    of_events = {"SHOPSTREAM_DBT_TESTED": json.dumps({"STAGING.STG_EVENTS": since})}
    of_orders = {"SHOPSTREAM_DBT_TESTED": json.dumps({"STAGING.STG_ORDERS": since})}
    said = build("--select", "stg_events", **of_events)
    assert re.search(r"WARN \d+ is_document_stg_events_metadata", said), (
        "what is wrong in the source is told for as long as it is"
    )
    assert "FAIL 1 unique_stg_events_event_id" in build("--select", "stg_events", fails=True)
    assert "FAIL 1 unique_stg_events_event_id" in build("--select", "stg_events", fails=True, **of_orders)
    shop.warehouse.execute(f"UPDATE {LOAD_LOG} SET loaded_at = SYSDATE() WHERE table_name = 'events' AND {first[1:]}")
    assert "FAIL 1 unique_stg_events_event_id" in build("--select", "stg_events", fails=True, **of_events)
