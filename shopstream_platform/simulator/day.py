"""One more day of the shop: what is new, and what moves on."""

from collections import Counter
from datetime import date

import numpy as np
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.simulator import shop as shops
from shopstream_platform.simulator.chance import Ints, choose, stream
from shopstream_platform.simulator.customers import Customers, loyalty, make_new_contacts
from shopstream_platform.simulator.events import Events, make_events
from shopstream_platform.simulator.insert import (
    insert_contacts,
    insert_events,
    insert_orders,
    insert_users,
)
from shopstream_platform.simulator.names import COUNTRIES, people
from shopstream_platform.simulator.orders import Lines, Orders, make_orders
from shopstream_platform.simulator.products import Shelf
from shopstream_platform.simulator.read import (
    next_id,
    open_contacts,
    read_customers,
    read_shelf,
)
from shopstream_platform.simulator.schema import Schema, advance_sequences
from shopstream_platform.simulator.seasons import SECONDS_A_DAY, moments, start_of
from shopstream_platform.simulator.shop import Shop
from shopstream_platform.simulator.updates import (
    change_prices,
    convert_contacts,
    log_in,
    move_orders_on,
    move_stock,
)


def simulate_day(
    cursor: Cursor, schema: Schema, shop: Shop, day: date, *, scale: float, seed: int
) -> tuple[Counter[str], Counter[str]]:
    """Add the day's business at the shop's present rate; rows inserted and rows updated, by table.

    The same day of the same shop with the same seed gives the same rows.
    """
    # Ids are counted on from the highest: nobody may insert meanwhile, everybody may read.
    cursor.execute(f"LOCK TABLE {', '.join(schema.tables)} IN SHARE ROW EXCLUSIVE MODE")
    rng, weight = stream(seed, "day", day), shop.course.weight(day) * shop.per_weight * scale
    inserted, updated = Counter[str](), Counter[str]()
    now = start_of(day) + SECONDS_A_DAY

    signups = int(rng.poisson(shops.USERS * weight))
    updated["crm_contacts"], inserted["users"] = _sign_up(cursor, shop, day, signups, seed)
    count = int(rng.poisson(shops.CONTACTS * weight))
    first = next_id(cursor, "crm_contacts")
    inserted["crm_contacts"] = insert_contacts(cursor, make_new_contacts(seed, day, count, first), first)

    updated["products"] = change_prices(cursor, stream(seed, "prices", day), day)
    customers, shelf = read_customers(cursor, shop.seed), read_shelf(cursor, shop.seed)
    created = moments(rng, [day], np.array([rng.poisson(shops.ORDERS * weight)]))
    first_ids = next_id(cursor, "orders"), next_id(cursor, "order_items")
    orders, lines = make_orders(rng, shop.seed, created, customers, shelf, first_ids, now)
    visits = np.array([rng.poisson(shops.VISITS * weight)])
    events = make_events(rng, [day], visits, orders, lines, customers, shelf)

    updated["orders"] = move_orders_on(cursor, shop.seed, now)
    inserted.update(insert_orders(cursor, orders, lines, customers, shelf))
    inserted["events"] = insert_events(cursor, events, next_id(cursor, "events"))
    updated["products"] += move_stock(cursor, *_sold(orders, lines, shelf))
    updated["users"] = log_in(cursor, *_seen(orders, events, customers))
    advance_sequences(cursor, schema)
    return inserted, updated


def _sign_up(cursor: Cursor, shop: Shop, day: date, count: int, seed: int) -> tuple[int, int]:
    """New users, some of whom were contacts; contacts converted and users inserted."""
    rng = stream(seed, "users", day)
    first = next_id(cursor, "users")
    ids = np.arange(first, first + count)
    since = moments(rng, [day], np.array([count]))
    countries = choose(rng, COUNTRIES, count)
    who = people(rng, countries, range(first, first + count), ".")
    candidates = open_contacts(cursor, day)
    known = rng.permutation(len(candidates))[: rng.binomial(count, shops.CONVERTED_SHARE)]
    become = rng.permutation(count)[: len(known)]
    for user, contact in zip(become.tolist(), known.tolist(), strict=True):
        who.email[user], who.first[user], who.last[user] = candidates[contact][1:]
    converted = convert_contacts(cursor, [candidates[i][0] for i in known.tolist()], since[become])
    customers = Customers(ids, since, countries, loyalty(shop.seed, ids))
    never = np.full(count, -1)
    return converted, insert_users(cursor, shop.seed, customers, who, never, np.full(count, True))


def _sold(orders: Orders, lines: Lines, shelf: Shelf) -> tuple[Ints, Ints, Ints]:
    """Product ids, units sold and the moment of the last sale."""
    products, position = np.unique(lines.products, return_inverse=True)
    last = np.zeros(len(products), dtype=np.int64)
    np.maximum.at(last, position, orders.created[lines.order])
    return shelf.ids[products], np.bincount(position, lines.quantity, len(products)).astype(np.int64), last


def _seen(orders: Orders, events: Events, customers: Customers) -> tuple[Ints, Ints]:
    """User ids and the moment when each was last there."""
    known = events.users >= 0
    everybody = np.concatenate([customers.ids[orders.customers], events.users[known]])
    moments_seen = np.concatenate([orders.created, events.at[known] // 1000])
    users, position = np.unique(everybody, return_inverse=True)
    last = np.zeros(len(users), dtype=np.int64)
    np.maximum.at(last, position, moments_seen)
    return users, last
