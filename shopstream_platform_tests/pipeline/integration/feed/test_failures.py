"""What decoding does not tell, or what takes the slot away: it is noticed, said, and made good by a comparison."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from shopstream_platform.config.errors import TransientError
from shopstream_platform.config.groups import FeedOutput, FeedSettings
from shopstream_platform.pipeline.feed import open as opening
from shopstream_platform.pipeline.feed.feed import FeedUse
from shopstream_platform.pipeline.feed.glance import glance
from shopstream_platform.pipeline.refresh.drift import Drift, Why
from shopstream_platform_tests.fixtures.fed import FedShop, on
from shopstream_platform_tests.fixtures.pipeline import CRM_CONTACTS, EVENTS, connect, day
from shopstream_platform_tests.pipeline.integration.feed.test_random import invalidate

ROLE, HIDDEN = "feed_reader", "read-only"


def said(drift: Drift) -> str:
    return "; ".join(drift.blind)


def insert_event(shop: FedShop, number: int) -> None:
    shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(number))


def test_a_slot_that_the_server_has_invalidated(shop: FedShop) -> None:
    insert_event(shop, 3)
    invalidate(shop)
    drift, _ = shop.look()
    assert "was invalidated by the server" in said(drift)
    assert on(drift, "events") == {day(3)}
    shop.load(drift)
    insert_event(shop, 4)
    assert on(shop.cycle(), "events") == {day(4)}
    shop.drain()
    assert shop.unlike() == []


def test_a_slot_that_is_gone(shop: FedShop) -> None:
    shop.pipeline.sql("SELECT pg_drop_replication_slot(%s)", [shop.name])
    insert_event(shop, 3)
    drift, _ = shop.look()
    assert f"slot {shop.name} did not exist" in said(drift)
    assert on(drift, "events") == {day(3)}


def test_a_slot_that_somebody_else_has_advanced(shop: FedShop) -> None:
    insert_event(shop, 3)
    shop.pipeline.sql("SELECT pg_replication_slot_advance(%s, pg_current_wal_lsn())", [shop.name])
    drift, _ = shop.look()
    assert "was advanced by something else" in said(drift)
    assert on(drift, "events") == {day(3)}


def test_a_slot_that_holds_back_too_much(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    insert_event(shop, 3)
    monkeypatch.setattr(FeedSettings, "max_lag", property(lambda _: 10))
    drift, _ = shop.look()
    assert "over 2 times SHOPSTREAM_CHANGE_FEED_MAX_LAG_GB" in said(drift)
    assert on(drift, "events") == {day(3)}


def test_another_server(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    server = opening.server
    monkeypatch.setattr(opening, "server", lambda conn: replace(server(conn), timeline="00000007"))
    insert_event(shop, 3)
    drift, _ = shop.look()
    assert "another one than before, a restored one or a promoted standby" in said(drift)
    assert on(drift, "events") == {day(3)}


def test_a_publication_that_was_made_anew_loses_nothing(shop: FedShop) -> None:
    """PostgreSQL passes over a missing publication, and over what was written without one."""
    shop.pipeline.sql(f"DROP PUBLICATION {shop.name}")
    insert_event(shop, 3)
    drift, _ = shop.look()
    assert "the publication was made anew" in said(drift)
    assert on(drift, "events") == {day(3)}
    shop.load(drift)
    shop.drain()
    assert shop.unlike() == []


def test_a_table_that_was_taken_out_of_the_publication(shop: FedShop) -> None:
    shop.pipeline.sql(f"ALTER PUBLICATION {shop.name} DROP TABLE events")
    insert_event(shop, 3)
    drift, compared = shop.look()
    assert "events was altered" in said(drift)
    assert (on(drift, "events"), compared.fed.changes) == ({day(3)}, 0)
    shop.load(drift)
    insert_event(shop, 4)
    assert shop.cycle().days == {"events": {day(4): Why.CHANGED}}


def test_a_publication_that_leaves_something_out_is_not_read(shop: FedShop) -> None:
    shop.pipeline.sql(f"ALTER PUBLICATION {shop.name} SET (publish = 'insert, update')")
    shop.pipeline.sql("DELETE FROM events WHERE event_ts = %s", [day(1)])
    drift, compared = shop.look()
    assert "leaves out inserts, updates, deletes or truncates" in said(drift)
    assert (on(drift, "events"), compared.fed.tables) == ({day(1)}, ())


def test_a_rewrite(shop: FedShop) -> None:
    shop.pipeline.sql("ALTER TABLE orders ALTER total_amount TYPE DECIMAL(10,2) USING total_amount + 1")
    drift, compared = shop.look()
    assert "orders was altered" in said(drift)
    assert compared.fed.changes == 0
    assert on(drift, "orders") == {day(0), day(1), day(2)}


def test_a_table_that_was_dropped_and_made_again(shop: FedShop) -> None:
    shop.pipeline.sql("CREATE TABLE other (LIKE crm_contacts INCLUDING INDEXES)")
    shop.pipeline.sql("DROP TABLE crm_contacts; ALTER TABLE other RENAME TO crm_contacts")
    drift, _ = shop.look()
    assert drift.snapshots == {"crm_contacts": Why.EMPTIED}
    shop.load(drift)
    shop.pipeline.sql("INSERT INTO crm_contacts (id, email) VALUES (99, 'new@example.org')")
    assert shop.cycle().snapshots == {"crm_contacts": Why.CHANGED}
    shop.drain()
    assert shop.pipeline.raw_rows(CRM_CONTACTS) == shop.pipeline.source_rows(CRM_CONTACTS)


def test_a_partition_that_is_detached(new_shop: Callable[..., FedShop]) -> None:
    shop = new_shop()
    shop.pipeline.sql(
        "ALTER TABLE events RENAME TO old; "
        "CREATE TABLE events (LIKE old INCLUDING DEFAULTS, PRIMARY KEY (id, event_ts)) PARTITION BY RANGE (event_ts)"
    )
    drift, _ = shop.look()
    # A partitioned table's primary key has the column that parts it, so that this one is compared by fingerprints.
    assert "events is compared by fingerprints: its primary key at the source is" in said(drift)
    shop.pipeline.sql(
        "DROP TABLE events; CREATE TABLE events (LIKE old INCLUDING DEFAULTS, PRIMARY KEY (id)) PARTITION BY RANGE (id)"
    )
    for number, (low, high) in enumerate([(0, 100), (100, 200)]):
        shop.pipeline.sql(f"CREATE TABLE events_{number} PARTITION OF events FOR VALUES FROM ({low}) TO ({high})")
    shop.pipeline.sql(
        "INSERT INTO events SELECT * FROM old; INSERT INTO events (id, event_type, event_ts) VALUES (150, 'view', %s)",
        [day(5)],
    )
    shop.drain()
    shop.pipeline.sql("UPDATE events SET event_type = 'purchase' WHERE id = 150")
    drift, compared = shop.look()
    assert (on(drift, "events"), compared.fed.changes) == ({day(5)}, 1)
    shop.load(drift)
    shop.drain()
    shop.pipeline.sql("ALTER TABLE events DETACH PARTITION events_1")
    drift, compared = shop.look()
    assert compared.fed.changes == 0
    assert on(drift, "events") == {day(5)}


def test_truncate(shop: FedShop) -> None:
    shop.pipeline.sql("TRUNCATE orders, order_items")
    drift, compared = shop.look()
    assert compared.fed.changes == 2
    assert on(drift, "orders") == on(drift, "order_items") == {day(0), day(1), day(2)}
    shop.load(drift)
    shop.drain()
    assert shop.unlike() == []


def test_what_is_suddenly_gone_is_not_deleted_and_stays_remembered(shop: FedShop) -> None:
    shop.limit = 0.5
    shop.pipeline.sql("DELETE FROM events")
    for _ in range(2):
        drift, _ = shop.look()
        assert list(drift.refused) == ["events"]
        assert "3 of 3 loaded rows are gone" in drift.refused["events"]
        assert shop.state.pending == {"events": {day(0), day(1), day(2)}}
    shop.limit = None
    assert on(shop.cycle(), "events") == {day(0), day(1), day(2)}


def test_a_migration_that_holds_a_table_ends_the_cycle_and_nothing_is_lost(
    shop: FedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopstream_platform.pipeline.feed.publication.LOCK_SECONDS", 1)
    # Older servers tell of a publication without a lock on its tables; there the snapshot waits for it.
    monkeypatch.setattr("shopstream_platform.stores.postgres_locks.LOCK_SECONDS", 1)
    insert_event(shop, 3)
    before = shop.confirmed
    migration = psycopg2.connect(shop.pipeline.dsn)
    with migration.cursor() as cursor:
        cursor.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    with pytest.raises(TransientError, match="has been locked by another session for 1 s"):
        shop.look(FeedUse.CYCLE)
    migration.close()
    assert shop.confirmed == before
    assert on(shop.cycle(), "events") == {day(3)}


def test_another_session_that_reads_the_slot(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    find = opening.find_slot

    def busy(conn, name):
        slot = find(conn, name)
        return slot and replace(slot, active_pid=4711)

    monkeypatch.setattr(opening, "find_slot", busy)
    insert_event(shop, 3)
    drift, compared = shop.look()
    assert "is being read by another session (pid 4711)" in said(drift)
    assert (on(drift, "events"), compared.fed.tables) == ({day(3)}, ())


def test_more_changes_than_it_pays_to_look_up(shop: FedShop) -> None:
    shop.max_keys = 2
    for number in range(3):
        insert_event(shop, number)
    drift, compared = shop.look()
    assert on(drift, "events") == {day(0), day(1), day(2)}
    assert (compared.fed.parts, compared.fed.changes) == (10, 3)


@pytest.mark.parametrize(
    ("alteration", "reason"),
    [
        ("REPLICA IDENTITY FULL", "its REPLICA IDENTITY is FULL"),
        ("DROP CONSTRAINT events_pkey", "it has no primary key at the source"),
        ("SET UNLOGGED", "it is an unlogged table at the source"),
    ],
)
def test_what_the_feed_cannot_serve_is_compared_and_named(
    new_shop: Callable[..., FedShop], alteration: str, reason: str
) -> None:
    shop = new_shop()
    shop.pipeline.sql(f"ALTER TABLE events {alteration}")
    shop.drain()
    insert_event(shop, 3)
    shop.pipeline.sql("UPDATE orders SET status = 'paid' WHERE created_at = %s", [day(1)])
    drift, compared = shop.look()
    assert f"events is compared by fingerprints: {reason}" in said(drift)
    assert drift.days == {"events": {day(3): Why.CHANGED}, "orders": {day(1): Why.CHANGED}}
    assert "events" not in compared.fed.tables
    # A publication with that table would make the shop's own updates fail.
    shop.pipeline.sql("UPDATE events SET event_type = 'purchase'")


@pytest.fixture
def reader(shop: FedShop) -> Iterator[Callable[[str], FedShop]]:
    """The shop through a role with these attributes that may only read."""
    shop.pipeline.sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{HIDDEN}'; GRANT pg_read_all_data TO {ROLE}")

    def through(attributes: str) -> FedShop:
        shop.pipeline.sql(f"ALTER ROLE {ROLE} {attributes}")
        return replace(shop, dsn=make_dsn(shop.pipeline.dsn, user=ROLE, password=HIDDEN), anew=False)

    yield through
    shop.drop()
    shop.pipeline.sql(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


def test_a_reader_is_told_who_makes_the_publication(reader: Callable[[str], FedShop]) -> None:
    shop = reader("REPLICATION")
    shop.drop()
    insert_event(shop, 3)
    drift, _ = shop.look()
    assert on(drift, "events") == {day(3)}
    assert "could not be made by role" in said(drift)
    assert f'CREATE PUBLICATION "{shop.name}" FOR TABLE "public"."users" ("id")' in said(drift)
    assert "SHOPSTREAM_CHANGE_FEED_OUTPUT=test_decoding" in said(drift)
    assert HIDDEN not in said(drift)


def test_a_reader_reads_what_the_owner_has_published(reader: Callable[[str], FedShop]) -> None:
    shop = reader("REPLICATION")
    insert_event(shop, 3)
    drift, compared = shop.look()
    assert (on(drift, "events"), compared.fed.parts) == ({day(3)}, 1)
    assert said(drift) == ""


def test_a_role_without_the_right_is_told_what_grants_it(reader: Callable[[str], FedShop]) -> None:
    shop = reader("NOREPLICATION")
    shop.pipeline.sql("SELECT pg_drop_replication_slot(%s)", [shop.name])
    insert_event(shop, 3)
    drift, _ = shop.look()
    assert on(drift, "events") == {day(3)}
    assert f'ALTER ROLE "{ROLE}" REPLICATION (RDS: GRANT rds_replication TO "{ROLE}")' in said(drift)


def test_the_output_of_test_decoding_needs_no_publication(new_shop: Callable[..., FedShop]) -> None:
    shop = new_shop(output=FeedOutput.TEST_DECODING)
    shop.drain()
    assert shop.pipeline.sql("SELECT count(*) FROM pg_publication") == [(0,)]
    shop.pipeline.sql("UPDATE orders SET created_at = %s WHERE created_at = %s", [day(7), day(1)])
    shop.pipeline.sql("DELETE FROM events WHERE event_ts = %s", [day(0)])
    drift, compared = shop.look()
    assert drift.days == {
        "orders": {day(1): Why.EMPTIED, day(7): Why.CHANGED},
        "order_items": {day(1): Why.EMPTIED, day(7): Why.CHANGED},
        "events": {day(0): Why.EMPTIED},
    }
    assert (compared.fed.changes, drift.snapshots) == (2, {})
    shop.load(drift)
    shop.drain()
    assert shop.unlike() == []


def test_two_environments_of_one_database_have_slots_of_their_own(shop: FedShop) -> None:
    other = FedShop(shop.pipeline, name=f"{shop.name}_other", anew=False)
    insert_event(shop, 3)
    assert glance(shop.settings)[0].changed
    assert shop.cycle()
    shop.drain()
    assert not glance(shop.settings)[0].changed
    other.drop()


def test_nobodys_table_is_altered(shop: FedShop) -> None:
    query = (
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relreplident NOT IN ('d', 'n')"
    )
    assert shop.pipeline.sql(query) == [(0,)]
    columns = "SELECT tablename, attnames::text[] FROM pg_publication_tables WHERE pubname = %s ORDER BY 1"
    assert shop.pipeline.sql(columns, [shop.name]) == [
        ("crm_contacts", ["id"]),
        ("events", ["id", "event_ts"]),
        ("order_items", ["id", "order_id"]),
        ("orders", ["id", "created_at"]),
        ("products", ["id"]),
        ("users", ["id"]),
    ]


def test_what_the_feed_has_not_named_is_an_alarm(shop: FedShop) -> None:
    with connect(shop.pipeline.dsn) as other, other.cursor() as cursor:
        # A change that no log has: what a broken feed, or a server that was tampered with, looks like.
        cursor.execute("ALTER TABLE orders ALTER total_amount TYPE DECIMAL(10,2) USING total_amount + 1")
    known = shop.look(FeedUse.PROVE)[0]
    assert known.missed == []
    assert on(known, "orders") == {day(0), day(1), day(2)}
    shop.drain()
    insert_event(shop, 3)
    shop.pipeline.sql("SELECT pg_replication_slot_advance(%s, pg_current_wal_lsn())", [shop.name])
    state = shop.state
    shop.pipeline.warehouse.execute(
        f"UPDATE RAW._CHANGE_FEED SET state = REPLACE(state, '\"confirmed\": {state.confirmed}', "
        "'\"confirmed\": 999999999999999')"
    )
    missed = shop.look(FeedUse.PROVE)[0].missed
    assert missed == [f"events of {day(3)} has changed, and the change feed has not named it"]


def test_rows_that_no_partition_takes_yet_do_no_harm(shop: FedShop) -> None:
    shop.pipeline.sql("UPDATE orders SET created_at = '2099-01-01' WHERE created_at = %s", [day(1)])
    drift, _ = shop.look()
    assert on(drift, "orders") == on(drift, "order_items") == {day(1)}
    shop.load(drift)
    shop.drain()
    assert shop.unlike() == []
