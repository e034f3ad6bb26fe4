"""Of a large snapshot table only the chunks that the feed names are read, and RAW is the source all the same."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.pipeline.extract import chunks as extraction
from shopstream_platform.pipeline.extract.table import extract
from shopstream_platform.pipeline.feed import feed
from shopstream_platform.pipeline.feed.feed import Feed, FeedUse
from shopstream_platform.pipeline.refresh import chunks as comparison
from shopstream_platform.pipeline.refresh.drift import Drift, Why
from shopstream_platform.stores import manifest as manifests
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.fed import FedShop
from shopstream_platform_tests.fixtures.fed_writer import Writer
from shopstream_platform_tests.fixtures.pipeline import SNAPSHOT_DAY, USERS, Pipeline
from shopstream_platform_tests.pipeline.integration.feed.test_failures import said
from shopstream_platform_tests.pipeline.integration.feed.test_random import invalidate, prove

ROWS, SIZE = 60, 10
FILL = "INSERT INTO users (id, email) SELECT i, i || '@example.org' FROM generate_series({}, {}) AS i"
# Whole: all rows were hashed; else how many ranges of keys.
Hashed = list[int | None]


@pytest.fixture
def shop(new_shop: Callable[..., FedShop]) -> FedShop:
    """Users 1 to 60 in chunks of ten, in RAW as they are."""
    shop = new_shop(chunk_rows=SIZE)
    fill(shop)
    return shop


def fill(shop: FedShop) -> None:
    shop.pipeline.sql(FILL.format(4, ROWS))
    shop.pipeline.sql(f"SELECT setval('users_id_seq', {ROWS})")
    shop.drain()


def touch(shop: FedShop, *keys: int) -> None:
    shop.pipeline.sql("UPDATE users SET email = email || 'x' WHERE id = ANY(%s)", [list(keys)])


def chunks_of(drift: Drift) -> set[int] | None:
    """The chunks that were compared; None if all were."""
    return set(drift.named["users"].chunks) if "users" in drift.named else None


def settled(shop: FedShop) -> None:
    """Drain, and prove it."""
    shop.drain()
    assert (shop.unlike(), shop.differences()) == ([], {})


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Hashed:
    """What of the users was hashed at the source."""
    found: Hashed = []
    hash_chunks, of_days = extraction.fingerprints, comparison.fingerprints

    def note(conn, table, width, spans=None):
        found.append(None if spans is None else len(spans))
        return hash_chunks(conn, table, width, spans)

    assert of_days is hash_chunks
    monkeypatch.setattr(extraction, "fingerprints", note)
    monkeypatch.setattr(comparison, "fingerprints", note)
    return found


def test_one_changed_row_is_one_chunk_from_the_plan_to_raw(shop: FedShop, hashed: Hashed) -> None:
    touch(shop, 25)
    drift, compared = shop.look()
    assert (drift.snapshots, chunks_of(drift), compared.fed.parts) == ({"users": Why.CHANGED}, {2}, 1)
    done = shop.extract(USERS, drift.named["users"])
    assert (done.chunks_written, done.unnamed) == (1, None)
    assert shop.pipeline.load(USERS).chunks == 1
    again, compared = shop.look()
    assert (bool(again), said(again), compared.fed.parts) == (False, "", 0)
    assert hashed == [1, 1]
    settled(shop)
    # And so on: the next change begins where this one has ended.
    touch(shop, 31)
    assert chunks_of(shop.cycle()) == {3}
    settled(shop)
    assert hashed == [1, 1, 1, 1]


def test_keys_that_come_go_and_change(shop: FedShop, hashed: Hashed) -> None:
    """Beyond the last chunk, before the first, in several at once; both keys of a row that gets another."""
    run = shop.pipeline.sql
    for statement, chunks in (
        (FILL.format(1000, 1001), {100}),
        (FILL.format(-11, -10), {-2, -1}),
        ("DELETE FROM users WHERE id IN (25, 1000)", {2, 100}),
        ("DELETE FROM users WHERE id >= 1000", {100}),
        ("UPDATE users SET id = 777 WHERE id = 44", {4, 77}),
        ("UPDATE users SET id = 44 WHERE id = 777", {4, 77}),
        ("DELETE FROM users WHERE id BETWEEN 20 AND 29", {2}),
        (FILL.format(18, 21) + " ON CONFLICT DO NOTHING", {2}),
    ):
        run(statement)
        drift = shop.cycle()
        assert (statement, chunks_of(drift)) == (statement, chunks)
        settled(shop)
    assert None not in hashed


def test_a_change_that_is_taken_back_loads_nothing(shop: FedShop) -> None:
    touch(shop, 25)
    shop.pipeline.sql("UPDATE users SET email = '25@example.org' WHERE id = 25")
    drift, compared = shop.look()
    assert (bool(drift), compared.fed.changes, compared.fed.parts) == (False, 2, 1)
    touch(shop, 26)
    assert chunks_of(shop.cycle()) == {2}
    settled(shop)


def test_changes_after_the_plan_are_the_next_ones(shop: FedShop) -> None:
    touch(shop, 25)
    drift, _ = shop.look()
    touch(shop, 26, 35)
    shop.load(drift)
    assert shop.unlike() == ["users"]
    assert chunks_of(shop.cycle()) == {2, 3}
    settled(shop)


def test_other_cycles_in_between_leave_it_known(shop: FedShop) -> None:
    for number in range(3):
        shop.pipeline.sql("UPDATE orders SET status = %s", [f"s{number}"])
        settled(shop)
    touch(shop, 5)
    assert chunks_of(shop.cycle()) == {0}
    settled(shop)


def test_the_names_of_a_plan_that_is_only_looked_at_are_nobodys(shop: FedShop) -> None:
    touch(shop, 25)
    looked, _ = shop.look(FeedUse.LOOK)
    assert chunks_of(looked) == {2}
    shop.load(looked)
    assert "was loaded by a run that the last plan has not asked for" in said(shop.look()[0])
    settled(shop)


def whole(shop: FedShop, why: str) -> None:
    """The next plan compares all of the users, says why, and RAW is right."""
    drift, _ = shop.look()
    assert (chunks_of(drift), why in said(drift)) == (None, True), said(drift)
    shop.load(drift)
    settled(shop)


def test_truncate(shop: FedShop) -> None:
    shop.pipeline.sql("TRUNCATE users CASCADE")
    shop.pipeline.sql(FILL.format(20, 35))
    whole(shop, "it was altered or truncated")
    touch(shop, 25)
    settled(shop)


def test_a_rewrite_that_the_feed_does_not_tell(shop: FedShop) -> None:
    shop.pipeline.sql("ALTER TABLE users ALTER country TYPE VARCHAR(3) USING 'DEU'")
    touch(shop, 25)
    whole(shop, "it was altered or truncated")


def test_more_keys_than_it_pays_to_remember(shop: FedShop) -> None:
    shop.max_keys = 2
    touch(shop, 5, 25, 45)
    whole(shop, "more rows have changed than SHOPSTREAM_CHANGE_FEED_MAX_KEYS")


def test_a_slot_that_was_lost(shop: FedShop) -> None:
    touch(shop, 25)
    invalidate(shop)
    touch(shop, 35)
    drift, _ = shop.look()
    assert "was invalidated by the server" in said(drift)
    assert "altered" not in said(drift)
    shop.load(drift)
    settled(shop)
    touch(shop, 45)
    assert chunks_of(shop.cycle()) == {4}
    settled(shop)


def test_a_plan_whose_run_never_came(shop: FedShop) -> None:
    """The slot was advanced over the change, and nothing of it was loaded."""
    touch(shop, 25)
    shop.look()
    touch(shop, 45)
    whole(shop, "what an earlier plan has found was not loaded")


def test_a_run_that_extracted_and_did_not_load(shop: FedShop) -> None:
    touch(shop, 25)
    shop.extract(USERS)
    whole(shop, "the lake's newest manifest is not what was loaded")


def test_a_run_that_extracted_what_was_named_and_did_not_load(shop: FedShop) -> None:
    touch(shop, 25)
    shop.extract(USERS, shop.look()[0].named["users"])
    touch(shop, 45)
    whole(shop, "the lake's newest manifest is not what was loaded")


def test_a_run_that_nobody_has_planned(shop: FedShop) -> None:
    shop.extract(USERS)
    shop.pipeline.load(USERS)
    touch(shop, 25)
    whole(shop, "it was loaded by a run that the last plan has not asked for")
    touch(shop, 25)
    assert chunks_of(shop.cycle()) == {2}


def old_extraction(shop: FedShop, between: Callable[[], None]) -> None:
    """Of a snapshot that was taken before everything that happens in between."""
    with snapshot(shop.pipeline.dsn) as old:
        with old.cursor() as cursor:
            cursor.execute("SELECT 1")
        between()
        extract(
            old, shop.pipeline.lake, USERS, None, snapshot_day=SNAPSHOT_DAY, run_id="other", chunk_rows=shop.chunk_rows
        )


def test_an_older_extraction_that_is_loaded_later(shop: FedShop) -> None:
    def change() -> None:
        touch(shop, 25)
        shop.drain()

    old_extraction(shop, change)
    shop.pipeline.load(USERS)
    touch(shop, 45)
    whole(shop, "it was loaded by a run that the last plan has not asked for")


def test_an_older_extraction_between_plan_and_run(shop: FedShop) -> None:
    planned: list[Drift] = []

    def change() -> None:
        touch(shop, 5)
        shop.drain()
        touch(shop, 25)
        planned.append(shop.look()[0])

    old_extraction(shop, change)
    done = shop.extract(USERS, planned[0].named["users"])
    assert done.unnamed is not None
    assert "the lake's newest manifest is not the one that it knew" in done.unnamed
    shop.pipeline.load(USERS)
    settled(shop)


def test_a_run_that_is_run_again_compares_everything(shop: FedShop) -> None:
    touch(shop, 25)
    drift, _ = shop.look()
    shop.load(drift)
    settled(shop)
    touch(shop, 45)
    done = shop.extract(USERS, drift.named["users"])
    assert (done.chunks_written, done.unnamed is not None) == (1, True)
    shop.pipeline.load(USERS)
    settled(shop)


def test_a_snapshot_of_a_standby_may_be_older_than_the_plan(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(shop, 25)
    drift, _ = shop.look()
    monkeypatch.setattr(extraction, "_is_standby", lambda _: True)
    assert shop.extract(USERS, drift.named["users"]).unnamed is not None


def test_chunks_that_have_become_too_many_are_laid_out_anew(shop: FedShop) -> None:
    shop.pipeline.sql("INSERT INTO users (id, email) SELECT i * 1000, i || '@w.org' FROM generate_series(1, 60) AS i")
    drift, _ = shop.look()
    assert len(chunks_of(drift) or ()) == 60
    done = shop.extract(USERS, drift.named["users"])
    assert "chunks of that width have become too many" in (done.unnamed or "")
    shop.pipeline.load(USERS)
    settled(shop)
    touch(shop, 25)
    assert chunks_of(shop.cycle()) == {0}
    settled(shop)


def test_another_size_of_chunks(shop: FedShop) -> None:
    other = replace(shop, chunk_rows=20, anew=False)
    touch(shop, 25)
    settled(other)
    touch(shop, 25)
    assert chunks_of(other.cycle()) == {1}
    settled(other)
    small = replace(shop, chunk_rows=1000, anew=False)
    touch(shop, 25)
    assert chunks_of(small.cycle()) is None
    settled(small)


def test_an_object_that_is_gone_is_extracted_again(shop: FedShop) -> None:
    lost = next(file.key for file in shop.pipeline.manifest(USERS).files if file.chunk == 5)
    shop.pipeline.lake.delete([lost])
    touch(shop, 25)
    drift, _ = shop.look()
    assert shop.extract(USERS, drift.named["users"]).chunks_written == 2
    shop.pipeline.load(USERS)
    settled(shop)


def test_a_manifest_of_an_earlier_version_has_no_name_that_could_be_asked_for(
    shop: FedShop, hashed: Hashed, monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = shop.pipeline.manifest(USERS).model_copy(update={"extraction": ""})
    manifests.write_manifest(shop.pipeline.lake, USERS, nameless)
    touch(shop, 25)
    drift, _ = shop.look()
    assert (drift.snapshots, chunks_of(drift)) == ({"users": Why.CHANGED}, None)
    shop.load(drift)
    assert hashed == [1, None]
    settled(shop)


def test_another_server_version_is_no_matter_of_chunks(shop: FedShop) -> None:
    shop.pipeline.warehouse.execute("UPDATE RAW._LOAD_LOG SET server_version = 1 WHERE table_name = 'users'")
    drift = shop.cycle()
    assert drift.snapshots == {"users": Why.METHOD}
    settled(shop)


def test_a_lake_that_cannot_be_read_costs_a_comparison(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> None:
        raise ShopStreamError("the lake does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(comparison, "current_manifest", unreadable)
        touch(shop, 25)
        drift, _ = shop.look()
    assert "the lake does not answer" in said(drift)
    assert (drift.snapshots, chunks_of(drift)) == ({"users": Why.CHANGED}, None)
    shop.load(drift)
    settled(shop)


def test_what_is_suddenly_gone_is_not_deleted(shop: FedShop) -> None:
    shop.limit = 0.5
    shop.pipeline.sql("DELETE FROM order_items; DELETE FROM orders; DELETE FROM users WHERE id > 25")
    drift, _ = shop.look()
    assert "35 of 60 loaded rows are gone" in drift.refused["users"]
    assert drift.named == {}
    touch(shop, 5)
    shop.limit = None
    whole(shop, "what an earlier plan has found was not loaded")


def test_all_rows_are_gone(shop: FedShop) -> None:
    shop.pipeline.sql("DELETE FROM order_items; DELETE FROM orders; DELETE FROM users")
    drift = shop.cycle()
    assert drift.snapshots == {"users": Why.EMPTIED}
    settled(shop)


def test_a_value_that_cannot_be_loaded_refuses_the_table_and_is_not_forgotten(shop: FedShop) -> None:
    shop.pipeline.sql("UPDATE users SET created_at = 'infinity' WHERE id = 25")
    drift, _ = shop.look()
    assert "users.created_at" in drift.refused["users"]
    touch(shop, 45)
    assert "users" in shop.look()[0].refused
    shop.pipeline.sql("UPDATE users SET created_at = now() WHERE id = 25")
    settled(shop)


def test_more_chunks_than_a_run_can_carry(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "LONGEST_TEXT", 90)
    touch(shop, 5, 25, 45)
    assert shop.look()[0].named == {}
    settled(shop)
    touch(shop, 5)
    assert chunks_of(shop.cycle()) == {0}
    settled(shop)


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("module", "step", "known"),
    [
        (feed, "write_state", True),
        (feed, "advance", False),
        (extraction, "chunk_key", False),
        (manifests, "write_manifest", False),
        (manifests, "point_to_snapshot", False),
        (Pipeline, "load", False),
    ],
)
def test_a_kill_at_any_step(
    shop: FedShop, monkeypatch: pytest.MonkeyPatch, module: object, step: str, known: bool
) -> None:
    """`known`: nothing was taken in yet, so that the chunks are named again."""
    touch(shop, 25)
    with monkeypatch.context() as patch:
        patch.setattr(module, step, killed)
        with pytest.raises(KeyboardInterrupt):
            shop.cycle()
    touch(shop, 45)
    assert (chunks_of(shop.cycle()) is not None) is known
    settled(shop)


def test_a_kill_after_the_first_page_of_the_log(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it named is remembered as partitions, without its keys."""
    touch(shop, 15)
    drift = shop.cycle()
    assert chunks_of(drift) == {1}
    # Loaded as it was asked for, and no plan has seen that yet.
    touch(shop, 25)
    shop.pipeline.sql("SELECT pg_switch_wal()")
    touch(shop, 45)
    remember, advanced = Feed._remember, []

    def once(self, warehouse, state):
        remember(self, warehouse, state)
        advanced.append(state.confirmed)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(feed, "PAGE_BYTES", 4096)
        patch.setattr(Feed, "_remember", once)
        with pytest.raises(KeyboardInterrupt):
            shop.look()
    assert len(advanced) == 1
    assert shop.state.pending == {"users": None}
    settled(shop)


KINDS = {"touch": 20, "new": 10, "far": 3, "delete": 6, "rekey": 5, "back": 3, "bulk": 0.3, "truncate": 0.3}


class UserWriter(Writer):
    """Users that come, change, go and get other keys, near and far; some transactions are rolled back."""

    longest_pause = 2

    def _change(self, cursor: Cursor) -> str:
        r, run = self.random, cursor.execute
        kind = r.choices(list(KINDS), list(KINDS.values()))[0]
        some = f"(SELECT id FROM users ORDER BY random() LIMIT {r.choice([1, 1, 2, 5])})"
        match kind:
            case "touch":
                run(f"UPDATE users SET country = %s WHERE id IN {some}", [f"{r.randrange(999)}"])
            case "new":
                run("INSERT INTO users (email) VALUES (%s)", [f"{r.random()}@example.org"])
            case "far":
                low = r.choice([-30, 300, 900])
                run(f"{FILL.format(low, low + r.randrange(15))} ON CONFLICT DO NOTHING")
            case "delete":
                run(f"DELETE FROM users WHERE id IN {some}")
            case "rekey":
                run(
                    "UPDATE users SET id = %s WHERE id = (SELECT id FROM users ORDER BY random() LIMIT 1)",
                    [r.randrange(-50, 500)],
                )
            case "back":
                run("SAVEPOINT a")
                run(f"DELETE FROM users WHERE id IN {some}")
                run("ROLLBACK TO a")
            case "bulk":
                run("UPDATE users SET plan_type = %s", [f"{r.randrange(99)}"])
            case "truncate":
                run("TRUNCATE users CASCADE")
                run(FILL.format(1, r.choice([5, 60, 150])))
        return kind


STEPS = [
    *[(feed, "write_state"), (feed, "advance"), (extraction, "chunk_key"), (manifests, "write_manifest")],
    *[(manifests, "point_to_snapshot"), (Pipeline, "load")],
]


# A cycle, one that is killed, one of which a part never comes, or a run that nobody has planned.
TURNS = ["cycle", "cycle", "killed", "killed", "plan alone", "unplanned", "extraction alone", "again"]


def turn(shop: FedShop, kind: str, chance: random.Random, monkeypatch: pytest.MonkeyPatch, plans: list[Drift]) -> str:
    """What it was; "chunks" if some were named."""
    match kind:
        case "cycle":
            plans.append(shop.cycle())
            return "chunks" if plans[-1].named else kind
        case "killed":
            with monkeypatch.context() as patch:
                patch.setattr(*chance.choice(STEPS), killed)
                with suppress(KeyboardInterrupt):
                    shop.cycle()
        case "plan alone":
            plans.append(shop.look()[0])
        case "unplanned":
            shop.extract(USERS)
            shop.pipeline.load(USERS)
        case "extraction alone":
            shop.extract(USERS)
        case _:
            # By what some plan has said, whatever has happened since.
            shop.load(chance.choice(plans))
    return kind


def change(shop: FedShop, chance: random.Random, writer: UserWriter) -> str:
    """One transaction; what was done in it."""
    with shop.pipeline.source.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            kind = writer._change(cursor)
        except psycopg2.IntegrityError:
            cursor.execute("ROLLBACK")
            return "taken"
        cursor.execute(chance.choice(["COMMIT", "COMMIT", "COMMIT", "ROLLBACK"]))
    return kind


@pytest.mark.parametrize("rounds", [25, pytest.param(400, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])])
def test_whatever_happens_in_any_order_raw_is_the_source(
    shop: FedShop, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    seed = random.randrange(10**6)
    chance, writer = random.Random(seed), UserWriter(shop.pipeline.dsn, seed)
    seen: Counter[str] = Counter()
    plans = [shop.look()[0]]
    for number in range(rounds):
        for _ in range(chance.choice([1, 1, 2, 4])):
            seen[change(shop, chance, writer)] += 1
        # After everything was settled a cycle, so that chunks are named in some.
        kind = chance.choice(TURNS) if number % 5 else "cycle"
        seen[turn(shop, kind, chance, monkeypatch, plans)] += 1
        if number % 5 == 4:
            shop.drain()
            assert (seed, number, shop.unlike(), shop.differences()) == (seed, number, [], {})
    assert seen["chunks"] > 0, f"seed {seed}: {seen}"


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("rounds", [2, 60])
def test_whatever_changes_and_whoever_is_killed_raw_is_the_source(
    new_shop: Callable[..., FedShop], running_home: Path, rounds: int
) -> None:
    shop = new_shop(chunk_rows=SIZE)
    fill(shop)
    found = prove(shop, running_home, rounds, random.randrange(10**6), UserWriter)
    assert found["touch"] > 0
    # A TRUNCATE just before each of a few kills is nothing odd.
    assert rounds < 10 or found["load chunks"] > 0
