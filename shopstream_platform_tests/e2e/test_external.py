"""SHOPSTREAM_SOURCE=external: a database that somebody else has filled is read, and nothing else."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor
from psycopg2.extensions import make_dsn
from psycopg2.extras import execute_values

from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform_tests.e2e.shop import Row, Shop
from shopstream_platform_tests.e2e.test_demo import NOTHING_TO_DO
from shopstream_platform_tests.fixtures.external import source_schema

DATABASE, ROLE, PASSWORD = "reports", "reports_reader", "only-reads"
NAMES = [table.name for table in SHOP_TABLES]
READER = f"""
CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}';
GRANT USAGE ON SCHEMA public TO {ROLE};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {ROLE};
"""
OBJECTS = """
SELECT n.nspname, c.relname, c.relkind, c.relfilenode, c.relhastriggers, array_agg(a.attname ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
GROUP BY c.oid, n.oid ORDER BY 1, 2
"""
# Texts that a careless copy would change.
TEXTS = [
    "plain",
    'a "quoted", text',
    "two\nlines",
    "C:\\temp\\N",
    "NULL",
    "\\N",
    "",
    "  blanks  ",
    "émoji 🛒",
    "a\tb",
    None,
]


def _fill(cursor: Cursor, first: date, today: date) -> None:
    """Plain INSERTs: days without business, rows before the first partition, of today, of tomorrow, without a time."""
    noon = datetime.combine(first, time(12))
    moments: list[datetime | None] = [noon + timedelta(days=n) for n in (-400, 0, 1, 2, 3, 17, 30, 38, 39)]
    moments += [datetime.combine(first, time.min), datetime.combine(first + timedelta(days=5), time.max), None]
    moments += [datetime.combine(today, time(8)), datetime.combine(today + timedelta(days=1), time(8))]
    users = [(f"u{n}@example.org", text, text, "FRA", noon, None, None) for n, text in enumerate(TEXTS)]
    _insert(cursor, "users (email, first_name, last_name, country, created_at, last_login, is_active)", users)
    products = [(1, f"p{n}", text, "Toys", n + 1) for n, text in enumerate(TEXTS)]
    _insert(cursor, "products (merchant_id, name, description, category, price)", products)
    orders = [(n % len(users) + 1, moment, 2 * (n + 1), "Paid", None, None) for n, moment in enumerate(moments)]
    _insert(cursor, "orders (user_id, created_at, total_amount, status, country, payment_method)", orders)
    items = [(n + 1, n % len(products) + 1, 2, n + 1, 2 * (n + 1)) for n in range(len(orders))]
    _insert(cursor, "order_items (order_id, product_id, quantity, unit_price, line_total)", items)
    documents = [json.dumps({"page": text, "nested": [1, {"a": None}]}) for text in TEXTS] + ["null", None, "[]", "1.5"]
    events = [(None, "page_view", moments[n % len(moments)], document) for n, document in enumerate(documents)]
    _insert(cursor, "events (user_id, event_type, event_ts, metadata)", events)
    _insert(cursor, "crm_contacts (email, source)", [(f"c{n}@example.org", text) for n, text in enumerate(TEXTS)])


def _insert(cursor: Cursor, into: str, rows: list[Any]) -> None:
    execute_values(cursor, f"INSERT INTO {into} VALUES %s", rows)


def _everything(dsn: str) -> dict[str, list[Row]]:
    """All rows and all objects of the database."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        found = {}
        for name, query in {
            "objects": OBJECTS,
            **{t: f"SELECT t.*, xmin FROM {t} t ORDER BY id" for t in NAMES},
        }.items():
            cursor.execute(query)
            found[name] = cursor.fetchall()
        return found


@pytest.fixture
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A home whose embedded server also holds somebody else's database."""
    shop = Shop.at(tmp_path_factory.mktemp("external"))
    try:
        shop.psql(f"CREATE DATABASE {DATABASE}")
        yield shop
    finally:
        down = shop.shopstream("down")
        assert down.code == 0, down.everything


@pytest.mark.slow
def test_a_shop_that_somebody_else_has_filled_is_read_and_never_written(owner: Shop) -> None:
    theirs = make_dsn(owner.connections["postgres"]["dsn"], dbname=DATABASE)
    with closing(psycopg2.connect(theirs)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(source_schema())
        _fill(cursor, owner.start, datetime.now(ZoneInfo(owner.zone)).date())
        cursor.execute(READER)
    before = _everything(theirs)
    shop = owner.having(
        SHOPSTREAM_SOURCE="external", SHOPSTREAM_POSTGRES_DSN=make_dsn(theirs, user=ROLE, password=PASSWORD)
    )

    refresh = shop.shopstream("refresh")
    assert refresh.code == 0, refresh.everything
    assert shop.raw() == shop.oltp()
    assert len(shop.raw()["orders"]) == len(before["orders"]) - 2, "today's and tomorrow's are not due"
    assert PASSWORD not in refresh.out + refresh.err

    idle = shop.shopstream("refresh")
    assert idle.code == 0, idle.everything
    assert NOTHING_TO_DO in idle.text
    seed = shop.shopstream("seed")
    assert (seed.code, len(seed.errors)) == (1, 1), seed.everything
    assert _everything(theirs) == before
