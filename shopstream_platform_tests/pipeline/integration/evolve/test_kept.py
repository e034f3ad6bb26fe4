"""Only what changed is loaded again: what the source proves of a new declaration, RAW gets without COPY."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import count

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.columns import column, document, integer, text, timestamp
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import ByDay, Table
from shopstream_platform.pipeline.evolve.raw import prepare
from shopstream_platform.pipeline.load.transaction import load
from shopstream_platform.pipeline.refresh.drift import find_drift, read_loads
from shopstream_platform.stores.manifest import VERSION, manifest_key, write_manifest
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.pipeline import EVENTS, ORDERS, START, USERS, Pipeline, day, days
from shopstream_platform_tests.fixtures.stopping import Killed, StoppingWarehouse

ALL = days(0, 3)
CHANNEL = text("channel", 20, "Channel.", default="'it''s \"web\"'")
WITH_CHANNEL = replace(ORDERS, columns=(*ORDERS.columns, CHANNEL))
KEPT = "not loaded again:"


@pytest.fixture
def loaded(evolving: Pipeline) -> Pipeline:
    """Two orders on each of two days, an empty day before and after, and the users, in RAW."""
    for number in range(4):
        evolving.insert_one_of_each(day(1 + number % 2), number)
    evolving.move(ORDERS, ALL)
    evolving.move(EVENTS, ALL)
    evolving.move(USERS)
    return evolving


def evolve(pipeline: Pipeline, table: Table) -> str | None:
    """RAW brought to the declaration, and what the extraction says that it kept."""
    prepare(pipeline.warehouse, [table])
    return pipeline.extract(table, ALL if table.partitioned else None).kept


def assert_as_loaded_anew(pipeline: Pipeline, table: Table) -> None:
    """RAW, the log and a comparison with the source are as after a load of everything."""
    assert pipeline.raw_rows(table) == pipeline.source_rows(table)
    with snapshot(pipeline.dsn) as conn:
        assert not find_drift(conn, read_loads(pipeline.warehouse), ALL, (table,))


def test_a_column_that_is_null_everywhere_costs_no_copy(loaded: Pipeline) -> None:
    loaded.sql("ALTER TABLE orders ADD COLUMN channel VARCHAR(20)")
    files = loaded.keys(ORDERS)
    assert evolve(loaded, WITH_CHANNEL) == (
        f"{KEPT} orders, 4 days: channel is NULL in all rows; the other columns have the fingerprint of what was "
        "loaded, proven at the source"
    )
    assert loaded.load(WITH_CHANNEL, ALL).in_place == 4
    assert loaded.keys(ORDERS) == files
    assert_as_loaded_anew(loaded, WITH_CHANNEL)


def test_a_default_is_written_by_an_update_and_a_day_of_other_values_is_loaded(loaded: Pipeline) -> None:
    loaded.sql(f"ALTER TABLE orders ADD COLUMN channel VARCHAR(20) DEFAULT {CHANNEL.default}")
    loaded.sql("UPDATE orders SET channel = 'app' WHERE created_at >= %s AND id %% 2 = 0", (day(2),))
    kept = evolve(loaded, WITH_CHANNEL)
    assert kept is not None
    assert kept.startswith(f"{KEPT} orders, 3 days: channel is its default in all rows")
    assert loaded.load(WITH_CHANNEL, ALL).in_place == 3
    assert_as_loaded_anew(loaded, WITH_CHANNEL)


def test_the_same_objects_are_loaded_whole_where_raw_does_not_have_their_rows(loaded: Pipeline) -> None:
    loaded.sql(f"ALTER TABLE orders ADD COLUMN channel VARCHAR(20) DEFAULT {CHANNEL.default}")
    assert evolve(loaded, WITH_CHANNEL)
    loaded.warehouse.execute("DELETE FROM RAW.ORDERS")
    assert loaded.load(WITH_CHANNEL, ALL).in_place == 0
    assert_as_loaded_anew(loaded, WITH_CHANNEL)
    # As rebuild-raw does: from the manifests alone.
    loaded.warehouse.execute("DELETE FROM RAW._LOAD_LOG")
    loaded.warehouse.execute("DELETE FROM RAW.ORDERS")
    loaded.load(WITH_CHANNEL, ALL)
    assert_as_loaded_anew(loaded, WITH_CHANNEL)


def test_a_row_that_changed_meanwhile_is_loaded_again(loaded: Pipeline) -> None:
    loaded.sql("ALTER TABLE orders ADD COLUMN channel VARCHAR(20)")
    loaded.sql("UPDATE orders SET status = 'refunded' WHERE created_at < %s", (day(2),))
    kept = evolve(loaded, WITH_CHANNEL)
    assert kept is not None
    assert kept.startswith(f"{KEPT} orders, 3 days")
    assert loaded.load(WITH_CHANNEL, ALL).in_place == 3
    assert_as_loaded_anew(loaded, WITH_CHANNEL)


def test_declarations_that_change_twice_are_told_from_the_manifest(loaded: Pipeline) -> None:
    loaded.sql("ALTER TABLE orders ADD COLUMN channel VARCHAR(20), ADD COLUMN paid_at TIMESTAMP")
    assert evolve(loaded, WITH_CHANNEL)
    loaded.load(WITH_CHANNEL, ALL)
    columns = (*ORDERS.columns[:3], timestamp("paid_at", "Paid."), *ORDERS.columns[3:], CHANNEL)
    twice = replace(ORDERS, columns=columns)
    assert evolve(loaded, twice)
    loaded.load(twice, ALL)
    assert_as_loaded_anew(loaded, twice)
    # And a column that is no longer declared, while the source still has it.
    fewer = replace(twice, columns=tuple(c for c in columns if c.name not in ("status", "channel")), indexes=())
    assert evolve(loaded, fewer)
    assert loaded.load(fewer, ALL).in_place == 4
    assert_as_loaded_anew(loaded, fewer)


def test_a_dropped_column_that_the_source_lost_too_is_loaded_again(loaded: Pipeline) -> None:
    loaded.sql("ALTER TABLE orders DROP COLUMN status")
    fewer = replace(ORDERS, columns=tuple(c for c in ORDERS.columns if c.name != "status"), indexes=())
    assert evolve(loaded, fewer) is None
    assert loaded.load(fewer, ALL).in_place == 0
    assert_as_loaded_anew(loaded, fewer)


def test_snapshots_and_documents_are_kept_too(loaded: Pipeline) -> None:
    loaded.sql("ALTER TABLE users ADD COLUMN channel VARCHAR(20)")
    users = replace(USERS, columns=(*USERS.columns, CHANNEL))
    assert evolve(loaded, users)
    assert loaded.load(users).in_place == 1
    assert_as_loaded_anew(loaded, users)
    loaded.sql("ALTER TABLE events ADD COLUMN more JSONB, ADD COLUMN note VARCHAR(20)")
    events = replace(EVENTS, columns=(*EVENTS.columns, text("note", 20, "Note."), document("more", "More.")))
    assert evolve(loaded, events)
    assert loaded.load(events, ALL).in_place == 4
    assert_as_loaded_anew(loaded, events)


def test_objects_of_an_earlier_declaration_are_loaded_by_their_own_columns(loaded: Pipeline) -> None:
    """What rebuild-raw meets when the declaration has changed and no refresh has run yet."""
    columns = (text("origin", 50, "Country.", formerly="country"), CHANNEL)
    others = tuple(c for c in ORDERS.columns if c.name not in ("country", "status"))
    changed = replace(ORDERS, columns=(*others, *columns), indexes=())
    loaded.warehouse.execute("ALTER TABLE RAW.ORDERS RENAME COLUMN country TO origin")
    prepare(loaded.warehouse, [changed])
    loaded.warehouse.execute("DELETE FROM RAW.ORDERS")
    assert loaded.load(changed, ALL).not_compared == (
        "2 partitions: rows counted, checksum not comparable (column status is no longer declared)"
    )
    rows = loaded.warehouse.rows("SELECT id, user_id, total_amount, origin, channel FROM RAW.ORDERS ORDER BY id")
    source = loaded.sql("SELECT id, user_id, total_amount, country, NULL FROM orders ORDER BY id")
    assert rows == source
    assert len(rows) == 4


def test_a_kill_at_any_statement_of_a_load_in_place_leaves_what_was_or_what_is_to_be(loaded: Pipeline) -> None:
    loaded.sql(f"ALTER TABLE orders ADD COLUMN channel VARCHAR(20) DEFAULT {CHANNEL.default}")
    assert evolve(loaded, WITH_CHANNEL)
    before = loaded.raw_rows(WITH_CHANNEL)
    for statements in count():
        stopping = StoppingWarehouse(loaded.warehouse, statements)
        try:
            load(stopping, loaded.lake, WITH_CHANNEL, ALL, start_date=START, run_id="killed")
        except Killed:
            # What a session leaves open is rolled back when it is lost.
            loaded.warehouse.session.rollback()
            assert loaded.raw_rows(WITH_CHANNEL) == before
            continue
        break
    assert statements > 5
    assert_as_loaded_anew(loaded, WITH_CHANNEL)


def test_a_manifest_of_a_newer_version_is_neither_read_nor_replaced(loaded: Pipeline) -> None:
    newer = loaded.manifest(ORDERS, day(1)).model_copy(update={"version": VERSION + 1})
    write_manifest(loaded.lake, ORDERS, newer)
    refusal = (
        rf"2025-09-02/_manifest.json was written by a newer ShopStream .* up to {VERSION}\): install the newer one"
    )
    for step in (loaded.load, loaded.extract):
        with pytest.raises(ShopStreamError, match=refusal):
            step(ORDERS, ALL)
    assert loaded.lake.read_json(manifest_key(ORDERS, day(1)))["version"] == VERSION + 1


def test_a_table_that_gets_days_or_loses_them_begins_anew(loaded: Pipeline) -> None:
    partitioned = replace(USERS, partition=ByDay("created_at"))
    loaded.sql("UPDATE users SET created_at = %s", (day(1) + timedelta(hours=3),))
    loaded.move(partitioned, ALL)
    assert loaded.raw_rows(USERS) == loaded.source_rows(USERS)
    assert set(loaded.raw_partitions(USERS).values()) == {day(1)}
    loaded.move(USERS)
    assert loaded.raw_rows(USERS) == loaded.source_rows(USERS)
    assert [partition for partition, _, _ in loaded.log(USERS)] == [None]


def test_a_numeric_without_digits_of_its_own_is_proven_and_rebuilt(loaded: Pipeline) -> None:
    loaded.sql("ALTER TABLE orders ADD COLUMN weight NUMERIC")
    loaded.sql("UPDATE orders SET weight = id + 0.123456789")
    weighed = replace(ORDERS, columns=(*ORDERS.columns, column("weight", "numeric", digits=(38, 9))))
    evolve(loaded, weighed)
    loaded.load(weighed, ALL)
    loaded.sql("ALTER TABLE orders ADD COLUMN channel VARCHAR(20)")
    both = replace(weighed, columns=(*weighed.columns, CHANNEL))
    prepare(loaded.warehouse, [both])
    loaded.warehouse.execute("DELETE FROM RAW.ORDERS")
    loaded.load(both, ALL)
    assert loaded.raw_rows(both) == loaded.source_rows(both)
    kept = evolve(loaded, both)
    assert kept is not None
    assert kept.startswith(f"{KEPT} orders, 4 days: channel is NULL")
    loaded.load(both, ALL)
    assert_as_loaded_anew(loaded, both)
    # The source still has the column that is no longer declared.
    assert evolve(loaded, WITH_CHANNEL)
    loaded.load(WITH_CHANNEL, ALL)
    assert_as_loaded_anew(loaded, WITH_CHANNEL)


@pytest.mark.parametrize("newer", [day(1), day(2)], ids=["new first", "old first"])
def test_days_of_a_retyped_column_keep_their_values_beside_days_of_before(loaded: Pipeline, newer: date) -> None:
    loaded.sql("ALTER TABLE orders ALTER COLUMN payment_method TYPE INTEGER USING id")
    retyped = replace(ORDERS, columns=(*ORDERS.columns[:-1], integer("payment_method", "Now a number.")))
    loaded.extract(retyped, Days(newer, newer, START))
    loaded.warehouse.execute("ALTER TABLE RAW.ORDERS DROP COLUMN payment_method")
    loaded.warehouse.execute("ALTER TABLE RAW.ORDERS ADD COLUMN payment_method NUMBER(38,0)")
    loaded.load(retyped, ALL)
    rows = loaded.warehouse.rows("SELECT id, _partition_date, payment_method FROM RAW.ORDERS ORDER BY id")
    assert [value for _, _, value in rows] == [id_ if when == newer else None for id_, when, _ in rows]
    assert {when for _, when, _ in rows} == {day(1), day(2)}


@pytest.mark.parametrize("name", ["event_type", "metadata"])
def test_documents_are_compared_unless_one_of_them_was_dropped(loaded: Pipeline, name: str) -> None:
    loaded.sql("UPDATE events SET metadata = '{}'")
    loaded.move(EVENTS, ALL)
    events = replace(EVENTS, columns=tuple(c for c in EVENTS.columns if c.name != name), indexes=())
    if name == "metadata":
        loaded.sql("ALTER TABLE events ADD COLUMN more JSONB")
        events = replace(events, columns=(*events.columns, document("more", "More.")))
    assert evolve(loaded, events)
    # Somebody has changed a document in RAW: no update of other columns makes it the object's again.
    loaded.warehouse.execute(
        "UPDATE RAW.EVENTS SET metadata = PARSE_JSON('{\"other\": 1}') WHERE id = (SELECT MIN(id) FROM RAW.EVENTS)"
    )
    assert loaded.load(events, ALL).in_place == (0 if name == "event_type" else 4)
    assert loaded.raw_rows(events) == loaded.source_rows(events)
