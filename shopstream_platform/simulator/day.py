"""One more day of the shop: what is new, and what moves on; at once, or as the day goes by."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

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
from shopstream_platform.simulator.running import TABLES, Running, close, end_of_day, hold_back, live_on
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


@dataclass(frozen=True)
class _Made:
    """A day's new business, as rows of the shop already."""

    orders: Orders
    lines: Lines
    events: Events
    customers: Customers
    shelf: Shelf
    inserted: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)


def simulate_day(
    cursor: Cursor, schema: Schema, shop: Shop, day: date, *, scale: float, seed: int
) -> tuple[Counter[str], Counter[str]]:
    """Add the day's business at the shop's present rate; rows inserted and rows updated, by table.

    The same day of the same shop with the same seed gives the same rows.
    """
    now = start_of(day) + SECONDS_A_DAY
    _lock(cursor, schema)
    made = _make(cursor, shop, day, scale=scale, seed=seed, now=now)
    updated = made.updated
    updated["orders"] = move_orders_on(cursor, shop.seed, now)
    updated["products"] += move_stock(cursor, *_sold(made.orders, made.lines, made.shelf))
    updated["users"] = log_in(cursor, *_seen(made.orders, made.events, made.customers))
    advance_sequences(cursor, schema)
    return made.inserted, updated


def live_day(
    cursor: Cursor,
    schema: Schema,
    shop: Shop,
    begun: Running | None,
    day: date,
    to: datetime,
    *,
    scale: float,
    seed: int,
) -> tuple[Counter[str], Counter[str]]:
    """Live through the day up to a moment; rows inserted and rows updated, by table.

    `begun` is the day itself if it is running already. Whatever the moments at which it stops, at the end of the day
    its rows are those of `simulate_day`, but for the stock. A day that is over is closed.
    """
    _lock(cursor, schema)
    if begun is None:
        first_ids = {table: next_id(cursor, table) for table in TABLES}
        made = _make(cursor, shop, day, scale=scale, seed=seed, now=start_of(day))
        advance_sequences(cursor, schema)
        hold_back(cursor, day, first_ids, seed=seed, scale=scale)
        repriced = made.updated["products"]
    else:
        repriced = 0
    inserted, updated = live_on(cursor, shop, min(to, end_of_day(day)))
    updated["products"] += repriced
    if to >= end_of_day(day):
        close(cursor)
    return inserted, updated


def _lock(cursor: Cursor, schema: Schema) -> None:
    """Ids are counted on from the highest: nobody may insert meanwhile, everybody may read."""
    cursor.execute(f"LOCK TABLE {', '.join(schema.tables)} IN SHARE ROW EXCLUSIVE MODE")


def _make(cursor: Cursor, shop: Shop, day: date, *, scale: float, seed: int, now: int) -> _Made:
    """Insert what is new on the day, with the status that orders have at `now`."""
    rng, weight = stream(seed, "day", day), shop.course.weight(day) * shop.per_weight * scale
    inserted, updated = Counter[str](), Counter[str]()
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

    inserted.update(insert_orders(cursor, orders, lines, customers, shelf))
    inserted["events"] = insert_events(cursor, events, next_id(cursor, "events"))
    return _Made(orders, lines, events, customers, shelf, inserted, updated)


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
