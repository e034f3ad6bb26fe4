"""What cannot be extracted stops its table with one sentence and leaves the lake as it was."""

import os
import re
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.pipeline.extract import upload
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.postgres import connect, snapshot
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
from shopstream_platform_tests.fixtures.ports import closed_port

PASSWORD = "hunter2-s3cret"


@pytest.fixture
def extracted(pipeline: Pipeline) -> Pipeline:
    """One product and one order, extracted."""
    pipeline.insert(PRODUCTS, merchant_id=1, name="p", price=1)
    pipeline.insert(USERS, email="a@example.org")
    pipeline.insert(ORDERS, user_id=1, total_amount=1, created_at=day(0))
    pipeline.extract(PRODUCTS)
    pipeline.extract(ORDERS, days(0))
    return pipeline


def refused(pipeline: Pipeline, table_name: str, *needles: str) -> None:
    """The extraction fails with one sentence that names these, and the lake is as before."""
    table = {table.name: table for table in (PRODUCTS, ORDERS, EVENTS, USERS, ORDER_ITEMS)}[table_name]
    before = pipeline.lake.etags("raw/")
    with pytest.raises(ShopStreamError) as caught:
        pipeline.extract(table, days(0) if table.partitioned else None)
    message = str(caught.value)
    assert "\n" not in message
    assert not isinstance(caught.value, TransientError)
    assert [needle for needle in needles if needle not in message] == []
    assert pipeline.lake.etags("raw/") == before


def test_a_missing_table(extracted: Pipeline) -> None:
    extracted.sql("DROP TABLE products CASCADE")
    refused(extracted, "products", "products", "does not exist")


def test_a_missing_column(extracted: Pipeline) -> None:
    extracted.sql("ALTER TABLE products DROP COLUMN category")
    refused(extracted, "products", "products.category is declared but the source does not have it: add it there")


def test_a_renamed_column(extracted: Pipeline) -> None:
    extracted.sql("ALTER TABLE orders RENAME COLUMN status TO state")
    refused(extracted, "orders", "orders.status is declared but the source does not have it", "remove it from")


@pytest.mark.parametrize(
    ("table", "column", "new_type", "shown"),
    [
        ("products", "price", "numeric(12,4)", "numeric(12,4)"),
        ("products", "price", "double precision", "double precision"),
        ("products", "stock_quantity", "text", "text"),
        ("products", "name", "text", "text"),
        ("products", "name", "varchar(300)", "character varying(300)"),
        ("products", "created_at", "timestamptz", "timestamp with time zone"),
        ("products", "created_at", "date", "date"),
        ("orders", "country", "char(3)", "character(3)"),
        ("orders", "total_amount", "numeric", "numeric"),
        ("events", "metadata", "json", "json"),
        ("events", "metadata", "text", "text"),
    ],
)
def test_a_retyped_column(extracted: Pipeline, table: str, column: str, new_type: str, shown: str) -> None:
    extracted.sql(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {new_type} USING {column}::{new_type}")
    refused(extracted, table, f"{table}.{column} is {shown} at the source, declared ")


@pytest.mark.parametrize(
    ("table", "column", "new_type"),
    [
        ("products", "stock_quantity", "bigint"),
        ("products", "created_at", "timestamp(3)"),
        ("users", "country", "varchar(2)"),
    ],
)
def test_a_type_whose_every_value_fits_is_accepted(extracted: Pipeline, table: str, column: str, new_type: str) -> None:
    extracted.sql(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {new_type}")
    loaded = extracted.move(PRODUCTS if table == "products" else USERS)
    assert loaded.rows == 1


def test_all_changed_columns_are_named_at_once(extracted: Pipeline) -> None:
    extracted.sql("ALTER TABLE products DROP COLUMN category, ALTER COLUMN name TYPE text")
    refused(extracted, "products", "category is declared but", "name is text at the source, declared VARCHAR(255)")


def test_an_undeclared_column_is_reported_and_left_out(extracted: Pipeline) -> None:
    extracted.sql("ALTER TABLE products ADD COLUMN margin numeric DEFAULT 'NaN', ADD COLUMN \"Odd name\" point")
    extraction = extracted.extract(PRODUCTS)
    assert extraction.undeclared_columns == ["margin", "Odd name"]
    assert "margin" not in extraction.manifests[0].columns
    assert extracted.load(PRODUCTS).rows == 1


def test_columns_in_another_order_are_the_same_columns(extracted: Pipeline) -> None:
    extracted.sql("ALTER TABLE products DROP COLUMN description")
    extracted.sql("ALTER TABLE products ADD COLUMN description TEXT DEFAULT 'later'")
    extracted.move(PRODUCTS)
    assert extracted.raw_rows(PRODUCTS)[0][3] == "later"


@pytest.mark.parametrize("value", ["infinity", "-infinity", "0044-03-15 BC", "10000-01-01"])
@pytest.mark.parametrize(
    ("table", "column"), [("products", "updated_at"), ("orders", "created_at"), ("events", "event_ts")]
)
def test_a_moment_that_snowflake_cannot_hold(extracted: Pipeline, table: str, column: str, value: str) -> None:
    if table == "products":
        bad = extracted.insert(PRODUCTS, merchant_id=1, name="bad", price=1, updated_at=value)
    elif table == "orders":
        bad = extracted.insert(ORDERS, user_id=1, total_amount=1, created_at=value)
    else:
        bad = extracted.insert(EVENTS, event_type="x", event_ts=value)
    if value in ("infinity", "10000-01-01") and table != "products":
        # It lies in no partition yet: nothing may happen to the days that do.
        assert extracted.move(ORDERS, days(0)).rows == 1
        return
    refused(extracted, table, f"{table}.{column}", f"id {bad} ")


def test_a_number_that_is_none(extracted: Pipeline) -> None:
    bad = extracted.insert(PRODUCTS, merchant_id=1, name="bad", price="NaN")
    refused(extracted, "products", "products.price", f"id {bad} ")


def test_the_first_of_several_bad_rows_is_named(extracted: Pipeline) -> None:
    first = extracted.insert(PRODUCTS, merchant_id=1, name="bad", price="NaN")
    extracted.insert(PRODUCTS, merchant_id=1, name="bad", price="NaN")
    refused(extracted, "products", f"id {first} ")


def test_lines_of_an_order_in_a_bad_year_stop_as_well(extracted: Pipeline) -> None:
    order = extracted.insert(ORDERS, user_id=1, total_amount=1, created_at="-infinity")
    extracted.insert(ORDER_ITEMS, order_id=order, product_id=1, quantity=1, unit_price=1, line_total=1)
    refused(extracted, "orders", "orders.created_at", f"id {order} ")
    extracted.extract(ORDER_ITEMS, days(0))
    assert extracted.manifest(ORDER_ITEMS, day(0)).rows == 1


def test_a_postgresql_that_is_not_there(pipeline: Pipeline) -> None:
    dsn = f"postgresql://reader:{PASSWORD}@127.0.0.1:{closed_port()}/shop"
    with pytest.raises(TransientError, match="cannot be reached") as caught, connect(dsn):
        pass
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_password_does_not_show(pipeline: Pipeline) -> None:
    with pytest.raises(ShopStreamError, match="password authentication failed") as caught:
        connect(make_dsn(pipeline.dsn, password=PASSWORD)).__enter__()
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "dsn", [f"postgresql://u:{PASSWORD}@[broken", f"host=x passwrd={PASSWORD}", f"nonsense {PASSWORD}"]
)
def test_a_broken_connection_string_does_not_show(dsn: str) -> None:
    with pytest.raises(ShopStreamError) as caught:
        connect(dsn).__enter__()
    assert PASSWORD not in str(caught.value)
    assert "SHOPSTREAM_POSTGRES_DSN" in str(caught.value)


def test_a_missing_bucket(pipeline: Pipeline, running_home: Path) -> None:
    pipeline.lake = Lake(replace(embedded.ensure_object_store(running_home), bucket="no-such-bucket"))
    pipeline.insert(PRODUCTS, merchant_id=1, name="p", price=1)
    with pytest.raises(ShopStreamError, match=r"bucket no-such-bucket does not exist") as caught:
        pipeline.extract(PRODUCTS)
    assert "\n" not in str(caught.value)


def test_refused_keys_of_the_bucket_do_not_show(pipeline: Pipeline, running_home: Path) -> None:
    at = replace(embedded.ensure_object_store(running_home), secret_access_key=PASSWORD)
    with pytest.raises(ShopStreamError, match="refuses the credentials") as caught:
        Lake(at).etags("raw/")
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_store_that_is_not_there_may_come_back(pipeline: Pipeline, running_home: Path) -> None:
    at = replace(embedded.ensure_object_store(running_home), endpoint_url=f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(TransientError, match=re.escape(at.bucket)):
        Lake(at).etags("raw/")


def test_a_big_upload_that_the_store_refuses_leaves_nothing(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Parts smaller than S3 takes: the store refuses to put them together.
    monkeypatch.setattr(upload, "MULTIPART_BYTES", 10_000)
    monkeypatch.setattr(upload, "CHUNK_BYTES", 1)
    for number in range(3):
        pipeline.insert(PRODUCTS, merchant_id=number, name="p", price=1, description=os.urandom(200_000).hex())
    with pytest.raises(TransientError, match="could not be used") as caught:
        pipeline.extract(PRODUCTS)
    assert "\n" not in str(caught.value)
    assert pipeline.lake.etags("raw/") == {}


def test_a_snapshot_cannot_write(pipeline: Pipeline) -> None:
    with snapshot(pipeline.dsn) as conn, conn.cursor() as cursor, pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        cursor.execute("DELETE FROM users")


def test_all_tables_of_a_snapshot_are_of_one_moment(pipeline: Pipeline) -> None:
    with snapshot(pipeline.dsn) as conn, conn.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM users")
        pipeline.insert(USERS, email="later@example.org")
        cursor.execute("SELECT count(*) FROM users")
        assert cursor.fetchall() == [(0,)]
