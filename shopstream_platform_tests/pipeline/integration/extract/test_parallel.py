"""Several tables at once: one moment for all of them, one failure for each, and nothing goes on after the end."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

import dagster as dg
import psycopg2
import pytest
from psycopg2.extensions import connection, make_dsn

from shopstream_platform.config.errors import TransientError
from shopstream_platform.config.groups import CalendarSettings, OltpSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import today
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.defs.assets import lake as lake_assets
from shopstream_platform.defs.resources.lake import LakeResource
from shopstream_platform.defs.resources.postgres import PostgresResource
from shopstream_platform.pipeline.extract.parallel import at_once, largest_first
from shopstream_platform.pipeline.extract.table import Extraction, extract
from shopstream_platform.stores.postgres import snapshots
from shopstream_platform_tests.fixtures.pipeline import (
    CRM_CONTACTS,
    EVENTS,
    ORDERS,
    PRODUCTS,
    START,
    USERS,
    Pipeline,
    day,
)

Materialize = Callable[[int], dg.ExecuteInProcessResult]
Before = Callable[[Table], None]
ROLE, HIDDEN = "parallel_reader", "read-only"
_numbers = count(1)


def insert_one_of_each(shop: Pipeline) -> None:
    """A row of every table; those that have a day are of the first."""
    shop.insert_one_of_each(day(0), next(_numbers))


@pytest.fixture
def shop(pipeline: Pipeline) -> Pipeline:
    """A row of every table."""
    insert_one_of_each(pipeline)
    return pipeline


@pytest.fixture
def materialize(shop: Pipeline, running_home: Path) -> Materialize:
    """Materialize the layer lake for the first day, with so many tables at once."""

    def run(tables_at_once: int) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            [
                lake_assets.build_lake_assets(
                    Settings(
                        calendar=CalendarSettings(start_date=START), oltp=OltpSettings(tables_at_once=tables_at_once)
                    )
                )
            ],
            partition_key=str(START),
            resources={
                "postgres": PostgresResource(dsn=shop.dsn),
                "lake": LakeResource(home=str(running_home)),
            },
            raise_on_error=False,
        )

    return run


@pytest.fixture
def before_each_table(monkeypatch: pytest.MonkeyPatch) -> Callable[[Before], None]:
    """Do something before the extraction of each table, in its thread."""

    def install(before: Before) -> None:
        def extract_after_that(conn: connection, lake: Any, table: Table, *rest: Any, **named: Any) -> Extraction:
            before(table)
            return extract(conn, lake, table, *rest, **named)

        monkeypatch.setattr(lake_assets, "extract", extract_after_that)

    return install


def rows_in_the_lake(shop: Pipeline) -> dict[str, int]:
    """Table -> rows of its manifest."""
    newest = today(CalendarSettings(start_date=START))
    return {table.name: shop.manifest(table, day(0) if table.partitioned else newest).rows for table in SHOP_TABLES}


def extracted(result: dg.ExecuteInProcessResult) -> set[str]:
    """The tables that were materialized."""
    return {event.asset_key.path[-1] for event in result.get_asset_materialization_events() if event.asset_key}


def sentence(result: dg.ExecuteInProcessResult) -> str:
    """What the failed step tells the user."""
    (failure,) = result.get_step_failure_events()
    return str(failure.step_failure_data.user_failure_data.description)  # pyright: ignore


@pytest.mark.parametrize("tables_at_once", [1, 2, 6])
def test_all_tables_are_of_one_moment_though_rows_come_between(
    shop: Pipeline, materialize: Materialize, before_each_table: Callable[[Before], None], tables_at_once: int
) -> None:
    turn = Lock()

    def insert(_: Table) -> None:
        with turn:
            insert_one_of_each(shop)

    before_each_table(insert)
    assert materialize(tables_at_once).success
    assert rows_in_the_lake(shop) == dict.fromkeys((table.name for table in SHOP_TABLES), 1)
    assert len(shop.source_rows(EVENTS)) == 1 + len(SHOP_TABLES)


@pytest.mark.parametrize("tables_at_once", [2, 3])
def test_so_many_tables_are_really_extracted_at_once(
    materialize: Materialize, before_each_table: Callable[[Before], None], tables_at_once: int
) -> None:
    meeting = Barrier(tables_at_once)
    begun = count(1)

    def meet(_: Table) -> None:
        if next(begun) <= tables_at_once:
            meeting.wait(timeout=20)

    before_each_table(meet)
    assert materialize(tables_at_once).success


@pytest.mark.parametrize("tables_at_once", [1, 2, 6])
def test_tables_that_fail_stop_no_other_and_are_named_in_the_order_of_the_catalogue(
    shop: Pipeline, materialize: Materialize, before_each_table: Callable[[Before], None], tables_at_once: int
) -> None:
    shop.sql("ALTER TABLE users DROP COLUMN country; ALTER TABLE events DROP COLUMN metadata")
    before_each_table(lambda table: time.sleep(0.3) if table is USERS else None)
    result = materialize(tables_at_once)
    assert not result.success
    assert extracted(result) == {table.name for table in SHOP_TABLES} - {"users", "events"}
    told = sentence(result)
    assert 0 <= told.index("users.country is declared") < told.index("events.metadata is declared")
    assert shop.keys(USERS) == shop.keys(EVENTS) == []


def test_a_fault_that_may_pass_is_tried_again(
    shop: Pipeline,
    materialize: Materialize,
    before_each_table: Callable[[Before], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shopstream_platform.defs.assets.common.FIRST_PAUSE_SECONDS", 0)
    shop.sql("ALTER TABLE users DROP COLUMN country")
    faults = [TransientError("503")]

    def fail_once(table: Table) -> None:
        if table is ORDERS and faults:
            raise faults.pop()

    before_each_table(fail_once)
    result = materialize(2)
    assert faults == []
    assert "users.country is declared but the source does not have it" in sentence(result)
    assert extracted(result) == {table.name for table in SHOP_TABLES} - {"users"}


def test_a_broken_connection_is_a_fault_that_may_pass(
    shop: Pipeline,
    materialize: Materialize,
    before_each_table: Callable[[Before], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shopstream_platform.defs.assets.common.FIRST_PAUSE_SECONDS", 0)
    breaks = [True]

    def end_all_connections_once(table: Table) -> None:
        if table is ORDERS and breaks:
            breaks.clear()
            shop.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'shopstream' AND datname = current_database()"
            )

    before_each_table(end_all_connections_once)
    assert materialize(2).success
    assert rows_in_the_lake(shop) == dict.fromkeys((table.name for table in SHOP_TABLES), 1)


def test_the_end_of_the_block_ends_what_is_under_way(shop: Pipeline) -> None:
    begun: list[str] = []

    def sleep(conn: connection, table: Table) -> None:
        begun.append(table.name)
        with conn.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(100)" if table is not USERS else "SELECT 1")

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), snapshots(shop.dsn, 2, pytest.fail) as connections:  # noqa: SIM117
        with at_once(connections, [USERS, ORDERS, EVENTS, PRODUCTS], sleep) as finished:
            assert next(finished)[0] is USERS
            raise KeyboardInterrupt
    assert time.monotonic() - began < 20
    assert "products" not in begun
    active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
    assert shop.sql(active) == [(0,)]


def test_the_largest_table_begins_first(shop: Pipeline) -> None:
    shop.sql("INSERT INTO crm_contacts (email) SELECT n || '@example.org' FROM generate_series(1, 2000) n")
    shop.sql("DROP TABLE events")
    with snapshots(shop.dsn, 1, pytest.fail) as (conn,):
        ordered = largest_first(conn, [USERS, EVENTS, CRM_CONTACTS])
    assert ordered == [CRM_CONTACTS, USERS, EVENTS]


def test_a_partitioned_table_is_as_large_as_its_parts(shop: Pipeline) -> None:
    shop.sql("DROP TABLE events")
    shop.sql("CREATE TABLE events (id INT) PARTITION BY RANGE (id)")
    shop.sql("CREATE TABLE events_all PARTITION OF events FOR VALUES FROM (0) TO (100000)")
    shop.sql("INSERT INTO events SELECT n FROM generate_series(1, 20000) n")
    with snapshots(shop.dsn, 1, pytest.fail) as (conn,):
        assert largest_first(conn, [USERS, EVENTS]) == [EVENTS, USERS]


def test_every_connection_only_reads_and_writes_values_the_same_way(shop: Pipeline) -> None:
    names = ["transaction_isolation", "transaction_read_only", "DateStyle", "TimeZone", "lc_numeric"]
    wanted = ["repeatable read", "on", "ISO, YMD", "UTC", "C"]
    with snapshots(shop.dsn, 3, pytest.fail) as connections:
        assert len(connections) == 3
        for conn in connections:
            with conn.cursor() as cursor:
                cursor.execute(f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}")
                assert cursor.fetchall() == [tuple(wanted)]


def test_a_connection_may_wait_for_the_others(shop: Pipeline) -> None:
    shop.sql("ALTER ROLE CURRENT_USER SET idle_in_transaction_session_timeout = '50ms'")
    try:
        with snapshots(shop.dsn, 2, pytest.fail) as (_, second), second.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
    finally:
        shop.sql("ALTER ROLE CURRENT_USER RESET idle_in_transaction_session_timeout")


@pytest.fixture
def reader(shop: Pipeline) -> Iterator[Pipeline]:
    """The shop through a role that may only read."""
    shop.sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{HIDDEN}'; GRANT pg_read_all_data TO {ROLE}")
    yield replace(shop, dsn=make_dsn(shop.dsn, user=ROLE, password=HIDDEN))
    shop.sql("GRANT EXECUTE ON FUNCTION pg_export_snapshot() TO PUBLIC")
    shop.sql(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


def rows_and_warning(reader: Pipeline) -> tuple[int, int, str]:
    """Connections of two that are asked for, the rows that the first sees, what the user is told."""
    warnings: list[str] = []
    with snapshots(reader.dsn, 2, warnings.append) as connections, connections[0].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM users")
        (rows,) = cursor.fetchone() or (0,)
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            cursor.execute("CREATE TABLE x ()")
        (warning,) = warnings
        assert HIDDEN not in warning
        assert "\n" not in warning
        connections[0].rollback()
        return len(connections), rows, warning


def test_a_server_that_exports_no_snapshot_is_read_on_one_connection(reader: Pipeline) -> None:
    reader.sql("REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC")
    connections, rows, warning = rows_and_warning(reader)
    assert (connections, rows) == (1, 1)
    assert "one after another" in warning
    assert "permission denied for function pg_export_snapshot" in warning


def test_a_role_of_one_connection_reads_on_it(reader: Pipeline) -> None:
    reader.sql(f"ALTER ROLE {ROLE} CONNECTION LIMIT 1")
    connections, rows, warning = rows_and_warning(reader)
    assert (connections, rows) == (1, 1)
    assert "too many connections for role" in warning


def test_a_snapshot_of_another_server_is_not_joined(reader: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopstream_platform.stores.postgres._export", lambda _: "00000099-00000099-1")
    connections, rows, warning = rows_and_warning(reader)
    assert (connections, rows) == (1, 1)
    assert "00000099-00000099-1" in warning
