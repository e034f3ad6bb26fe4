"""The shop's present state, as the simulator of one more day needs it."""

from datetime import date, timedelta

import numpy as np
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.simulator.customers import CONVERSION_DAYS, Customers, loyalty
from shopstream_platform.simulator.products import Shelf, appeal


def next_id(cursor: Cursor, table: str) -> int:
    """The id after the highest."""
    cursor.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")
    ((following,),) = cursor.fetchall()
    return following


def read_customers(cursor: Cursor, seed: int) -> Customers:
    """All users; those whose account is closed order nothing."""
    cursor.execute(
        "SELECT id, extract(epoch FROM created_at)::bigint, country, is_active IS NOT FALSE FROM users "
        "WHERE created_at IS NOT NULL ORDER BY created_at, id"
    )
    rows = cursor.fetchall()
    ids, since, active = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1, 3))
    countries = np.array([row[2] for row in rows], dtype=object)
    return Customers(ids, since, countries, loyalty(seed, ids) * active)


def read_shelf(cursor: Cursor, seed: int) -> Shelf:
    """All products at today's prices."""
    cursor.execute(
        "SELECT id, extract(epoch FROM created_at)::bigint, category, (price * 100)::bigint FROM products "
        "WHERE created_at IS NOT NULL ORDER BY created_at, id"
    )
    rows = cursor.fetchall()
    ids, since, price = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1, 3))
    categories = np.array([row[2] for row in rows], dtype=object)
    return Shelf(ids, since, categories, price, price, since, appeal(seed, ids))


def open_contacts(cursor: Cursor, day: date) -> list[tuple[int, str, str, str]]:
    """Contacts of the days before who may still open an account: id, e-mail, first and last name."""
    cursor.execute(
        "SELECT id, email, first_name, last_name FROM crm_contacts "
        "WHERE NOT converted AND created_at >= %s AND created_at < %s ORDER BY id",
        [day - timedelta(days=CONVERSION_DAYS), day],
    )
    return cursor.fetchall()
