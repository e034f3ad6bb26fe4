"""TRUNCATE and rewrites do not heed snapshots: they wait until a reader ends, who waits for them for a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dagster as dg
import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from shopstream_platform.config.errors import TransientError
from shopstream_platform.config.groups import CalendarSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import SHOP_TABLES, relations_of
from shopstream_platform.defs.assets import lake as lake_assets
from shopstream_platform.defs.resources.lake import LakeResource
from shopstream_platform.defs.resources.postgres import PostgresResource
from shopstream_platform.pipeline.extract.table import extract
from shopstream_platform.stores.postgres import snapshot, snapshots
from shopstream_platform_tests.fixtures.pipeline import EVENTS, ORDER_ITEMS, ORDERS, START, Pipeline, connect, day

ROLE, HIDDEN = "locking_reader", "read-only"
EVERYTHING = relations_of(SHOP_TABLES)


@pytest.fixture
def shop(pipeline: Pipeline) -> Pipeline:
    """A row of every table."""
    pipeline.insert_one_of_each(day(0))
    return pipeline


def is_locked_out(shop: Pipeline, statement: str) -> bool:
    """Whether the statement has to wait for somebody."""
    other = connect(shop.dsn)
    try:
        with other.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '100ms'; {statement}")
    except psycopg2.errors.LockNotAvailable:
        return True
    finally:
        other.close()
    return False


@contextmanager
def migration(shop: Pipeline, table: str) -> Iterator[None]:
    """Another session that has the table for itself."""
    other = psycopg2.connect(shop.dsn)
    try:
        with other.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        other.close()


@pytest.mark.parametrize("number", [1, 3])
def test_what_does_not_heed_a_snapshot_waits_for_its_end(shop: Pipeline, number: int) -> None:
    with snapshots(shop.dsn, number, pytest.fail, locking=EVERYTHING) as connections:
        with connections[0].cursor() as cursor:
            cursor.execute("SELECT 1")
        for statement in ("TRUNCATE events", "ALTER TABLE events ALTER event_type TYPE VARCHAR(60) USING event_type"):
            assert is_locked_out(shop, statement)
        # The shop goes on.
        shop.insert(EVENTS, event_type="view")
        with connections[-1].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM events")
            assert cursor.fetchone() == (1,)
    assert not is_locked_out(shop, "TRUNCATE events")


def test_a_table_that_is_truncated_between_two_is_extracted_as_the_snapshot_has_it(
    shop: Pipeline, running_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[bool] = []

    def extract_after_a_truncation(conn: psycopg2.extensions.connection, lake: object, table: Table, *rest, **named):
        if table is EVENTS:
            waited.append(is_locked_out(shop, "TRUNCATE events"))
        return extract(conn, lake, table, *rest, **named)  # pyright: ignore

    monkeypatch.setattr(lake_assets, "extract", extract_after_a_truncation)
    result = dg.materialize(
        [lake_assets.build_lake_assets(Settings(calendar=CalendarSettings(start_date=START)))],
        partition_key=str(START),
        resources={"postgres": PostgresResource(dsn=shop.dsn), "lake": LakeResource(home=str(running_home))},
    )
    assert result.success
    assert waited == [True]
    assert shop.manifest(EVENTS, day(0)).rows == 1


def test_a_table_that_stays_locked_is_one_sentence(shop: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopstream_platform.stores.postgres_locks.LOCK_SECONDS", 1)
    with migration(shop, "order_items"), pytest.raises(TransientError) as told:  # noqa: SIM117
        with snapshot(shop.dsn, locking=EVERYTHING):
            pass
    assert "order_items of PostgreSQL at 127.0.0.1" in str(told.value)
    assert "locked by another session for 1 s" in str(told.value)
    assert "run again when it has finished" in str(told.value)


def test_queries_that_follow_wait_as_long_as_the_role_allows(shop: Pipeline) -> None:
    shop.sql("ALTER ROLE CURRENT_USER SET lock_timeout = '7s'")
    try:
        with snapshot(shop.dsn, locking=EVERYTHING) as conn, conn.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("7s",)
    finally:
        shop.sql("ALTER ROLE CURRENT_USER RESET lock_timeout")


def test_locks_are_taken_before_the_snapshot(shop: Pipeline) -> None:
    """A table that was truncated while its lock was waited for is seen as it is after that."""
    with snapshot(shop.dsn, locking=EVERYTHING) as conn:
        shop.insert(ORDERS, user_id=1, total_amount=1)
        with conn.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM orders")
            assert cursor.fetchone() == (2,)


def test_the_locks_are_taken_again_when_connections_cannot_share_a_snapshot(
    shop: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopstream_platform.stores.postgres._export", lambda _: "00000099-00000099-1")
    warnings: list[str] = []
    with snapshots(shop.dsn, 2, warnings.append, locking=EVERYTHING) as connections:
        assert len(connections) == len(warnings) == 1
        assert is_locked_out(shop, "TRUNCATE events")


@pytest.fixture
def reader(shop: Pipeline) -> Iterator[Callable[[str], Pipeline]]:
    """The shop through a role that may do only what it is granted."""
    shop.sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{HIDDEN}'; GRANT USAGE ON SCHEMA public TO {ROLE}")

    def granted(rights: str) -> Pipeline:
        shop.sql(f"GRANT {rights} TO {ROLE}")
        return replace(shop, dsn=make_dsn(shop.dsn, user=ROLE, password=HIDDEN))

    yield granted
    shop.sql(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


def test_a_reader_may_lock(shop: Pipeline, reader: Callable[[str], Pipeline]) -> None:
    restricted = reader("SELECT ON ALL TABLES IN SCHEMA public")
    with snapshots(restricted.dsn, 1, pytest.fail, locking=EVERYTHING):
        assert is_locked_out(shop, "TRUNCATE events")


def test_a_table_of_which_only_columns_may_be_read_is_not_locked_and_that_is_said(
    reader: Callable[[str], Pipeline],
) -> None:
    shop, warnings = reader("SELECT (id) ON events"), list[str]()
    with snapshots(shop.dsn, 1, warnings.append, locking=["events"]) as (conn,), conn.cursor() as cursor:
        cursor.execute("SELECT count(id) FROM events")
        assert cursor.fetchone() == (1,)
    (warning,) = warnings
    assert "events is read without a lock" in warning
    assert f'GRANT SELECT ON events TO "{ROLE}"' in warning


@pytest.mark.parametrize(
    "relation",
    ["nothing_of_this_name", "no_schema.events", "CREATE MATERIALIZED VIEW seen AS SELECT * FROM events"],
)
def test_what_takes_no_lock_is_left_to_its_reading(shop: Pipeline, relation: str) -> None:
    if relation.startswith("CREATE"):
        shop.sql(relation)
        relation = "seen"
    with snapshots(shop.dsn, 1, pytest.fail, locking=[relation, "users"]) as (conn,):
        with conn.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM users")
            assert cursor.fetchone() == (1,)
        assert is_locked_out(shop, "TRUNCATE users CASCADE")


def test_a_view_is_locked_with_what_it_reads(shop: Pipeline) -> None:
    shop.sql("CREATE VIEW seen AS SELECT * FROM events")
    with snapshot(shop.dsn, locking=["seen"]):
        assert is_locked_out(shop, "TRUNCATE events")


def test_a_childs_parent_is_locked_too() -> None:
    assert relations_of([ORDER_ITEMS, ORDERS]) == ["orders", "order_items"]
