"""A source of the size that is asked for, made by PostgreSQL itself."""

from datetime import date

from psycopg2.extensions import connection

from shopstream_platform.contract.oltp import index_ddl, table_ddl
from shopstream_platform.contract.tables import SHOP_TABLES

LINES_PER_ORDER = 3
DAYS = 450
FIRST_DAY = date(2025, 1, 1)


def fill(conn: connection, lines: int, events: int, first_day: date = FIRST_DAY) -> None:
    """Users, products, orders, `lines` order lines and `events` events over DAYS days; nothing if they are there."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT to_regclass('order_items') IS NOT NULL")
        if (cursor.fetchone() or (False,))[0]:
            cursor.execute("SELECT (SELECT count(*) FROM order_items), (SELECT count(*) FROM events)")
            if cursor.fetchone() == (lines, events):
                return
            cursor.execute(f"DROP TABLE IF EXISTS {', '.join(table.name for table in SHOP_TABLES)}")
        # Indexes are made last: of rows that are there already.
        for statement in [*table_ddl(SHOP_TABLES), *_rows(lines, events, first_day), *index_ddl(SHOP_TABLES)]:
            cursor.execute(statement)
    conn.commit()
    conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _rows(lines: int, events: int, first_day: date) -> list[str]:
    orders = max(1, lines // LINES_PER_ORDER)
    moment = f"timestamp '{first_day}' + (n::bigint * {DAYS} / %s || ' days')::interval + (n %% 86400) * interval '1 s'"
    return [
        "INSERT INTO users (email, first_name, last_name, country, plan_type) SELECT 'user' || n || '@example.com', "
        "'Zoë', 'O''Neil', 'FRA', 'premium' FROM generate_series(1, 1000) n",
        "INSERT INTO products (merchant_id, name, category, price) SELECT n % 20, 'Product \"' || n || '\"', 'Books', "
        "n / 10.0 FROM generate_series(1, 200) n",
        "INSERT INTO orders (user_id, created_at, total_amount, status, country, payment_method) SELECT n % 1000 + 1, "
        f"{(moment % orders).replace('%%', '%')}, n % 900 + 0.5, 'completed', 'FRA', 'card' "
        f"FROM generate_series(1, {orders}) n",
        "INSERT INTO order_items (order_id, product_id, quantity, unit_price, line_total) SELECT "
        f"(n - 1) / {LINES_PER_ORDER} % {orders} + 1, n % 200 + 1, n % 5 + 1, n % 300 + 0.25, n % 900 + 0.5 "
        f"FROM generate_series(1, {lines}) n",
        "INSERT INTO events (user_id, event_type, event_ts, metadata) SELECT n % 1000 + 1, 'page_view', "
        f"{(moment % max(1, events)).replace('%%', '%')}, "
        """jsonb_build_object('page', '/p/' || n % 200, 'session', md5(n::text)) """
        f"FROM generate_series(1, {events}) n",
    ]
