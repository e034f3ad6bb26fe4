"""The shop's objects as rows of its tables."""

import numpy as np
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.simulator.chance import Ints
from shopstream_platform.simulator.customers import Contacts, Customers, plans
from shopstream_platform.simulator.events import STEPS, Events
from shopstream_platform.simulator.names import People
from shopstream_platform.simulator.orders import Lines, Orders
from shopstream_platform.simulator.products import Goods, Shelf
from shopstream_platform.simulator.rows import (
    booleans,
    copy_rows,
    integers,
    money,
    plain,
    texts,
    timestamps,
)


def insert_users(
    cursor: Cursor,
    seed: int,
    customers: Customers,
    people: People,
    last_login: Ints,
    active: np.ndarray,
    *,
    freeze: bool = False,
) -> int:
    """Rows of `users`; `last_login` is -1 for those who never came back."""
    columns = {
        "id": integers(customers.ids),
        "email": plain(people.email),
        "first_name": texts(people.first),
        "last_name": texts(people.last),
        "country": plain(customers.countries),
        "plan_type": plain(plans(seed, customers.ids)),
        "created_at": timestamps(customers.since),
        "last_login": timestamps(last_login),
        "is_active": booleans(active),
    }
    return copy_rows(cursor, "users", columns, freeze=freeze)


def insert_products(cursor: Cursor, shelf: Shelf, goods: Goods, changed: Ints, *, freeze: bool = False) -> int:
    """Rows of `products`; `changed` is the moment of the last change of price or stock."""
    columns = {
        "id": integers(shelf.ids),
        "merchant_id": integers(goods.merchants),
        "name": texts(goods.names),
        "description": texts(goods.descriptions),
        "category": plain(shelf.categories),
        "price": money(shelf.price),
        "stock_quantity": integers(goods.stock),
        "created_at": timestamps(shelf.since),
        "updated_at": timestamps(changed),
    }
    return copy_rows(cursor, "products", columns, freeze=freeze)


def insert_orders(
    cursor: Cursor, orders: Orders, lines: Lines, customers: Customers, shelf: Shelf, *, freeze: bool = False
) -> dict[str, int]:
    """Rows of `orders` and `order_items`."""
    order_columns = {
        "id": integers(orders.ids),
        "user_id": integers(customers.ids[orders.customers]),
        "created_at": timestamps(orders.created),
        "total_amount": money(orders.total),
        "status": plain(orders.status),
        "country": plain(orders.countries),
        "payment_method": plain(orders.payments),
    }
    line_columns = {
        "id": integers(lines.ids),
        "order_id": integers(orders.ids[lines.order]),
        "product_id": integers(shelf.ids[lines.products]),
        "quantity": integers(lines.quantity),
        "unit_price": money(lines.price),
        "line_total": money(lines.quantity * lines.price),
    }
    return {
        "orders": copy_rows(cursor, "orders", order_columns, freeze=freeze),
        "order_items": copy_rows(cursor, "order_items", line_columns, freeze=freeze),
    }


def insert_events(cursor: Cursor, events: Events, first_id: int, *, freeze: bool = False) -> int:
    """Rows of `events`, numbered from `first_id` on."""
    columns = {
        "id": integers(np.arange(first_id, first_id + len(events.at))),
        "user_id": integers(events.users),
        "event_type": plain(np.array(STEPS, dtype=object)[events.steps]),
        "event_ts": timestamps(events.at, "ms"),
        "metadata": events.metadata,
    }
    return copy_rows(cursor, "events", columns, freeze=freeze)


def insert_contacts(cursor: Cursor, contacts: Contacts, first_id: int, *, freeze: bool = False) -> int:
    """Rows of `crm_contacts`, numbered from `first_id` on."""
    columns = {
        "id": integers(np.arange(first_id, first_id + len(contacts.created))),
        "email": plain(contacts.people.email),
        "first_name": texts(contacts.people.first),
        "last_name": texts(contacts.people.last),
        "source": plain(contacts.channels),
        "campaign_id": plain(contacts.campaigns),
        "created_at": timestamps(contacts.created),
        "converted": booleans(contacts.converted_at >= 0),
        "converted_at": timestamps(contacts.converted_at),
    }
    return copy_rows(cursor, "crm_contacts", columns, freeze=freeze)
