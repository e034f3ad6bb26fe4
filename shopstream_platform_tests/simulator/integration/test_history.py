"""What a simulated shop holds: volumes, integrity, and that it looks like a shop."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from psycopg2.extensions import connection as Connection

from shopstream_platform.simulator.simulator import simulate
from shopstream_platform_tests.simulator.integration.conftest import (
    FIRST,
    HISTORY_DAYS,
    LAST,
    SCHEMA,
    NewDatabase,
    ask,
    days,
    value,
)

# Each query finds rows that break a rule.
RULES = {
    "an order's total is the sum of its lines": """
        SELECT o.id FROM orders o LEFT JOIN order_items i ON i.order_id = o.id
        GROUP BY o.id HAVING o.total_amount IS DISTINCT FROM sum(i.line_total)""",
    "a line's total is quantity times price": "SELECT id FROM order_items WHERE line_total <> quantity * unit_price",
    "prices, quantities and stock make sense": """
        SELECT id FROM order_items WHERE quantity < 1 OR unit_price <= 0
        UNION ALL SELECT id FROM products WHERE price <= 0 OR stock_quantity < 0""",
    "users sign up before they order": """
        SELECT o.id FROM orders o JOIN users u ON u.id = o.user_id WHERE o.created_at <= u.created_at""",
    "products are there before they are sold": """
        SELECT i.id FROM order_items i JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id
        WHERE o.created_at < p.created_at""",
    "statuses are known": """
        SELECT id FROM orders
        WHERE status NOT IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded')""",
    "countries have three letters": """
        SELECT id FROM users WHERE country !~ '^[A-Z]{3}$' UNION ALL
        SELECT id FROM orders WHERE country !~ '^[A-Z]{3}$'""",
    "a login is not before the signup": "SELECT id FROM users WHERE last_login < created_at",
    "a product changes after it was created": "SELECT id FROM products WHERE updated_at < created_at",
    "a purchase is its order": """
        SELECT e.id FROM events e LEFT JOIN orders o ON o.id = (e.metadata ->> 'order_id')::int
        WHERE e.event_type = 'purchase'
          AND (o.id IS NULL OR o.user_id IS DISTINCT FROM e.user_id OR o.created_at <> e.event_ts)""",
    "an order is purchased once": """
        SELECT metadata ->> 'order_id' FROM events WHERE event_type = 'purchase' GROUP BY 1 HAVING count(*) > 1""",
    "the product looked at before a purchase is in the order": """
        SELECT e.id FROM events e JOIN events p USING (user_id)
        WHERE p.event_type = 'purchase' AND e.event_type = 'add_to_cart'
          AND e.metadata ->> 'session_id' = p.metadata ->> 'session_id'
          AND NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = (p.metadata ->> 'order_id')::int
                          AND i.product_id = (e.metadata ->> 'product_id')::int)""",
    "products of events exist": """
        SELECT e.id FROM events e LEFT JOIN products p ON p.id = (e.metadata ->> 'product_id')::int
        WHERE e.metadata ? 'product_id' AND p.id IS NULL""",
    "the steps of a visit are in order and none is left out": """
        WITH step AS (SELECT metadata ->> 'session_id' AS visit, event_ts, lag(event_ts) OVER w AS ts_before,
                array_position(ARRAY['page_view', 'product_view', 'add_to_cart', 'checkout_start', 'purchase'],
                               event_type::text) AS rank,
                lag(array_position(ARRAY['page_view', 'product_view', 'add_to_cart', 'checkout_start', 'purchase'],
                               event_type::text)) OVER w AS rank_before
            FROM events WINDOW w AS (PARTITION BY metadata ->> 'session_id' ORDER BY event_ts, id))
        SELECT visit FROM step WHERE coalesce(rank - rank_before, rank) NOT IN (0, 1)
            OR event_ts <= ts_before OR event_ts > ts_before + interval '30 minutes'""",
    "a visit is one person's": """
        SELECT metadata ->> 'session_id' FROM events GROUP BY 1 HAVING count(DISTINCT coalesce(user_id, 0)) > 1""",
    "a converted contact is a user, from then on": """
        SELECT c.id FROM crm_contacts c LEFT JOIN users u ON u.email = c.email
        WHERE c.converted AND (u.id IS NULL OR c.converted_at <> u.created_at OR c.created_at > c.converted_at)""",
    "a contact who is not converted is no user": """
        SELECT c.id FROM crm_contacts c JOIN users u ON lower(u.email) = lower(c.email)
        WHERE NOT c.converted OR c.converted_at IS NULL""",
    "nobody real gets mail": """
        SELECT id FROM users WHERE email !~ '@(example[.](com|org|net)|[a-z]+[.]example)$' UNION ALL
        SELECT id FROM crm_contacts WHERE email !~ '@(example[.](com|org|net)|[a-z]+[.]example)$'""",
}

TIMESTAMPS = {
    "users": ("created_at", "last_login"),
    "products": ("created_at", "updated_at"),
    "orders": ("created_at",),
    "events": ("event_ts",),
    "crm_contacts": ("created_at", "converted_at"),
}


@pytest.fixture(params=["shop", "lived_in_shop"])
def any_shop(request: pytest.FixtureRequest) -> Iterator[Connection]:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("rule", RULES)
def test_rules(any_shop: Connection, rule: str) -> None:
    assert ask(any_shop, RULES[rule]) == []


@pytest.mark.parametrize(
    ("table", "least", "most"),
    [
        ("users", 1000, 1000),
        ("products", 200, 200),
        ("orders", 5000, 5000),
        ("order_items", 14_000, 17_000),
        ("events", 10_000, 15_000),
        ("crm_contacts", 500, 800),
    ],
)
def test_volumes_of_the_reports(shop: Connection, table: str, least: int, most: int) -> None:
    assert least <= int(str(value(shop, f"SELECT count(*) FROM {table}"))) <= most


@pytest.mark.parametrize("number", [1, 7, 73])
def test_a_short_history_has_proportionally_less(new_database: NewDatabase, number: int) -> None:
    connection = new_database()
    rows = simulate(connection, SCHEMA, days(FIRST, number), scale=1, seed=42).inserted
    assert rows["products"] == 200
    assert abs(rows["orders"] - 5000 * number / 365) <= 5
    for table in ("users", "events", "crm_contacts"):
        assert rows[table] >= 3
    assert ask(connection, RULES["a purchase is its order"]) == []


def test_no_timestamp_lies_outside_the_range(shop: Connection) -> None:
    for table, columns in TIMESTAMPS.items():
        for column in columns:
            first, last = ask(shop, f"SELECT min({column}), max({column}) FROM {table}")[0]
            assert datetime.combine(FIRST, datetime.min.time()) <= first, (table, column)
            assert last < datetime.combine(LAST + timedelta(1), datetime.min.time()), (table, column)


def test_every_day_has_orders_and_events(shop: Connection) -> None:
    assert value(shop, "SELECT count(DISTINCT created_at::date) FROM orders") == HISTORY_DAYS
    assert value(shop, "SELECT count(DISTINCT event_ts::date) FROM events") == HISTORY_DAYS


def test_keys_and_indexes_are_those_of_the_catalogue(shop: Connection) -> None:
    assert value(shop, "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == 4
    wanted = {statement.split()[5] for statement in SCHEMA.create_indexes}
    assert all(name.startswith("idx_") for name in wanted)
    assert wanted <= {name for (name,) in ask(shop, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")}


def test_the_data_has_gaps_as_real_data_has(shop: Connection) -> None:
    for query in (
        "SELECT count(*) FROM users WHERE last_login IS NULL",
        "SELECT count(*) FROM users WHERE NOT is_active",
        "SELECT count(*) FROM orders WHERE country IS NULL",
        "SELECT count(*) FROM orders JOIN users ON users.id = user_id WHERE orders.country <> users.country",
        "SELECT count(*) FROM events WHERE user_id IS NULL",
        "SELECT count(*) FROM products WHERE description IS NULL",
        "SELECT count(*) FROM products WHERE description = ''",
        "SELECT count(*) FROM products WHERE description LIKE '%🎁%'",
        "SELECT count(*) FROM products WHERE name LIKE '%''%'",
        "SELECT count(*) FROM crm_contacts WHERE campaign_id IS NULL",
        "SELECT count(*) FROM users WHERE NOT EXISTS (SELECT FROM orders WHERE user_id = users.id)",
    ):
        assert int(str(value(shop, query))) > 0, query


def test_business_is_seasonal_and_grows(shop: Connection) -> None:
    def orders_on(condition: str) -> int:
        return int(str(value(shop, f"SELECT count(*) FROM orders WHERE {condition}")))

    assert orders_on("created_at::date = '2025-11-28'") > 1.4 * orders_on("created_at::date = '2025-11-21'")
    assert orders_on("extract(isodow FROM created_at) >= 6") / 2 > orders_on("extract(isodow FROM created_at) <= 2") / 2
    assert orders_on("date_trunc('month', created_at) = '2026-10-01'") > 1.2 * orders_on(
        "date_trunc('month', created_at) = '2025-10-01'"
    )
    assert orders_on("extract(hour FROM created_at) = 20") > 3 * orders_on("extract(hour FROM created_at) = 3")


def test_popularity_and_loyalty_are_skewed(shop: Connection) -> None:
    def share_of_top(query: str) -> Decimal:
        return ask(
            shop,
            f"SELECT sum(n) FILTER (WHERE place <= 0.2 * total) / sum(n) FROM (SELECT n, "
            f"row_number() OVER (ORDER BY n DESC) AS place, count(*) OVER () AS total FROM ({query}) AS x) AS y",
        )[0][0]

    assert share_of_top(
        "SELECT count(i.id) AS n FROM products p LEFT JOIN order_items i ON i.product_id = p.id GROUP BY p.id"
    ) > Decimal("0.5")
    assert share_of_top(
        "SELECT count(o.id) AS n FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id"
    ) > Decimal("0.45")
    assert int(str(value(shop, "SELECT max(n) FROM (SELECT count(*) AS n FROM orders GROUP BY user_id) AS x"))) > 40
    one_timers = value(shop, "SELECT count(*) FROM (SELECT 1 FROM orders GROUP BY user_id HAVING count(*) = 1) AS x")
    assert int(str(one_timers)) > 100


def test_statuses_follow_age(shop: Connection) -> None:
    shares = dict(ask(shop, "SELECT status, count(*) / 5000.0 FROM orders GROUP BY 1"))
    assert set(shares) == {"pending", "paid", "shipped", "delivered", "cancelled", "refunded"}
    assert Decimal("0.03") < shares["cancelled"] < Decimal("0.08")
    assert Decimal("0.02") < shares["refunded"] < Decimal("0.07")
    open_since = value(shop, "SELECT min(created_at) FROM orders WHERE status IN ('pending', 'paid', 'shipped')")
    assert isinstance(open_since, datetime)
    assert open_since.date() > LAST - timedelta(20)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [10, 100])
def test_a_large_history_has_the_orders_of_its_scale(new_database: NewDatabase, scale: int) -> None:
    assert (
        simulate(new_database(), SCHEMA, days(FIRST, HISTORY_DAYS), scale=scale, seed=42).inserted["orders"]
        == 5000 * scale
    )
