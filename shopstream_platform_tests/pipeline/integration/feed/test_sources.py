"""A declared source beside the shop has a feed of its own; keys of texts work, and what does not is said."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from shopstream_platform.contract.days import Days, contiguous_ranges
from shopstream_platform.contract.raw import LOAD_LOG, lock_name, raw_ddl, raw_name
from shopstream_platform.pipeline.feed.feed import FeedUse
from shopstream_platform.pipeline.feed.glance import glance
from shopstream_platform.pipeline.feed.state import read_state
from shopstream_platform.pipeline.refresh.drift import Drift
from shopstream_platform_tests.fixtures.fed import FedShop, on
from shopstream_platform_tests.fixtures.pipeline import EVENTS, START, Pipeline, day
from shopstream_platform_tests.fixtures.second_source import ARCHIVE, AUTHORS, DSN, LETTERS, declare

DDL = (
    "CREATE TABLE authors (name text PRIMARY KEY); "
    "CREATE TABLE letters (number uuid PRIMARY KEY, sent_on date, text text)"
)
ODD = 'O\'Hara \\ "Zoë"'


@pytest.fixture
def archive(shop: FedShop, new_pipeline: Callable[[], Pipeline], monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    archive = replace(new_pipeline(), lake=shop.pipeline.lake, warehouse=shop.pipeline.warehouse)
    # A new pipeline has emptied RAW and the load log.
    shop.drain()
    archive.sql(f"DROP SCHEMA public CASCADE; CREATE SCHEMA public; {DDL}")
    declare(monkeypatch)
    monkeypatch.setenv(DSN, archive.dsn)
    for statement in raw_ddl(ARCHIVE.tables):
        archive.warehouse.execute(statement)
    for table in ARCHIVE.tables:
        archive.warehouse.execute(f"DELETE FROM {raw_name(table)}")
    yield archive
    archive.sql(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s",
        [f"{shop.name}_archive"],
    )
    archive.sql(f"DROP PUBLICATION IF EXISTS {shop.name}_archive")
    for table in ARCHIVE.tables:
        for name in (raw_name(table), lock_name(table)):
            archive.warehouse.execute(f"DROP TABLE {name}")
        archive.warehouse.execute(f"DELETE FROM {LOAD_LOG} WHERE table_name = '{table.name}'")
    archive.source.close()


def cycle(shop: FedShop, archive: Pipeline) -> Drift:
    drift, _ = shop.look()
    for first, last in contiguous_ranges(drift.days.get(LETTERS.name, {})):
        archive.move(LETTERS, Days(first, last, START))
    if AUTHORS.name in drift.snapshots:
        archive.move(AUTHORS)
    return drift


def letters(archive: Pipeline) -> list[tuple[object, ...]]:
    query = f"SELECT number, sent_on, text, _partition_date FROM {raw_name(LETTERS)} ORDER BY 1"
    return [(str(number), *rest) for number, *rest in archive.warehouse.rows(query)]


def test_keys_that_are_texts(shop: FedShop, archive: Pipeline) -> None:
    for number in range(3):
        archive.sql("INSERT INTO letters VALUES (%s, %s, 'x')", [str(UUID(int=number)), day(number)])
    archive.sql("INSERT INTO authors VALUES (%s)", [ODD])
    cycle(shop, archive)
    assert not cycle(shop, archive)
    state = read_state(archive.warehouse, "archive")
    assert state is not None
    assert state.slot == f"{shop.name}_archive"
    archive.sql("UPDATE letters SET sent_on = %s WHERE number = %s", [day(5), str(UUID(int=1))])
    archive.sql("UPDATE letters SET number = %s WHERE number = %s", [str(UUID(int=9)), str(UUID(int=2))])
    archive.sql("UPDATE authors SET name = name || '!'")
    drift = cycle(shop, archive)
    assert on(drift, LETTERS.name) == {day(1), day(2), day(5)}
    assert set(drift.snapshots) == {AUTHORS.name}
    assert not cycle(shop, archive)
    assert letters(archive) == [
        (str(UUID(int=0)), day(0), "x", day(0)),
        (str(UUID(int=1)), day(5), "x", day(5)),
        (str(UUID(int=9)), day(2), "x", day(2)),
    ]


def test_a_table_without_a_primary_key_is_compared_and_named(shop: FedShop, archive: Pipeline) -> None:
    archive.sql("ALTER TABLE letters DROP CONSTRAINT letters_pkey")
    cycle(shop, archive)
    archive.sql("INSERT INTO letters VALUES (%s, %s, 'x')", [str(UUID(int=1)), day(1)])
    drift = cycle(shop, archive)
    assert on(drift, LETTERS.name) == {day(1)}
    assert f"{LETTERS.name} is compared by fingerprints: it has no primary key at the source" in drift.blind


def test_a_source_without_a_feed_is_compared_by_fingerprints(shop: FedShop, archive: Pipeline) -> None:
    archive.sql("ALTER TABLE authors DROP CONSTRAINT authors_pkey; ALTER TABLE letters DROP CONSTRAINT letters_pkey")
    archive.sql("INSERT INTO letters VALUES (%s, %s, 'x')", [str(UUID(int=1)), day(1)])
    drift = cycle(shop, archive)
    assert day(1) in on(drift, LETTERS.name)
    (said,) = [one for one in drift.blind if "the change feed of source archive is not used" in one]
    assert "it can serve no table" in said
    # A cycle leaves it to the schedules, and looks at the others.
    shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(3))
    of_shop, of_archive = glance(shop.settings)
    assert (of_shop.changed, of_archive.changed, of_archive.failed) == (True, False, True)
    drift, _ = shop.look(FeedUse.CYCLE)
    assert (on(drift, "events"), drift.refused) == ({day(3)}, {})
    (said,) = [one for one in drift.blind if "it can serve no table" in one]
    assert said.startswith("source archive is left to the schedules, since its change feed is not used: ")


def test_a_source_that_is_down_keeps_no_other_from_being_looked_at(
    shop: FedShop, archive: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle(shop, archive)
    monkeypatch.setenv(DSN, "postgresql://nobody:x@127.0.0.1:1/none")
    shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(3))
    of_shop, of_archive = glance(shop.settings)
    assert (of_shop.changed, of_shop.failed) == (True, False)
    assert (of_archive.changed, of_archive.failed) == (False, True)
    assert "127.0.0.1" in of_archive.why
    # The plan refuses its tables, and goes on.
    drift, _ = shop.look(FeedUse.CYCLE)
    assert on(drift, "events") == {day(3)}
    assert set(drift.refused) == {AUTHORS.name, LETTERS.name}


def test_a_slot_that_is_not_there_is_told_from_one_with_changes(shop: FedShop, archive: Pipeline) -> None:
    of_shop, of_archive = glance(shop.settings)
    assert (of_shop.missing, of_archive.missing, of_archive.changed) == (False, True, True)
    cycle(shop, archive)
    assert [one.missing for one in glance(shop.settings)] == [False, False]
