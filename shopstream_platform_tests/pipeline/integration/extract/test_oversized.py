"""Values that are too large for the warehouse stop their table by name, or are loaded as NULL: as the setting says."""

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.oltp import LARGEST_VALUE
from shopstream_platform.pipeline.extract.limits import oversized
from shopstream_platform.pipeline.extract.table import extract
from shopstream_platform.pipeline.refresh.drift import find_drift, read_loads
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.pipeline import EVENTS, PRODUCTS, SNAPSHOT_DAY, Pipeline, day, days

# {"a": "..."} around the text.
FRAME = 9


@pytest.fixture
def shop(pipeline: Pipeline) -> Pipeline:
    """Three events: the second's document is one byte too large, the third's is as large as it may be."""
    for length in (0, LARGEST_VALUE - FRAME + 1, LARGEST_VALUE - FRAME):
        pipeline.sql(
            "INSERT INTO events (event_type, event_ts, metadata) "
            "VALUES ('view', %s, jsonb_build_object('a', repeat('x', %s)))",
            (day(0), length),
        )
    return pipeline


def test_a_document_that_is_too_large_is_named_with_what_to_do(shop: Pipeline) -> None:
    with pytest.raises(ShopStreamError) as caught:
        shop.extract(EVENTS, days(0))
    assert str(caught.value) == (
        f"events.metadata of the row with id 2 is larger than the {LARGEST_VALUE:,} bytes that Snowflake holds: "
        "shorten it at the source, or set SHOPSTREAM_OVERSIZED_VALUES=null to load its row without it"
    )
    with snapshot(shop.dsn) as conn:
        assert "id 2" in find_drift(conn, read_loads(shop.warehouse), days(0)).refused["events"]


def test_its_row_is_loaded_without_it_if_the_setting_says_so(shop: Pipeline) -> None:
    table = EVENTS.with_oversized_as_null()
    with snapshot(shop.dsn) as conn:
        assert oversized(conn, table, days(0)) == (
            f"values over {LARGEST_VALUE:,} bytes are loaded as NULL: events.metadata from the row with id 2 on"
        )
        extract(conn, shop.lake, table, days(0), snapshot_day=SNAPSHOT_DAY, run_id="test")
    shop.load(EVENTS, days(0))
    lengths = shop.warehouse.rows("SELECT id, LENGTH(TO_JSON(metadata)) FROM RAW.EVENTS ORDER BY id")
    # Without the blank that jsonb writes behind a colon, or with it.
    assert [(int(row[0]), row[1] is None) for row in lengths] == [(1, False), (2, True), (3, False)]
    assert LARGEST_VALUE - int(lengths[2][1]) in (0, 1)
    with snapshot(shop.dsn) as conn:
        assert not find_drift(conn, read_loads(shop.warehouse), days(0), (table,))
        # Under the other setting it is another reading, which is refused.
        assert find_drift(conn, read_loads(shop.warehouse), days(0), (EVENTS,)).refused


def test_a_text_without_a_length_is_measured_too(pipeline: Pipeline) -> None:
    pipeline.sql(
        "INSERT INTO products (merchant_id, name, price, description) VALUES (1, 'p', 1, repeat('é', %s))",
        (LARGEST_VALUE // 2 + 1,),
    )
    with pytest.raises(ShopStreamError, match=r"products\.description of the row with id 1 is larger"):
        pipeline.extract(PRODUCTS)
    with snapshot(pipeline.dsn) as conn:
        extract(
            conn,
            pipeline.lake,
            PRODUCTS.with_oversized_as_null(),
            None,
            snapshot_day=SNAPSHOT_DAY,
            run_id="test",
        )
    pipeline.load(PRODUCTS)
    assert [row[3] for row in pipeline.raw_rows(PRODUCTS)] == [None]


def test_a_table_that_cannot_be_read_does_not_end_the_others_transaction(shop: Pipeline) -> None:
    shop.sql("ALTER TABLE events RENAME COLUMN metadata TO details")
    table = EVENTS.with_oversized_as_null()
    with snapshot(shop.dsn) as conn:
        with pytest.raises(ShopStreamError, match="metadata is declared but"):
            extract(conn, shop.lake, table, days(0), snapshot_day=SNAPSHOT_DAY, run_id="test")
        assert extract(conn, shop.lake, PRODUCTS, None, snapshot_day=SNAPSHOT_DAY, run_id="test").manifests
