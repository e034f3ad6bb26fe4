"""Somebody else's shop: a role that may only read is enough, and nothing is written."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.extract import sql
from shopstream_platform.pipeline.refresh.drift import find_drift, read_loads
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.external import source_schema
from shopstream_platform_tests.fixtures.pipeline import (
    EVENTS,
    Pipeline,
    day,
    days,
)

ROLE, PASSWORD = "spine_reader", "read-only"
OBJECTS = """
SELECT n.nspname, c.relname, c.relkind, c.reltuples >= 0, c.relfilenode, c.relacl::text, a.columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (SELECT array_agg(attname || ' ' || format_type(atttypid, atttypmod) ORDER BY attnum) AS columns
                   FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0) a ON TRUE
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1, 2
"""


@pytest.fixture
def theirs(pipeline: Pipeline) -> Iterator[Pipeline]:
    """A shop of exactly the declared schema, read through a role that may only SELECT."""
    pipeline.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    pipeline.sql(source_schema())
    pipeline.insert_one_of_each(day(0))
    pipeline.sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
    pipeline.sql(f"GRANT USAGE ON SCHEMA public TO {ROLE}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {ROLE}")
    yield replace(pipeline, dsn=make_dsn(pipeline.dsn, user=ROLE, password=PASSWORD))
    pipeline.sql(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


def test_the_role_really_only_reads(theirs: Pipeline) -> None:
    with psycopg2.connect(theirs.dsn) as conn, conn.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("DELETE FROM users")
        conn.rollback()


def test_a_role_that_only_reads_is_enough_to_move_every_table(theirs: Pipeline) -> None:
    for table in SHOP_TABLES:
        assert theirs.move(table, days(0, 1) if table.partitioned else None).rows == 1
        assert theirs.raw_rows(table) == theirs.source_rows(table)


def test_a_role_that_only_reads_is_enough_to_find_drift(theirs: Pipeline) -> None:
    for table in SHOP_TABLES:
        theirs.move(table, days(0, 1) if table.partitioned else None)
    theirs.sql("UPDATE users SET country = 'FRA'")
    with snapshot(theirs.dsn) as conn:
        drift = find_drift(conn, read_loads(theirs.warehouse), days(0, 1))
    assert list(drift.snapshots) == ["users"]
    assert drift.days == {}


def test_a_role_that_only_reads_is_enough_to_count_what_is_not_due(theirs: Pipeline) -> None:
    theirs.insert(EVENTS, event_type="today", event_ts=day(2))
    theirs.insert(EVENTS, event_type="future", event_ts=day(200))
    with snapshot(theirs.dsn) as conn, conn.cursor() as cursor:
        cursor.execute(sql.beyond(EVENTS, day(1), datetime.combine(day(2), time(12))))
        assert cursor.fetchall() == [(1, 1, 0, None)]


def test_nothing_is_written_to_the_source(theirs: Pipeline) -> None:
    before = theirs.sql(OBJECTS), written(theirs), [theirs.source_rows(table) for table in SHOP_TABLES]
    for table in SHOP_TABLES:
        theirs.move(table, days(0, 1) if table.partitioned else None)
    with snapshot(theirs.dsn) as conn:
        find_drift(conn, read_loads(theirs.warehouse), days(0, 1))
    assert (theirs.sql(OBJECTS), written(theirs), [theirs.source_rows(table) for table in SHOP_TABLES]) == before


def written(pipeline: Pipeline) -> list[tuple]:
    """Rows inserted, updated and deleted in any table of anybody's, as the server counts them."""
    pipeline.sql("SELECT pg_stat_force_next_flush()")
    return pipeline.sql(
        "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY schemaname, relname"
    )
