"""Whatever PostgreSQL holds arrives in RAW as it is: through COPY, gzip, S3 and COPY INTO."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shopstream_platform_tests.fixtures.pipeline import (
    CRM_CONTACTS,
    EVENTS,
    ORDER_ITEMS,
    ORDERS,
    PRODUCTS,
    USERS,
    Pipeline,
    day,
    days,
)

few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# All that a step on the way has a meaning for, among them what looks like NULL to somebody.
AWKWARD = [
    *("", " ", "  padded  ", "\t", "\n", "\r", "\r\n", "a\nb", "a\rb", "ends\n", '"', '""', "it's", 'say "hi"', "a,b"),
    *(
        "\\",
        "\\N",
        "\\.",
        "C:\\temp\\new",
        "\\\\",
        '\\"',
        "NULL",
        "null",
        "None",
        "NaN",
        "{}",
        "[1]",
        "true",
        "0",
        "$$",
    ),
    *("é", "日本語", "🛒👩‍👩‍👧", "\ufeffbom", "\u2028", "\x7f", "\x01\x02", "a\tb", "%s", "{{ x }}", ";--", "x" * 255),
]
texts = st.one_of(
    st.sampled_from(AWKWARD),
    st.lists(st.sampled_from([*"\",\\\n\r\t '", "N", ".", "é", "🛒"]), max_size=12).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
)
small_integers = st.one_of(st.sampled_from([-(2**31), 2**31 - 1, 0, -1]), st.integers(-(2**31), 2**31 - 1))
big_ids = st.one_of(st.sampled_from([2**63 - 1, 2**53 + 1]), st.integers(1, 2**63 - 1))
money = st.one_of(
    st.sampled_from(
        [Decimal("99999999.99"), Decimal("-99999999.99"), Decimal("0.00"), Decimal("-0.01"), Decimal("10")]
    ),
    st.decimals(Decimal("-99999999.99"), Decimal("99999999.99"), places=2),
)
moments = st.one_of(
    st.sampled_from(
        [
            *(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(1970, 1, 1)),
            *(datetime(2026, 3, 29, 2, 30), datetime(2025, 9, 2), datetime(2025, 9, 1, 23, 59, 59, 999999)),
            *(datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(1582, 10, 10), datetime(1900, 2, 28, 12, 0, 0, 1)),
        ]
    ),
    st.datetimes(),
)
numbers = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.decimals(-1000, 1000, places=3).map(float),
    st.sampled_from([0, 0.1, 1e20, 12345678901234567890, 1e-7, 3.141592653589793]),
)
json_texts = st.one_of(st.sampled_from([text for text in AWKWARD if text != "\0"]), st.sampled_from(["1", "1.0", "01"]))
documents = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, json_texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(json_texts, inner, max_size=4)),
    max_leaves=10,
)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def rows(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=12)


@few
@given(
    rows(
        merchant_id=small_integers,
        name=texts.map(lambda text: text[:255]),
        description=optional(texts),
        category=optional(texts.map(lambda text: text[:100])),
        price=money,
        stock_quantity=optional(small_integers),
        created_at=optional(moments),
        updated_at=optional(moments),
    )
)
@example(
    [
        {"merchant_id": 1, "name": text, "description": text, "category": text[:100], "price": Decimal("1.10")}
        for text in AWKWARD
    ]
)
def test_text_numbers_and_timestamps_of_a_snapshot_table(pipeline: Pipeline, products: list[dict[str, Any]]) -> None:
    pipeline.empty_source()
    for product in products:
        pipeline.insert(PRODUCTS, **product)
    pipeline.move(PRODUCTS)
    assert pipeline.raw_rows(PRODUCTS) == pipeline.source_rows(PRODUCTS)
    sent = [tuple(product.get(name) for name in ("name", "description", "price")) for product in products]
    assert [(row[2], row[3], row[5]) for row in pipeline.raw_rows(PRODUCTS)] == sent


@few
@given(
    rows(
        first_name=optional(texts.map(lambda text: text[:100])),
        country=optional(texts.map(lambda text: text[:3])),
        last_login=optional(moments),
        is_active=optional(st.booleans()),
    )
)
def test_text_and_booleans_of_users(pipeline: Pipeline, users: list[dict[str, Any]]) -> None:
    pipeline.empty_source()
    for number, user in enumerate(users):
        pipeline.insert(USERS, email=f"{number}@example.org", **user)
    pipeline.move(USERS)
    assert pipeline.raw_rows(USERS) == pipeline.source_rows(USERS)
    assert [row[-1] for row in pipeline.raw_rows(USERS)] == [user["is_active"] for user in users]


@few
@given(st.lists(documents, min_size=1, max_size=12))
@example([{}, [], "", "1", 1, 1.5, True, None, "null", [None], {"a": None}, {"a": {"b": [1, "1", {}]}}, {"": ""}, "\\"])
def test_documents(pipeline: Pipeline, metadata: list[Any]) -> None:
    pipeline.empty_source()
    for document in metadata:
        pipeline.insert(EVENTS, event_type="page_view", event_ts=day(0), metadata=json.dumps(document))
    pipeline.move(EVENTS, days(0))
    assert pipeline.raw_rows(EVENTS) == pipeline.source_rows(EVENTS)
    assert [row[-1] for row in pipeline.raw_rows(EVENTS)] == [("json", document) for document in metadata]


@few
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": big_ids,
                "event_type": texts.map(lambda text: text[:50]),
                "event_ts": optional(st.sampled_from([datetime(2025, 9, 1), datetime(2025, 9, 1, 23, 59, 59, 999999)])),
            }
        ),
        min_size=1,
        max_size=12,
        unique_by=lambda event: event["id"],
    )
)
def test_text_and_wide_ids_of_events(pipeline: Pipeline, events: list[dict[str, Any]]) -> None:
    pipeline.empty_source()
    for event in events:
        pipeline.insert(EVENTS, **event)
    pipeline.move(EVENTS, days(0))
    assert pipeline.raw_rows(EVENTS) == pipeline.source_rows(EVENTS)


@few
@given(
    rows(
        created_at=st.datetimes(datetime(2025, 8, 25), datetime(2025, 9, 5)) | st.none(),
        total_amount=money,
        status=optional(texts.map(lambda text: text[:20])),
        country=optional(texts.map(lambda text: text[:3])),
        payment_method=optional(texts.map(lambda text: text[:50])),
    )
)
def test_rows_of_a_range_of_days(pipeline: Pipeline, orders: list[dict[str, Any]]) -> None:
    pipeline.empty_source()
    user = pipeline.insert(USERS, email="a@example.org")
    product = pipeline.insert(PRODUCTS, merchant_id=1, name="p", price=1)
    for order in orders:
        number = pipeline.insert(ORDERS, user_id=user, **order)
        amount = order["total_amount"]
        pipeline.insert(
            ORDER_ITEMS, order_id=number, product_id=product, quantity=1, unit_price=amount, line_total=amount
        )
    for table in (ORDERS, ORDER_ITEMS):
        pipeline.move(table, days(0, 4))
        assert pipeline.raw_rows(table) == pipeline.source_rows(table)
    assert pipeline.raw_partitions(ORDERS) == {
        number: max(created.date(), day(0)) if created else day(0)
        for number, created in pipeline.sql("SELECT id, created_at FROM orders")
    }


def test_sql_null_differs_from_json_null(pipeline: Pipeline) -> None:
    for document in (None, "null"):
        pipeline.insert(EVENTS, event_type="page_view", event_ts=day(0), metadata=document)
    pipeline.move(EVENTS, days(0))
    assert [row[-1] for row in pipeline.raw_rows(EVENTS)] == [None, ("json", None)]


def test_null_differs_from_the_empty_text_in_every_text_column(pipeline: Pipeline) -> None:
    pipeline.insert(CRM_CONTACTS, email="", first_name="", last_name=None, source="", campaign_id=None)
    pipeline.move(CRM_CONTACTS)
    assert pipeline.raw_rows(CRM_CONTACTS)[0][1:6] == ("", "", None, "", None)


def test_a_row_of_nothing_but_null(pipeline: Pipeline) -> None:
    pipeline.insert(EVENTS, event_type="x", event_ts=None, user_id=None, metadata=None)
    pipeline.move(EVENTS, days(0))
    assert pipeline.raw_rows(EVENTS) == [(1, None, "x", None, None)]


def test_names_of_255_characters_beyond_ascii(pipeline: Pipeline) -> None:
    name = ("🛒é," * 85)[:255]
    pipeline.insert(PRODUCTS, merchant_id=1, name=name, price=1)
    pipeline.move(PRODUCTS)
    assert pipeline.raw_rows(PRODUCTS)[0][2] == name


@pytest.mark.parametrize("moment", [day(1), datetime(2025, 9, 1, 23, 59, 59, 999999), datetime(2025, 9, 2, 0, 0, 0, 1)])
def test_a_timestamp_at_the_edge_of_its_day(pipeline: Pipeline, moment: date) -> None:
    user = pipeline.insert(USERS, email="a@example.org")
    number = pipeline.insert(ORDERS, user_id=user, total_amount=1, created_at=moment)
    pipeline.move(ORDERS, days(0, 2))
    assert pipeline.raw_partitions(ORDERS) == {number: date(moment.year, moment.month, moment.day)}


def test_a_document_of_a_megabyte(pipeline: Pipeline) -> None:
    document = {"lines": [{"text": "é" * 100, "n": n} for n in range(6000)]}
    pipeline.insert(EVENTS, event_type="big", event_ts=day(0), metadata=json.dumps(document))
    pipeline.move(EVENTS, days(0))
    assert pipeline.raw_rows(EVENTS)[0][-1] == ("json", document)
