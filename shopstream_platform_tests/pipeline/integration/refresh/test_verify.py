"""Whatever is changed behind the platform's back is found, named, and mended by what a repair loads."""

import pytest

from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import PARTITIONED, SHOP_TABLES, SNAPSHOTS
from shopstream_platform.pipeline.refresh.drift import Why, read_loads
from shopstream_platform.pipeline.refresh.verify import STALE_CODE, Damage, find_damage, make_stale
from shopstream_platform.stores.build_log import built_tables
from shopstream_platform_tests.fixtures.pipeline import EVENTS, ORDERS, PRODUCTS, USERS, Pipeline, day, days

LAST = 2
# Not CORE: other tests build their models there.
SCHEMA = "VERIFY_TEST"


@pytest.fixture
def shop(pipeline: Pipeline) -> Pipeline:
    """Three days, all of them loaded; the last is empty."""
    for number in (0, 1):
        user = pipeline.insert(USERS, email=f"{number}@example.org")
        pipeline.insert(PRODUCTS, merchant_id=1, name="p", price=1)
        pipeline.insert(ORDERS, user_id=user, total_amount=1, created_at=day(number))
        pipeline.insert(EVENTS, event_type="view", event_ts=day(number), metadata='{"page": {"url": "/"}, "n": [1, 2]}')
    for table in SHOP_TABLES:
        pipeline.move(table, days(0, LAST) if table.partitioned else None)
    return pipeline


def damage_of(shop: Pipeline) -> Damage:
    loads = read_loads(shop.warehouse)
    return find_damage(shop.warehouse, shop.lake, loads, SCHEMA, (day(0), day(LAST)), set())


def is_whole(damage: Damage) -> bool:
    return not (damage.drift or damage.tables or damage.beyond_repair)


def test_what_was_loaded_is_proven_and_counted(shop: Pipeline) -> None:
    damage = damage_of(shop)
    assert is_whole(damage)
    loads = len(SNAPSHOTS) + len(PARTITIONED) * (LAST + 1)
    assert damage.counted == (
        f"8 rows of {len(SHOP_TABLES)} RAW tables, the lake's objects of {loads} loads, "
        "0 models (0 by content, views by rows)"
    )


OTHER_NUMBER = '{"page": {"url": "/"}, "n": [1, 3]}'
OTHER_NESTING = '{"page": {"url": "/", "n": [1, 2]}}'
NEW_ORDER = "INSERT INTO RAW.ORDERS (id, user_id, total_amount, _partition_date)"


@pytest.mark.parametrize(
    ("statement", "table", "number"),
    [
        (f"UPDATE RAW.EVENTS SET metadata = PARSE_JSON('{OTHER_NUMBER}') WHERE id = 2", EVENTS, 1),
        (f"UPDATE RAW.EVENTS SET metadata = PARSE_JSON('{OTHER_NESTING}') WHERE id = 1", EVENTS, 0),
        ("UPDATE RAW.EVENTS SET metadata = NULL WHERE id = 2", EVENTS, 1),
        ("UPDATE RAW.ORDERS SET total_amount = 1.01 WHERE id = 1", ORDERS, 0),
        ("DELETE FROM RAW.ORDERS WHERE id = 2", ORDERS, 1),
        (f"{NEW_ORDER} VALUES (9, 1, 1, '2025-09-03')", ORDERS, 2),
        ("UPDATE RAW.ORDERS SET _partition_date = '2025-09-03' WHERE id = 2", ORDERS, 2),
        ("UPDATE RAW.USERS SET first_name = 'x' WHERE id = 1", USERS, None),
        ("DELETE FROM RAW.PRODUCTS", PRODUCTS, None),
        ("INSERT INTO RAW.USERS (id, email, _partition_date) VALUES (9, 'x', '1999-01-01')", USERS, None),
    ],
)
def test_a_row_changed_by_hand_in_raw_is_found_and_a_load_mends_it(
    shop: Pipeline, statement: str, table: Table, number: int | None
) -> None:
    shop.warehouse.execute(statement)
    damage = damage_of(shop)
    if number is None:
        assert damage.drift.snapshots == {table.name: Why.DAMAGED}
        shop.load(table)
    else:
        assert damage.drift.days[table.name][day(number)] is Why.DAMAGED
        shop.load(table, days(0, LAST))
    assert is_whole(damage_of(shop))


def test_rows_that_no_load_put_there_are_named_with_the_statement_that_deletes_them(shop: Pipeline) -> None:
    for value in ("NULL", "'2031-01-01'"):
        shop.warehouse.execute(
            f"INSERT INTO RAW.ORDERS (id, user_id, total_amount, _partition_date) VALUES (9, 1, 1, {value})"
        )
    damage = damage_of(shop)
    assert not damage.drift
    for sentence in damage.beyond_repair:
        shop.warehouse.execute(sentence.partition(": ")[2])
    assert is_whole(damage_of(shop))


@pytest.mark.parametrize("ending", [".gz", "_manifest.json"])
def test_what_is_gone_from_the_lake_is_found_and_an_extraction_mends_it(shop: Pipeline, ending: str) -> None:
    gone = [key for table in (USERS, ORDERS) for key in shop.keys(table) if key.endswith(ending)]
    shop.lake.delete(gone)
    damage = damage_of(shop)
    assert damage.drift.snapshots == {"users": Why.LOST}
    # The last day has no rows, so that it has a manifest alone.
    lost = (0, 1) if ending == ".gz" else (0, 1, 2)
    assert damage.drift.days == {"orders": {day(number): Why.LOST for number in lost}}
    shop.move(USERS)
    shop.move(ORDERS, days(0, LAST))
    assert is_whole(damage_of(shop))


def test_a_cut_manifest_and_an_object_under_another_key_are_found(shop: Pipeline) -> None:
    first, second = (key for key in shop.keys(ORDERS) if key.endswith(".gz"))
    manifest = next(key for key in shop.keys(EVENTS) if key.endswith("_manifest.json"))
    shop.lake.write(manifest, shop.body(manifest)[:20], "application/json")
    body = shop.body(first)
    shop.lake.delete([first])
    shop.lake.write(second.replace(".csv", "_0001.csv"), body, "application/gzip")
    damage = damage_of(shop)
    assert damage.drift.days == {"events": {day(0): Why.LOST}, "orders": {day(0): Why.LOST}}


def test_a_day_that_was_loaded_before_the_clock_was_set_back_is_named(shop: Pipeline) -> None:
    loads = read_loads(shop.warehouse)
    earlier = (day(0), day(0))
    assert is_whole(find_damage(shop.warehouse, shop.lake, loads, SCHEMA, earlier, set()))
    shop.warehouse.execute("DELETE FROM RAW.ORDERS WHERE id = 2")
    shop.warehouse.execute("UPDATE RAW.EVENTS SET event_type = 'x' WHERE id = 2")
    damage = find_damage(shop.warehouse, shop.lake, loads, SCHEMA, earlier, set())
    assert not damage.drift
    assert ["was set back" in sentence for sentence in damage.beyond_repair] == [True, True]


@pytest.fixture
def built(shop: Pipeline) -> Pipeline:
    """Three models and what the build log says of them."""
    execute = shop.warehouse.execute
    execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    execute("USE SCHEMA RAW")
    execute(f"CREATE OR REPLACE TABLE {SCHEMA}.FACT (id NUMBER(38,0), _code_version VARCHAR)")
    execute(f"CREATE OR REPLACE TABLE {SCHEMA}.SNAP (id NUMBER(38,0))")
    execute(f"CREATE OR REPLACE TABLE {SCHEMA}.MART (id NUMBER(38,0))")
    execute(
        f"CREATE OR REPLACE TABLE {SCHEMA}._BUILD_TABLES (table_schema VARCHAR, table_name VARCHAR, "
        "materialized VARCHAR, columns VARCHAR, row_count NUMBER(38,0), content_hash NUMBER(38,0))"
    )
    for name, kind, columns in (
        ("FACT", "incremental", "_code_version, id"),
        ("SNAP", "snapshot", "id"),
        ("MART", "table", "id"),
    ):
        execute(f"INSERT INTO {SCHEMA}.{name} (id) VALUES (1), (2), (2)")
        execute(
            f"INSERT INTO {SCHEMA}._BUILD_TABLES SELECT '{SCHEMA}', '{name}', '{kind}', '{columns}', COUNT(*), "
            f"HASH_AGG({columns}) FROM {SCHEMA}.{name}"
        )
    return shop


def test_models_that_are_as_they_were_built_are_proven(built: Pipeline) -> None:
    assert len(built_tables(built.warehouse, SCHEMA)) == 3
    assert is_whole(damage_of(built))


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DROP TABLE {}.MART", "is gone"),
        ("DELETE FROM {}.MART", "has 0 rows, and had 3 when it was built"),
        ("UPDATE {}.MART SET id = 3 WHERE id = 1", "does not hold what was built"),
        ("UPDATE {}.MART SET id = 1 WHERE id = 2", "does not hold what was built"),
    ],
)
def test_a_mart_that_was_dropped_emptied_or_changed_is_found(built: Pipeline, statement: str, problem: str) -> None:
    built.warehouse.execute(statement.format(SCHEMA))
    damage = damage_of(built)
    assert damage.tables == {f"{SCHEMA}.MART": problem}
    assert damage.incremental == []


def test_an_incremental_model_is_built_again_as_a_whole(built: Pipeline) -> None:
    built.warehouse.execute(f"UPDATE {SCHEMA}.FACT SET id = 7 WHERE id = 1")
    damage = damage_of(built)
    assert damage.incremental == [f"{SCHEMA}.FACT"]
    make_stale(built.warehouse, damage)
    assert built.warehouse.rows(f"SELECT DISTINCT _code_version FROM {SCHEMA}.FACT") == [(STALE_CODE,)]


def test_history_cannot_be_built_again(built: Pipeline) -> None:
    built.warehouse.execute(f"DELETE FROM {SCHEMA}.SNAP")
    damage = damage_of(built)
    assert damage.tables == {}
    assert "restore it by Time Travel" in damage.beyond_repair[0]


def test_a_model_that_no_build_has_recorded_is_damage(built: Pipeline) -> None:
    loads = read_loads(built.warehouse)
    models = {f"{SCHEMA}.MART", f"{SCHEMA}.OTHER"}
    damage = find_damage(built.warehouse, built.lake, loads, SCHEMA, (day(0), day(LAST)), models)
    assert damage.tables == {f"{SCHEMA}.OTHER": "is not in the record of what was built"}
