"""What one more day changes in rows that exist; each function tells how many rows it changed."""

from datetime import date

import numpy as np
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.simulator.chance import Ints
from shopstream_platform.simulator.orders import SETTLED_DAYS, status_at
from shopstream_platform.simulator.seasons import OPENING_SECONDS, SECONDS_A_DAY, start_of

REPRICED_SHARE = 0.005
# What `new.sold` leaves of a product's stock.
RESTOCKED = (
    "CASE WHEN stock_quantity < new.sold + 5 THEN 60 + products.id * 37 %% 190 ELSE stock_quantity - new.sold END"
)
_MOMENT = "to_timestamp(new.at) AT TIME ZONE 'UTC'"


def move_orders_on(cursor: Cursor, seed: int, now: int) -> int:
    """Pending orders are paid, paid ones shipped and so on; a few are cancelled or refunded late."""
    cursor.execute(
        "SELECT id, extract(epoch FROM created_at)::bigint, payment_method, status FROM orders "
        "WHERE created_at >= to_timestamp(%s) AT TIME ZONE 'UTC' ORDER BY id",
        [now - SETTLED_DAYS * SECONDS_A_DAY],
    )
    rows = cursor.fetchall()
    ids, created = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1))
    payments, before = (np.array([row[i] for row in rows], dtype=object) for i in (2, 3))
    after = status_at(now, seed, ids, created, payments)
    moved = after != before
    cursor.execute(
        "UPDATE orders SET status = new.status FROM unnest(%s::int[], %s::text[]) AS new (id, status) "
        "WHERE orders.id = new.id",
        [ids[moved].tolist(), after[moved].tolist()],
    )
    return cursor.rowcount


def change_prices(cursor: Cursor, rng: np.random.Generator, day: date) -> int:
    """A few products cost more or less from the day's first minutes on."""
    cursor.execute("SELECT id FROM products ORDER BY id")
    ids = np.array([product for (product,) in cursor.fetchall()], dtype=np.int64)
    chosen = ids[rng.random(len(ids)) < REPRICED_SHARE]
    factors = rng.uniform(0.85, 1.15, len(chosen))
    moments = start_of(day) + rng.integers(0, OPENING_SECONDS, len(chosen))
    cursor.execute(
        f"UPDATE products SET price = greatest(round(price * new.factor::numeric), 2) - 0.01, updated_at = {_MOMENT} "
        "FROM unnest(%s::int[], %s::float8[], %s::bigint[]) AS new (id, factor, at) WHERE products.id = new.id",
        [chosen.tolist(), factors.tolist(), moments.tolist()],
    )
    return cursor.rowcount


def move_stock(cursor: Cursor, products: Ints, sold: Ints, at: Ints) -> int:
    """What was sold leaves the stock; what runs out is delivered again."""
    cursor.execute(
        f"UPDATE products SET stock_quantity = {RESTOCKED}, "
        f"updated_at = greatest(updated_at, {_MOMENT}) "
        "FROM unnest(%s::int[], %s::int[], %s::bigint[]) AS new (id, sold, at) WHERE products.id = new.id",
        [products.tolist(), sold.tolist(), at.tolist()],
    )
    return cursor.rowcount


def log_in(cursor: Cursor, users: Ints, at: Ints) -> int:
    """Users who were there have logged in."""
    cursor.execute(
        f"UPDATE users SET last_login = greatest(last_login, {_MOMENT}) "
        "FROM unnest(%s::int[], %s::bigint[]) AS new (id, at) WHERE users.id = new.id",
        [users.tolist(), at.tolist()],
    )
    return cursor.rowcount


def convert_contacts(cursor: Cursor, contacts: list[int], at: Ints) -> int:
    """Contacts who opened an account."""
    cursor.execute(
        f"UPDATE crm_contacts SET converted = TRUE, converted_at = {_MOMENT} "
        "FROM unnest(%s::int[], %s::bigint[]) AS new (id, at) WHERE crm_contacts.id = new.id",
        [contacts, at.tolist()],
    )
    return cursor.rowcount
