"""A shop's whole history at once, streamed into empty tables in chunks of days."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.simulator import shop as shops
from shopstream_platform.simulator.chance import Ints, stream
from shopstream_platform.simulator.customers import BETA_SHARE, make_contacts, make_users
from shopstream_platform.simulator.events import Events, make_events
from shopstream_platform.simulator.insert import (
    insert_contacts,
    insert_events,
    insert_orders,
    insert_products,
    insert_users,
)
from shopstream_platform.simulator.orders import Lines, Orders, make_orders
from shopstream_platform.simulator.products import make_products
from shopstream_platform.simulator.schema import Schema, bulk_loading
from shopstream_platform.simulator.seasons import SECONDS_A_DAY, moments, start_of
from shopstream_platform.simulator.shop import Shop

# What is done, how much of it, out of how much.
Progress = Callable[[str, int, int], None]

ORDERS_A_CHUNK = 20_000
FEWEST = 5  # of anything, however short the history
DORMANT_DAYS, CLOSED_SHARE = 60, 0.15


@dataclass(frozen=True)
class _Chunk:
    orders: Orders
    lines: Lines
    events: Events


@dataclass
class _Traces:
    """When each user was last there, and when each product was last sold (seconds, -1 for never)."""

    seen: Ints
    sold: Ints

    def follow(self, chunk: _Chunk) -> None:
        np.maximum.at(self.seen, chunk.orders.customers, chunk.orders.created)
        known = chunk.events.users >= 0
        np.maximum.at(self.seen, chunk.events.users[known] - 1, chunk.events.at[known] // 1000)
        np.maximum.at(self.sold, chunk.lines.products, chunk.orders.created[chunk.lines.order])


class _History:
    """Everything that is known before the first order: users, products, and how many orders and visits a day has."""

    def __init__(self, shop: Shop, days: Sequence[date], scale: float) -> None:
        self.seed, self.days = shop.seed, days
        self.now = start_of(days[-1]) + SECONDS_A_DAY
        self.rng = stream(self.seed, "history", days[0])
        weights = shop.course.weights(days)

        def spread(total: float) -> Ints:
            expected = max(round(total * shop.per_weight * scale * weights.sum()), FEWEST)
            return self.rng.multinomial(expected, weights / weights.sum())

        signups = spread(shops.USERS * (1 - BETA_SHARE))
        beta = max(round(signups.sum() * BETA_SHARE / (1 - BETA_SHARE)), 1)
        self.customers, self.people = make_users(self.seed, days, signups, beta)
        self.shelf, self.goods = make_products(self.seed, scale, days[0], days[-1])
        self.orders, self.visits = spread(shops.ORDERS), spread(shops.VISITS)
        self.strangers = spread(shops.CONTACTS - shops.CONVERTED_SHARE * shops.USERS)
        self.traces = _Traces(np.full(len(self.customers.ids), -1), np.full(len(self.shelf.ids), -1))

    def chunks(self) -> Iterator[_Chunk]:
        """Orders, lines and events, some days at a time."""
        next_ids = (1, 1)
        for first, end in _chunk_bounds(self.orders):
            chunk = self._chunk(slice(first, end), next_ids)
            next_ids = (next_ids[0] + len(chunk.orders.ids), next_ids[1] + len(chunk.lines.ids))
            yield chunk

    def _chunk(self, here: slice, first_ids: tuple[int, int]) -> _Chunk:
        days, customers, shelf = self.days[here], self.customers, self.shelf
        rng = stream(self.seed, "orders", days[0])
        created = moments(rng, days, self.orders[here])
        orders, lines = make_orders(rng, self.seed, created, customers, shelf, first_ids, self.now)
        rng = stream(self.seed, "events", days[0])
        return _Chunk(orders, lines, make_events(rng, days, self.visits[here], orders, lines, customers, shelf))

    def insert_chunk(self, cursor: Cursor, chunk: _Chunk, first_event: int) -> dict[str, int]:
        """Its rows by table."""
        self.traces.follow(chunk)
        rows = insert_orders(cursor, chunk.orders, chunk.lines, self.customers, self.shelf, freeze=True)
        return {**rows, "events": insert_events(cursor, chunk.events, first_event, freeze=True)}

    def insert_the_rest(self, cursor: Cursor) -> dict[str, int]:
        """Users, products and contacts, which show traces of the orders and events; rows by table."""
        since = self.customers.since
        last_login = _last_logins(self.rng, since, self.traces.seen, self.now)
        dormant = self.now - np.maximum(last_login, since) > DORMANT_DAYS * SECONDS_A_DAY
        active = ~(dormant & (self.rng.random(len(since)) < CLOSED_SHARE))
        changed = np.maximum(np.maximum(self.shelf.since, self.shelf.repriced), self.traces.sold)
        converted = round(shops.CONVERTED_SHARE * len(since))
        contacts = make_contacts(self.seed, self.days, self.strangers, self.customers, self.people, converted)
        return {
            "users": insert_users(cursor, self.seed, self.customers, self.people, last_login, active, freeze=True),
            "products": insert_products(cursor, self.shelf, self.goods, changed, freeze=True),
            "crm_contacts": insert_contacts(cursor, contacts, 1, freeze=True),
        }


def load_history(
    cursor: Cursor, schema: Schema, shop: Shop, days: Sequence[date], scale: float, progress: Progress
) -> Counter[str]:
    """Fill the empty tables with the business of the days; rows by table.

    Memory grows with users and products only: orders, lines and events pass through in chunks.
    """
    history, rows = _History(shop, days, scale), Counter[str]()
    with bulk_loading(cursor, schema):
        for chunk in _made_ahead(history.chunks()):
            rows.update(history.insert_chunk(cursor, chunk, rows["events"] + 1))
            progress("orders, lines and events", rows["orders"], int(history.orders.sum()))
        rows.update(history.insert_the_rest(cursor))
        progress("keys, indexes and statistics", 0, 1)
    progress("keys, indexes and statistics", 1, 1)
    return rows


def _chunk_bounds(order_counts: Ints) -> Iterator[tuple[int, int]]:
    """Ranges of days, each with at most about ORDERS_A_CHUNK orders."""
    first = 0
    for end in range(1, len(order_counts) + 1):
        if end == len(order_counts) or order_counts[first : end + 1].sum() > ORDERS_A_CHUNK:
            yield first, end
            first = end


def _made_ahead(chunks: Iterator[_Chunk]) -> Iterator[_Chunk]:
    """The same chunks, the next one made by another thread while the server takes in this one."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = pool.submit(next, chunks, None)
            yield chunk


def _last_logins(rng: np.random.Generator, since: Ints, seen: Ints, now: int) -> Ints:
    """Some time after the last trace of the user; many of those who left no trace never came back (-1)."""
    known = np.where(seen >= 0, seen, since)
    later = known + (rng.random(len(since)) ** 4 * (now - known)).astype(np.int64)
    return np.where((seen < 0) & (rng.random(len(since)) < 0.55), -1, later)
