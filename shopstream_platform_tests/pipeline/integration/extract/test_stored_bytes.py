"""Fingerprint and checksum are of what is stored: whatever differs in a byte is another value."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.extensions import make_dsn

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.oltp import LARGEST_VALUE, postgres_ddl
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.extract import sql
from shopstream_platform.pipeline.refresh.drift import Why, find_drift, read_loads
from shopstream_platform.services import postgres
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.pipeline import EVENTS, PRODUCTS, USERS, Pipeline, connect, day, days

# Each pair is equal to jsonb_hash_extended or to numeric's own hash.
ALIKE = [
    ('{"page": {"url": "/p"}, "source": "mail"}', '{"page": {"url": "/p", "source": "mail"}}'),
    ('{"a": {"b": 1}, "c": 2}', '{"a": {"b": 1, "c": 2}}'),
    ("[[1], 2]", "[[1, 2]]"),
    ('{"items": [], "total": 5}', '{"items": ["total", 5]}'),
    ('{"n": 1.0}', '{"n": 1.00}'),
    ("1e2", "100.0"),
]
# jsonb takes every character but this.
LETTERS = st.characters(exclude_characters="\0", codec="utf-8")
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=4),
    max_leaves=12,
)


def fingerprint(pipeline: Pipeline, document: str) -> tuple[Any, str]:
    """The fingerprint of an event with this document, and the document as it is stored."""
    row = "SELECT 1::bigint AS id, 1 AS user_id, 'x'::varchar AS event_type, timestamp '2025-09-01' AS event_ts"
    query = f"SELECT {sql.fingerprint(EVENTS)}, metadata::text FROM ({row}, %s::jsonb AS metadata) AS t"
    return pipeline.sql(query, (document,))[0]


@pytest.mark.parametrize(("before", "after"), ALIKE)
def test_documents_that_postgres_hashes_alike_have_different_fingerprints(
    pipeline: Pipeline, before: str, after: str
) -> None:
    assert fingerprint(pipeline, before)[0] != fingerprint(pipeline, after)[0]


def test_documents_that_differ_in_any_way_have_different_fingerprints(pipeline: Pipeline) -> None:
    @settings(max_examples=300, deadline=None)
    @given(DOCUMENTS, DOCUMENTS)
    def differ(one: Any, other: Any) -> None:
        first, second = (fingerprint(pipeline, json.dumps(document)) for document in (one, other))
        assert (first[0] == second[0]) == (first[1] == second[1])

    differ()


@pytest.mark.parametrize(("before", "after"), ALIKE[:4])
def test_a_key_that_moves_within_a_document_is_found_and_loaded(pipeline: Pipeline, before: str, after: str) -> None:
    event = pipeline.insert(EVENTS, event_type="page_view", event_ts=day(0), metadata=before)
    pipeline.move(EVENTS, days(0))
    pipeline.sql("UPDATE events SET metadata = %s WHERE id = %s", (after, event))
    with snapshot(pipeline.dsn) as conn:
        assert find_drift(conn, read_loads(pipeline.warehouse), days(0)).days["events"] == {day(0): Why.CHANGED}
    pipeline.move(EVENTS, days(0))
    assert pipeline.raw_rows(EVENTS) == pipeline.source_rows(EVENTS)


@pytest.fixture(scope="module")
def server_with_icu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose collations may call different values equal: Debian's; the wheel's is built without ICU."""
    if not (debian := sorted(Path("/usr/lib/postgresql").glob("*/bin"))):
        pytest.skip("needs Debian's package postgresql")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "_candidates", lambda: debian[-1:])
        server = postgres.EmbeddedPostgres(tmp_path_factory.mktemp("icu"))
        yield server.start().dsn
        server.stop()


@pytest.mark.parametrize(
    ("locale", "before", "after"),
    [
        ("und-u-ks-level2", "Ann@example.org", "ann@example.org"),
        ("und-u-ks-level1", "rene@example.org", "rené@example.org"),
        ("und-u-ka-shifted", "an-n@example.org", "ann@example.org"),
    ],
)
def test_a_value_that_a_collation_calls_equal_is_found_and_loaded(
    pipeline: Pipeline, server_with_icu: str, locale: str, before: str, after: str
) -> None:
    with closing(connect(server_with_icu)) as source:
        theirs = Pipeline(source, server_with_icu, pipeline.lake, pipeline.warehouse)
        theirs.sql("; ".join(["DROP SCHEMA public CASCADE", "CREATE SCHEMA public", *postgres_ddl(SHOP_TABLES)]))
        theirs.sql(f"CREATE COLLATION alike (provider = icu, locale = '{locale}', deterministic = false)")
        theirs.sql("ALTER TABLE users ALTER email TYPE varchar(255) COLLATE alike")
        theirs.insert(USERS, email=before)
        theirs.move(USERS)
        assert theirs.sql("SELECT email = %s FROM users", (after,)) == [(True,)]
        theirs.sql("UPDATE users SET email = %s", (after,))
        with snapshot(theirs.dsn) as conn:
            assert find_drift(conn, read_loads(theirs.warehouse), days(0)).snapshots["users"] is Why.CHANGED
        theirs.move(USERS)
        assert [row[1] for row in theirs.raw_rows(USERS)] == [after]


def test_trailing_blanks_are_found_and_loaded(pipeline: Pipeline) -> None:
    pipeline.insert(PRODUCTS, merchant_id=1, name="lamp", price=1)
    pipeline.move(PRODUCTS)
    pipeline.sql("UPDATE products SET name = 'lamp  '")
    with snapshot(pipeline.dsn) as conn:
        assert find_drift(conn, read_loads(pipeline.warehouse), days(0)).snapshots["products"] is Why.CHANGED
    pipeline.move(PRODUCTS)
    assert [row[2] for row in pipeline.raw_rows(PRODUCTS)] == ["lamp  "]


@contextmanager
def in_encoding(pipeline: Pipeline, encoding: str) -> Iterator[Pipeline]:
    """The pipeline on a database of that encoding."""
    name = f"shop_{encoding.lower()}"
    pipeline.sql(f"DROP DATABASE IF EXISTS {name}")
    pipeline.sql(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    dsn = make_dsn(pipeline.dsn, dbname=name)
    theirs = Pipeline(connect(dsn), dsn, pipeline.lake, pipeline.warehouse)
    try:
        theirs.source.set_client_encoding("UTF8")
        theirs.sql("; ".join(postgres_ddl(SHOP_TABLES)))
        yield theirs
    finally:
        theirs.source.close()
        pipeline.sql(f"DROP DATABASE {name}")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("LATIN1", "René Müller"),
        ("WIN1252", "Zoë €"),
        ("KOI8R", "Иван"),
        ("EUC_JP", "東京"),
        # The server takes bytes as they come; these are UTF-8.
        ("SQL_ASCII", "René 東京"),
    ],
)
def test_a_source_of_any_encoding_is_loaded(pipeline: Pipeline, encoding: str, text: str) -> None:
    with in_encoding(pipeline, encoding) as theirs:
        theirs.insert(USERS, email="a@example.org", first_name=text)
        theirs.insert(EVENTS, event_type=text, event_ts=day(0), metadata=json.dumps({"a": text}, ensure_ascii=False))
        theirs.move(USERS)
        theirs.move(EVENTS, days(0))
        assert [row[2] for row in theirs.raw_rows(USERS)] == [text]
        assert theirs.raw_rows(EVENTS) == theirs.source_rows(EVENTS)


def test_a_value_is_measured_as_the_warehouse_holds_it(pipeline: Pipeline) -> None:
    with in_encoding(pipeline, "LATIN1") as theirs:
        # In the server's encoding half as many bytes as in UTF-8.
        for length in (LARGEST_VALUE // 2, LARGEST_VALUE // 2 + 1):
            theirs.sql(
                "INSERT INTO products (merchant_id, name, price, description) VALUES (1, 'p', 1, repeat('é', %s))",
                (length,),
            )
        with pytest.raises(ShopStreamError, match=r"products\.description of the row with id 2 is larger"):
            theirs.extract(PRODUCTS)


def test_bytes_that_are_no_text_are_refused_in_one_sentence(pipeline: Pipeline) -> None:
    with in_encoding(pipeline, "SQL_ASCII") as theirs:
        theirs.sql(r"INSERT INTO users (email, first_name) VALUES ('a@example.org', E'Ren\351')")
        with pytest.raises(ShopStreamError, match="0xe9"):
            theirs.move(USERS)
