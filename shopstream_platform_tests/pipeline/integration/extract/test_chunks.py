"""A large snapshot table is extracted and loaded by chunks of its key, and is the source's all the same."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import Kind
from shopstream_platform.pipeline.extract import chunks
from shopstream_platform.pipeline.housekeeping.snapshots import drop_old_snapshots
from shopstream_platform.pipeline.load.contents import read_contents
from shopstream_platform.pipeline.load.transaction import Loaded
from shopstream_platform.pipeline.refresh.drift import find_drift, read_loads
from shopstream_platform.stores import manifest as manifests
from shopstream_platform.stores.manifest import Manifest
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.pipeline import CRM_CONTACTS, SNAPSHOT_DAY, START, USERS, Pipeline

ROWS, SIZE = 45, 10
NEXT = SNAPSHOT_DAY + timedelta(days=1)


@pytest.fixture
def shop(pipeline: Pipeline) -> Iterator[Pipeline]:
    """Users 1 to 45, extracted in chunks of ten and loaded."""
    pipeline.sql(f"INSERT INTO users (email) SELECT i || '@example.org' FROM generate_series(1, {ROWS}) AS i")
    extract(pipeline)
    assert load(pipeline).chunks is None
    return pipeline


def extract(shop: Pipeline, day: date = SNAPSHOT_DAY, chunk_rows: int = SIZE) -> int | None:
    return shop.extract(USERS, snapshot_day=day, chunk_rows=chunk_rows).chunks_written


def load(shop: Pipeline) -> Loaded:
    """Load, and prove that RAW is the source and that the log says so."""
    loaded = shop.load(USERS)
    assert shop.raw_rows(USERS) == shop.source_rows(USERS)
    with snapshot(shop.dsn) as conn:
        assert not find_drift(conn, read_loads(shop.warehouse), Days(START, START, START), (USERS,))
    (held,) = read_contents(shop.warehouse, USERS, None).values()
    assert (held.rows, held.checksum) == (loaded.rows, loaded.checksum)
    return loaded


def current(shop: Pipeline, day: date = SNAPSHOT_DAY) -> Manifest:
    return shop.manifest(USERS, day)


def test_each_chunk_has_an_object_and_their_sums_are_the_tables(shop: Pipeline) -> None:
    manifest = current(shop)
    assert {number: chunk.rows for number, chunk in manifest.chunks.items()} == {0: 9, 1: 10, 2: 10, 3: 10, 4: 6}
    assert [file.chunk for file in manifest.files] == [0, 1, 2, 3, 4]
    whole = shop.extract(USERS, snapshot_day=NEXT).manifests[0]
    assert not whole.chunks
    measures = ("rows", "checksum", "fingerprint")
    assert [getattr(whole, name) for name in measures] == [getattr(manifest, name) for name in measures]


def test_one_changed_row_moves_one_chunk(shop: Pipeline) -> None:
    before = {file.chunk: file for file in current(shop).files}
    shop.sql("UPDATE users SET email = 'new@example.org' WHERE id = 25")
    assert extract(shop, NEXT) == 1
    after = {file.chunk: file for file in current(shop, NEXT).files}
    assert [chunk for chunk in before if before[chunk] != after[chunk]] == [2]
    assert load(shop).chunks == 1
    moved = shop.warehouse.rows("SELECT DISTINCT FLOOR(id / 10)::INT, _partition_date FROM RAW.USERS ORDER BY 1")
    assert moved == [(0, SNAPSHOT_DAY), (1, SNAPSHOT_DAY), (2, NEXT), (3, SNAPSHOT_DAY), (4, SNAPSHOT_DAY)]


def test_an_extraction_of_the_same_day_leaves_no_object_that_nobody_lists(shop: Pipeline) -> None:
    for number in (25, 25, 7):
        shop.sql("UPDATE users SET email = email || 'x' WHERE id = %s", [number])
        assert extract(shop) == 1
    listed = {file.key for file in current(shop).files}
    assert {key for key in shop.keys(USERS) if key.endswith(".gz")} == listed
    assert load(shop).chunks == 2


def test_rows_that_go_and_come_and_chunks_that_are_empty(shop: Pipeline) -> None:
    shop.sql("DELETE FROM users WHERE id BETWEEN 10 AND 19")
    shop.sql("DELETE FROM users WHERE id = 44")
    shop.sql("INSERT INTO users (id, email) VALUES (-1, 'a@x.org'), (-10, 'b@x.org'), (73, 'c@x.org')")
    assert extract(shop) == 3
    assert load(shop).chunks == 3
    assert sorted(current(shop).chunks) == [-1, 0, 2, 3, 4, 7]
    shop.sql("INSERT INTO users (id, email) VALUES (15, 'd@x.org')")
    assert extract(shop) == 1
    assert load(shop).chunks == 1


def test_a_load_without_a_changed_chunk_repairs_raw(shop: Pipeline) -> None:
    shop.warehouse.execute("UPDATE RAW.USERS SET email = 'damaged' WHERE id = 3")
    assert extract(shop, NEXT) == 0
    assert load(shop).chunks is None


def test_whatever_happens_raw_equals_the_source(shop: Pipeline) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for number in range(12):
        for _ in range(chance.randint(1, 4)):
            low = chance.randint(-30, 90)
            high = low + chance.choice((0, 0, 3, 25))
            shop.sql(
                chance.choice(
                    (
                        "UPDATE users SET country = 'DEU', email = email || 'y' WHERE id BETWEEN %s AND %s",
                        "DELETE FROM users WHERE id BETWEEN %s AND %s",
                        "INSERT INTO users (id, email) SELECT i, i || '@z.org' FROM generate_series(%s, %s) AS i "
                        "ON CONFLICT DO NOTHING",
                    )
                ),
                [low, high],
            )
        shop.sql(
            "INSERT INTO users (id, email) SELECT i, i || '@k.org' FROM generate_series(1, 11) AS i "
            "ON CONFLICT DO NOTHING"
        )
        extract(shop, SNAPSHOT_DAY + timedelta(days=number // 3))
        assert load(shop), f"seed {seed}"


def test_keys_with_wide_gaps_are_few_chunks(shop: Pipeline) -> None:
    shop.sql("INSERT INTO users (id, email) SELECT i * 1000000, i || '@w.org' FROM generate_series(1, 30) AS i")
    written = extract(shop)
    assert written is not None
    assert written <= 30 // SIZE + ROWS // SIZE + 2
    load(shop)
    shop.sql("UPDATE users SET country = 'ITA' WHERE id = 3")
    assert extract(shop) == 1
    assert load(shop).chunks == 1


def test_other_chunks_are_made_when_the_setting_changes(shop: Pipeline) -> None:
    assert extract(shop, chunk_rows=20) == 3
    load(shop)
    assert extract(shop, chunk_rows=1000) is None
    assert current(shop).chunks == {}
    assert load(shop).chunks is None
    assert extract(shop) == 5
    load(shop)


def test_an_object_that_is_gone_is_extracted_again(shop: Pipeline) -> None:
    lost = current(shop).files[3].key
    shop.lake.delete([lost])
    with pytest.raises(ShopStreamError, match="is not the object that its manifest lists"):
        shop.load(USERS)
    assert extract(shop, NEXT) == 1
    load(shop)


@pytest.mark.parametrize(
    "damage", ["DELETE FROM RAW.USERS WHERE id = 3", "INSERT INTO RAW.USERS (id, email) VALUES (3, 'twice')"]
)
def test_raw_that_lost_rows_is_loaded_whole(shop: Pipeline, damage: str) -> None:
    shop.warehouse.execute(damage)
    shop.sql("UPDATE users SET country = 'ESP' WHERE id = 41")
    assert extract(shop) == 1
    assert load(shop).chunks is None


def test_what_was_loaded_is_not_believed_once_the_log_is_gone(shop: Pipeline) -> None:
    shop.warehouse.execute("UPDATE RAW.USERS SET email = 'damaged' WHERE id = 3")
    shop.warehouse.execute("DELETE FROM RAW._LOAD_LOG WHERE table_name = 'users'")
    assert load(shop).chunks is None


def test_a_kill_at_any_step_of_an_extraction_leaves_what_was_loadable(
    shop: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shop.raw_rows(USERS)
    shop.sql("UPDATE users SET email = id || '@after.org' WHERE id IN (5, 15, 25)")
    for module, step in ((manifests, "write_manifest"), (manifests, "point_to_snapshot"), (chunks, "chunk_key")):
        with monkeypatch.context() as patch:
            patch.setattr(module, step, _killed)
            with pytest.raises(KeyboardInterrupt):
                extract(shop, NEXT)
        shop.load(USERS)
        assert shop.raw_rows(USERS) == before
    assert extract(shop, NEXT) == 3
    assert load(shop).chunks == 3


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_old_snapshots_go_but_for_the_chunks_that_stay_listed(shop: Pipeline) -> None:
    shop.sql("UPDATE users SET email = 'new@example.org' WHERE id = 25")
    extract(shop, NEXT)
    load(shop)
    # The manifest and the object of the one chunk that was replaced.
    assert drop_old_snapshots(shop.lake, NEXT) == 2
    assert drop_old_snapshots(shop.lake, NEXT) == 0
    shop.warehouse.execute("DELETE FROM RAW._LOAD_LOG WHERE table_name = 'users'")
    assert load(shop).chunks is None


def test_a_small_table_and_one_without_a_whole_number_as_key_are_extracted_whole(pipeline: Pipeline) -> None:
    pipeline.insert(CRM_CONTACTS, email="a@example.org")
    pipeline.insert(USERS, email="a@example.org")
    assert CRM_CONTACTS.integer_key is None or CRM_CONTACTS.integer_key.kind is Kind.INTEGER
    assert pipeline.extract(USERS, chunk_rows=1).chunks_written is None
    assert [key.rsplit("/", 1)[-1] for key in pipeline.keys(USERS) if key.endswith(".gz")] == [
        f"users_{SNAPSHOT_DAY:%Y%m%d}.csv.gz"
    ]
