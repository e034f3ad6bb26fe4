"""A load that fails leaves RAW and the load log as they were; two loads of a table queue."""

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import lock_name
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.load.contents import ReconciliationError
from shopstream_platform.pipeline.load.sql import take_lock
from shopstream_platform.pipeline.load.transaction import Loaded, check_start_date, load
from shopstream_platform.services import embedded
from shopstream_platform.stores.manifest import Manifest, manifest_key, write_manifest
from shopstream_platform.stores.warehouse import open_session
from shopstream_platform_tests.fixtures.pipeline import ORDERS, PRODUCTS, START, USERS, Pipeline, Row, day, days
from shopstream_platform_tests.fixtures.ports import closed_port


@pytest.fixture
def loaded(pipeline: Pipeline) -> Pipeline:
    """Two products and three days of orders in RAW; then changed and extracted again, but not loaded."""
    for name in ("a", "b"):
        pipeline.insert(PRODUCTS, merchant_id=1, name=name, price=1)
    pipeline.insert(USERS, email="a@example.org")
    for number in range(3):
        pipeline.insert(ORDERS, user_id=1, total_amount=1, created_at=day(number))
    pipeline.move(PRODUCTS)
    pipeline.move(ORDERS, days(0, 2))
    pipeline.sql("UPDATE products SET name = 'changed'")
    pipeline.sql("UPDATE orders SET status = 'changed'")
    pipeline.extract(PRODUCTS)
    pipeline.extract(ORDERS, days(0, 2))
    return pipeline


def state(pipeline: Pipeline) -> list[list[Row]]:
    return [rows(table) for table in (PRODUCTS, ORDERS) for rows in (pipeline.raw_rows, pipeline.log)]


def tamper(pipeline: Pipeline, **changes: int) -> Manifest:
    """Another manifest for the middle of three days of orders."""
    manifest = pipeline.manifest(ORDERS, day(1)).model_copy(update=changes)
    write_manifest(pipeline.lake, ORDERS, manifest)
    return manifest


@pytest.mark.parametrize("changes", [{"checksum": 1}, {"rows": 2}, {"rows": 0, "checksum": 0}])
def test_a_manifest_that_the_copy_does_not_match(loaded: Pipeline, changes: dict[str, int]) -> None:
    before = state(loaded)
    tamper(loaded, **changes)
    with pytest.raises(ReconciliationError, match=rf"RAW\.ORDERS of {day(1)} .* rolled back"):
        loaded.load(ORDERS, days(0, 2))
    assert state(loaded) == before


def test_a_manifest_without_one_of_its_objects(loaded: Pipeline) -> None:
    before = state(loaded)
    manifest = loaded.manifest(ORDERS, day(1))
    write_manifest(loaded.lake, ORDERS, manifest.model_copy(update={"files": []}))
    with pytest.raises(ReconciliationError):
        loaded.load(ORDERS, days(0, 2))
    assert state(loaded) == before


def test_the_other_table_loads_after_a_failure(loaded: Pipeline) -> None:
    tamper(loaded, checksum=1)
    with pytest.raises(ReconciliationError):
        loaded.load(ORDERS, days(0, 2))
    loaded.load(PRODUCTS)
    loaded.move(ORDERS, days(0, 2))
    assert loaded.raw_rows(PRODUCTS) == loaded.source_rows(PRODUCTS)
    assert loaded.raw_rows(ORDERS) == loaded.source_rows(ORDERS)


def test_an_object_that_was_overwritten_after_its_manifest(loaded: Pipeline) -> None:
    before = state(loaded)
    (file,) = loaded.manifest(ORDERS, day(1)).files
    loaded.lake.write(file.key, gzip.compress(b"id\n"), "application/gzip")
    with pytest.raises(ShopStreamError, match="is not the object that its manifest lists") as caught:
        loaded.load(ORDERS, days(0, 2))
    assert loaded.lake.uri(file.key) in str(caught.value)
    assert "lake/orders" in str(caught.value)
    assert state(loaded) == before


def test_an_object_that_is_gone(loaded: Pipeline) -> None:
    before = state(loaded)
    loaded.lake.delete([loaded.manifest(ORDERS, day(1)).files[0].key])
    with pytest.raises(ShopStreamError, match="is not the object that its manifest lists"):
        loaded.load(ORDERS, days(0, 2))
    assert state(loaded) == before


def test_a_day_that_was_never_extracted(loaded: Pipeline) -> None:
    before = state(loaded)
    with pytest.raises(ShopStreamError, match=str(day(3))) as caught:
        loaded.load(ORDERS, days(0, 3))
    assert "\n" not in str(caught.value)
    assert state(loaded) == before


def test_a_snapshot_that_was_never_extracted(pipeline: Pipeline) -> None:
    with pytest.raises(ShopStreamError, match="materialize lake/users first"):
        pipeline.load(USERS)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"table": "orders"}', b""])
def test_a_damaged_manifest(loaded: Pipeline, body: bytes) -> None:
    before = state(loaded)
    loaded.lake.write(manifest_key(ORDERS, day(1)), body, "application/json")
    with pytest.raises(ShopStreamError, match=r"_manifest\.json is no.*extract the partition again"):
        loaded.load(ORDERS, days(0, 2))
    assert state(loaded) == before


def test_an_object_whose_values_do_not_fit_the_table(loaded: Pipeline) -> None:
    before = state(loaded)
    (file,) = loaded.manifest(ORDERS, day(1)).files
    header, line = ",".join(ORDERS.column_names), ",".join(["x", *[""] * (len(ORDERS.columns) - 1)])
    etag = loaded.lake.write(file.key, gzip.compress(f"{header}\n{line}\n".encode()), "application/gzip")
    tampered = [file.model_copy(update={"etag": etag})]
    write_manifest(loaded.lake, ORDERS, loaded.manifest(ORDERS, day(1)).model_copy(update={"files": tampered}))
    with pytest.raises(ProgrammingError, match="Numeric value 'x' is not recognized"):
        loaded.load(ORDERS, days(0, 2))
    assert state(loaded) == before


def test_another_start_date_is_refused(loaded: Pipeline) -> None:
    with pytest.raises(ShopStreamError, match=f"SHOPSTREAM_START_DATE={START}, now it is {day(1)}"):
        check_start_date(loaded.warehouse, START + timedelta(days=1))


def test_the_same_start_date_and_an_empty_log_are_fine(loaded: Pipeline) -> None:
    check_start_date(loaded.warehouse, START)
    loaded.clear_target()
    check_start_date(loaded.warehouse, START + timedelta(days=1))
    assert state(loaded) == [[], [], [], []]


def test_two_loads_of_a_table_at_once(loaded: Pipeline, running_home: Path) -> None:
    loaded.clear_target()
    loaded.extract(ORDERS, days(0, 2))

    def load_in_a_session_of_its_own(name: str) -> Loaded:
        with open_session(embedded.ensure_warehouse(running_home)) as warehouse:
            return load(warehouse, loaded.lake, ORDERS, days(0, 2), start_date=START, run_id=name)

    with ThreadPoolExecutor(4) as pool:
        loads = list(pool.map(load_in_a_session_of_its_own, ["one", "two", "three", "four"]))
    assert loaded.raw_rows(ORDERS) == loaded.source_rows(ORDERS)
    assert sorted({row[1] for row in loaded.log(ORDERS)}) == sorted(one.load_id for one in loads)
    assert len(loaded.log(ORDERS)) == 4 * 3


def test_two_tables_at_once(loaded: Pipeline, running_home: Path) -> None:
    def load_in_a_session_of_its_own(name: str) -> Loaded:
        table, span = {"products": (PRODUCTS, None), "orders": (ORDERS, days(0, 2))}[name]
        with open_session(embedded.ensure_warehouse(running_home)) as warehouse:
            return load(warehouse, loaded.lake, table, span, start_date=START, run_id=name)

    with ThreadPoolExecutor(2) as pool:
        assert [one.rows for one in pool.map(load_in_a_session_of_its_own, ["products", "orders"])] == [2, 3]
    assert loaded.raw_rows(ORDERS) == loaded.source_rows(ORDERS)
    assert loaded.raw_rows(PRODUCTS) == loaded.source_rows(PRODUCTS)


def test_an_open_transaction_hides_its_rows(loaded: Pipeline, running_home: Path) -> None:
    before = state(loaded)
    with open_session(embedded.ensure_warehouse(running_home)) as other, other.transaction():
        other.execute("DELETE FROM RAW.ORDERS")
        assert state(loaded) == before
        other.execute("ROLLBACK")
    assert state(loaded) == before


@pytest.mark.parametrize("table", SHOP_TABLES, ids=lambda table: table.name)
def test_every_table_has_a_lock_of_one_row(loaded: Pipeline, table: Table) -> None:
    assert loaded.warehouse.rows(f"SELECT table_name FROM {lock_name(table)}") == [(table.name,)]


def test_a_lock_that_provisioning_has_not_made_is_told(loaded: Pipeline) -> None:
    """An account that was provisioned for an earlier version."""
    loaded.warehouse.execute(f"ALTER TABLE {lock_name(ORDERS)} RENAME TO RAW.OTHER")
    try:
        with pytest.raises(ShopStreamError, match=r"_LOAD_LOCK_ORDERS.* does not exist: .*provision snowflake"):
            loaded.load(ORDERS, days(0, 2))
    finally:
        loaded.warehouse.execute(f"ALTER TABLE RAW.OTHER RENAME TO {lock_name(ORDERS)}")


@pytest.mark.parametrize("rows", [0, 2])
def test_a_lock_without_its_row_is_told_and_nothing_is_loaded(loaded: Pipeline, rows: int) -> None:
    """An UPDATE of no row locks nothing."""
    before = state(loaded)
    loaded.warehouse.execute(f"INSERT INTO {lock_name(ORDERS)} (table_name) VALUES ('orders')")
    try:
        if rows == 0:
            loaded.warehouse.execute(f"DELETE FROM {lock_name(ORDERS)}")
        with pytest.raises(ShopStreamError, match=rf"_LOAD_LOCK_ORDERS.* has {rows or 'no'}"):
            loaded.load(ORDERS, days(0, 2))
        assert state(loaded) == before
    finally:
        loaded.warehouse.execute(f"DELETE FROM {lock_name(ORDERS)}")
        loaded.warehouse.execute(f"INSERT INTO {lock_name(ORDERS)} (table_name) VALUES ('orders')")


def test_the_load_that_commits_last_is_the_newest(loaded: Pipeline, running_home: Path) -> None:
    """Although it began first: it waited for the lock that the other held."""
    begun, waited = threading.Event(), threading.Event()

    def load_late() -> Loaded:
        with open_session(embedded.ensure_warehouse(running_home)) as warehouse:
            execute = warehouse.execute

            def slowly(statement: str, *parameters: Any) -> Any:
                if statement.startswith("UPDATE"):
                    begun.set()
                    waited.wait(30)
                return execute(statement, *parameters)

            warehouse.execute = slowly
            return load(warehouse, loaded.lake, ORDERS, days(0, 2), start_date=START, run_id="late")

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(load_late)
        begun.wait(30)
        early = loaded.load(ORDERS, days(0, 2))
        waited.set()
        assert late.result(60).load_id > early.load_id
    newest = {
        load_id
        for (load_id,) in loaded.warehouse.rows(
            "SELECT load_id FROM RAW._LOAD_LOG WHERE table_name = 'orders' "
            "QUALIFY ROW_NUMBER() OVER (PARTITION BY partition_date ORDER BY load_id DESC) = 1"
        )
    }
    assert newest == {late.result().load_id}


def test_loads_of_different_tables_do_not_wait_for_each_other(loaded: Pipeline, running_home: Path) -> None:
    """On a warehouse that locks whole tables until the commit, as Snowflake does."""
    with open_session(embedded.ensure_warehouse(running_home)) as other, other.transaction():
        other.execute(take_lock(PRODUCTS), ("held",))
        loaded.warehouse.execute("ALTER SESSION SET LOCK_TIMEOUT = 1")
        try:
            assert loaded.load(ORDERS, days(0, 2)).rows == 3
            with pytest.raises(ProgrammingError, match="has locked table '_LOAD_LOCK_PRODUCTS'"):
                loaded.load(PRODUCTS, None)
        finally:
            loaded.warehouse.execute("ALTER SESSION SET LOCK_TIMEOUT = 600")


def test_a_warehouse_that_is_not_there(running_home: Path) -> None:
    at = replace(embedded.ensure_warehouse(running_home), port=closed_port(), password="hunter2-s3cret")
    with pytest.raises(TransientError, match="could not be reached") as caught, open_session(at):
        pass
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_password_of_the_warehouse_does_not_show(running_home: Path) -> None:
    at = replace(embedded.ensure_warehouse(running_home), password="hunter2-s3cret")
    with pytest.raises(ShopStreamError) as caught, open_session(at):
        pass
    assert not isinstance(caught.value, TransientError)
    assert "hunter2" not in str(caught.value)
