"""What lies in the bucket after an extraction."""

import csv
import gzip
import io
import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shopstream_platform.contract.checksum import Way
from shopstream_platform.defs.resources.lake import LakeResource
from shopstream_platform.pipeline.extract import upload
from shopstream_platform.stores.manifest import is_data
from shopstream_platform_tests.fixtures.pipeline import (
    EVENTS,
    ORDERS,
    PRODUCTS,
    SNAPSHOT_DAY,
    USERS,
    Pipeline,
    day,
    days,
)


def test_objects_lie_where_the_reports_put_them(pipeline: Pipeline) -> None:
    user = pipeline.insert(USERS, email="a@example.org")
    pipeline.insert(ORDERS, user_id=user, total_amount=1, created_at=day(0))
    pipeline.insert(EVENTS, event_type="page_view", event_ts=day(0))
    pipeline.extract(USERS)
    pipeline.extract(ORDERS, days(0))
    pipeline.extract(EVENTS, days(0))
    assert sorted(pipeline.lake.etags("raw/")) == [
        "raw/events/2025-09-01/_manifest.json",
        "raw/events/2025-09-01/events_20250901.json.gz",
        "raw/postgres/orders/2025-09-01/_manifest.json",
        "raw/postgres/orders/2025-09-01/orders_20250901.csv.gz",
        "raw/postgres/users/2026-01-15/_manifest.json",
        "raw/postgres/users/2026-01-15/users_20260115.csv.gz",
        "raw/postgres/users/_current.json",
    ]


def test_csv_has_a_header_and_is_what_csv_readers_read(pipeline: Pipeline) -> None:
    pipeline.insert(PRODUCTS, merchant_id=7, name='a "b",\nc', description=None, price=Decimal("1.50"))
    pipeline.extract(PRODUCTS)
    text = gzip.decompress(pipeline.body(pipeline.keys(PRODUCTS)[1])).decode()
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert tuple(header) == PRODUCTS.column_names
    assert row[:6] == ["1", "7", 'a "b",\nc', "", "", "1.50"]


def test_every_line_of_ndjson_is_a_document(pipeline: Pipeline) -> None:
    for number in range(3):
        document = {"text": "a\nb\u2028", "n": number}
        pipeline.insert(EVENTS, event_type="page_view", event_ts=day(0), metadata=json.dumps(document))
    pipeline.extract(EVENTS, days(0))
    lines = gzip.decompress(pipeline.body(pipeline.keys(EVENTS)[1])).decode().removesuffix("\n").split("\n")
    assert sorted(json.loads(line)["metadata"]["n"] for line in lines) == [0, 1, 2]


def test_a_column_without_value_is_left_out_of_its_document(pipeline: Pipeline) -> None:
    pipeline.insert(EVENTS, event_type="page_view", event_ts=day(0), metadata="null")
    pipeline.insert(EVENTS, event_type="page_view", event_ts=day(0), metadata=None)
    pipeline.extract(EVENTS, days(0))
    lines = gzip.decompress(pipeline.body(pipeline.keys(EVENTS)[1])).decode().splitlines()
    with_null, without = sorted((json.loads(line) for line in lines), key=lambda document: document["id"])
    assert with_null["metadata"] is None
    assert set(without) == {"id", "event_type", "event_ts"}


def test_the_manifest_says_what_the_partition_is(pipeline: Pipeline) -> None:
    before = datetime.now(UTC)
    pipeline.insert(PRODUCTS, merchant_id=1, name="p", price=1)
    extraction = pipeline.extract(PRODUCTS)
    manifest = pipeline.manifest(PRODUCTS)
    assert extraction.manifests == [manifest]
    assert (manifest.table, manifest.day, manifest.snapshot, manifest.rows) == ("products", SNAPSHOT_DAY, True, 1)
    assert manifest.method == f"{Way.TEXTS}:{PRODUCTS.fingerprint_of_declaration}"
    assert manifest.server_version == pipeline.source.server_version
    assert list(manifest.columns) == list(PRODUCTS.column_names)
    assert manifest.columns["price"] == "numeric(10,2)"
    assert before <= manifest.extracted_at <= datetime.now(UTC)
    assert manifest.run_id == "test"
    key = f"raw/postgres/products/{SNAPSHOT_DAY}/products_20260115.csv.gz"
    etag = pipeline.lake.etags("raw/")[key]
    assert [(file.key, file.etag, file.bytes) for file in manifest.files] == [(key, etag, len(pipeline.body(key)))]


def test_a_day_without_rows_is_a_manifest_without_objects(pipeline: Pipeline) -> None:
    pipeline.extract(ORDERS, days(3))
    assert pipeline.keys(ORDERS) == [f"raw/postgres/orders/{day(3)}/_manifest.json"]
    manifest = pipeline.manifest(ORDERS, day(3))
    assert (manifest.files, manifest.rows, manifest.checksum, manifest.fingerprint) == ([], 0, 0, 0)


def test_a_day_that_was_emptied_loses_its_objects(pipeline: Pipeline) -> None:
    pipeline.insert(EVENTS, event_type="page_view", event_ts=day(0))
    pipeline.extract(EVENTS, days(0))
    pipeline.sql("DELETE FROM events")
    pipeline.extract(EVENTS, days(0))
    assert pipeline.keys(EVENTS) == ["raw/events/2025-09-01/_manifest.json"]


@pytest.fixture
def small_parts(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Six products, each of which fills a part."""
    monkeypatch.setattr(upload, "CHUNK_BYTES", 1)
    monkeypatch.setattr(upload, "PART_BYTES", 1000)
    for number in range(6):
        pipeline.insert(PRODUCTS, merchant_id=number, name="p", price=1, description=os.urandom(200_000).hex())
    return monkeypatch


def test_a_big_partition_is_split_into_parts(pipeline: Pipeline, small_parts: pytest.MonkeyPatch) -> None:
    manifest = pipeline.extract(PRODUCTS).manifests[0]
    names = [file.key.rsplit("/", 1)[1] for file in manifest.files]
    assert names[:3] == ["products_20260115.csv.gz", "products_20260115_0001.csv.gz", "products_20260115_0002.csv.gz"]
    assert sorted(file.key for file in manifest.files) == [key for key in pipeline.keys(PRODUCTS) if is_data(key)]
    assert pipeline.load(PRODUCTS).rows == 6
    assert pipeline.raw_rows(PRODUCTS) == pipeline.source_rows(PRODUCTS)


def test_the_level_decides_how_large_objects_are(pipeline: Pipeline, running_home: Path) -> None:
    pipeline.sql(
        "INSERT INTO products (merchant_id, name, price) SELECT n, md5((n % 500)::text), 1 "
        "FROM generate_series(1, 5000) n"
    )
    contents, sizes = set(), []
    for level in range(4):
        pipeline.lake = LakeResource(home=str(running_home), gzip_level=level).open()
        (file,) = pipeline.extract(PRODUCTS).manifests[0].files
        contents.add(gzip.decompress(pipeline.body(file.key)))
        sizes.append(file.bytes)
    assert (sizes[0], len(set(sizes))) == (max(sizes), 4)
    assert len(contents) == 1


def test_superseded_parts_are_deleted(pipeline: Pipeline, small_parts: pytest.MonkeyPatch) -> None:
    pipeline.extract(PRODUCTS)
    small_parts.undo()
    pipeline.extract(PRODUCTS)
    names = [key.rsplit("/", 1)[1] for key in pipeline.keys(PRODUCTS)]
    assert names == ["_manifest.json", "products_20260115.csv.gz", "_current.json"]
    assert pipeline.load(PRODUCTS).rows == 6


def test_every_part_has_a_header_of_its_own(pipeline: Pipeline, small_parts: pytest.MonkeyPatch) -> None:
    files = pipeline.extract(PRODUCTS).manifests[0].files
    assert len(files) >= 6
    headers = {gzip.decompress(pipeline.body(file.key)).decode().splitlines()[0] for file in files}
    assert headers == {",".join(PRODUCTS.column_names)}


def test_earlier_snapshots_stay_and_the_newest_counts(pipeline: Pipeline) -> None:
    pipeline.insert(PRODUCTS, merchant_id=1, name="old", price=1)
    pipeline.extract(PRODUCTS, snapshot_day=day(0))
    pipeline.sql("UPDATE products SET name = 'new'")
    pipeline.extract(PRODUCTS, snapshot_day=day(1))
    pipeline.load(PRODUCTS)
    # Two folders of a manifest and an object each, and the pointer to the newest.
    assert len(pipeline.keys(PRODUCTS)) == 5
    assert [row[2] for row in pipeline.raw_rows(PRODUCTS)] == ["new"]


def test_an_object_larger_than_one_request_is_whole(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MULTIPART_BYTES", 5 * 1024 * 1024)
    pipeline.sql(
        "INSERT INTO products (merchant_id, name, description, price) SELECT n, 'p', "
        "(SELECT string_agg(md5((n * 1000 + k)::text), '') FROM generate_series(1, 330) k), 1 "
        "FROM generate_series(1, 1000) n"
    )
    manifest = pipeline.extract(PRODUCTS).manifests[0]
    (file,) = manifest.files
    assert file.bytes > 5 * 1024 * 1024
    assert len(pipeline.body(file.key)) == file.bytes
    assert pipeline.load(PRODUCTS).rows == 1000
