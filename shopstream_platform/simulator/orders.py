"""Orders, their lines, and how their status moves on with time."""

from dataclasses import dataclass

import numpy as np

from shopstream_platform.simulator.chance import (
    Crowd,
    Floats,
    Ints,
    Texts,
    choose,
    trait,
)
from shopstream_platform.simulator.customers import Customers
from shopstream_platform.simulator.names import COUNTRIES
from shopstream_platform.simulator.products import CATEGORIES, Shelf
from shopstream_platform.simulator.seasons import SECONDS_A_DAY

# 1 to 7 lines: 3 on average, once repeated products are left out.
LINES = (0.17, 0.21, 0.20, 0.16, 0.12, 0.08, 0.06)
QUANTITIES = (0.76, 0.16, 0.05, 0.02, 0.01)
PAYMENTS = {"card": 0.52, "paypal": 0.24, "apple_pay": 0.11, "google_pay": 0.06, "bank_transfer": 0.07}
NEWCOMER_SHARE, NEWCOMER_DAYS = 0.3, 45
SAME_CATEGORY_SHARE = 0.45
ABROAD_SHARE, UNKNOWN_COUNTRY_SHARE = 0.04, 0.02
CANCELLED_SHARE, REFUNDED_SHARE = 0.05, 0.04

# After so many days no order changes its status any more.
SETTLED_DAYS = 45


@dataclass(frozen=True)
class Orders:
    """Orders, ascending by moment. `customers` are indices; `total` is in cents; a country may be None."""

    ids: Ints
    customers: Ints
    created: Ints
    total: Ints
    status: Texts
    countries: Texts
    payments: Texts


@dataclass(frozen=True)
class Lines:
    """Order lines in the order of `Orders`. `order` and `products` are indices; `price` is in cents."""

    ids: Ints
    order: Ints
    products: Ints
    quantity: Ints
    price: Ints


def make_orders(
    rng: np.random.Generator,
    seed: int,
    created: Ints,
    customers: Customers,
    shelf: Shelf,
    first_ids: tuple[int, int],
    now: int,
) -> tuple[Orders, Lines]:
    """Orders at the moments `created` (ascending), with the status that they have at `now`.

    `first_ids` are the ids of the first order and of the first line.
    """
    ids = np.arange(first_ids[0], first_ids[0] + len(created))
    buyers = _buyers(rng, created, customers)
    payments = choose(rng, PAYMENTS, len(ids))
    lines = _lines(rng, created, shelf, first_ids[1])
    total = np.bincount(lines.order, lines.quantity * lines.price, len(ids)).astype(np.int64)
    countries = _countries(rng, customers.countries[buyers])
    return Orders(ids, buyers, created, total, status_at(now, seed, ids, created, payments), countries, payments), lines


def status_at(now: int, seed: int, ids: Ints, created: Ints, payments: Texts) -> Texts:
    """The status that each order has at a moment: its fate is a trait of its id, time only uncovers it."""

    def days(name: str, least: float, most: float) -> Floats:
        return (least + (most - least) * trait(seed, name, ids)) * SECONDS_A_DAY

    fate = trait(seed, "fate", ids)
    paid = created + np.where(payments == "bank_transfer", days("paid", 1, 4), days("paid", 0, 0.3))
    shipped = paid + days("shipped", 0.4, 3)
    delivered = shipped + days("delivered", 1, 6)
    cancelled = np.where(fate < CANCELLED_SHARE, paid + days("cancelled", 0.05, 0.39), np.inf)
    refunded = np.where(
        (fate >= CANCELLED_SHARE) & (fate < CANCELLED_SHARE + REFUNDED_SHARE),
        delivered + days("refunded", 2, 25),
        np.inf,
    )
    reached = [cancelled <= now, refunded <= now, delivered <= now, shipped <= now, paid <= now]
    return np.select(reached, ["cancelled", "refunded", "delivered", "shipped", "paid"], "pending").astype(object)


def _buyers(rng: np.random.Generator, created: Ints, customers: Customers) -> Ints:
    """Mostly the loyal; some newcomers, so that a signup is often followed by a first order."""
    loyal = customers.crowd.pick(rng, created)
    newcomers = customers.crowd.pick_recent(rng, created, NEWCOMER_DAYS * SECONDS_A_DAY)
    return np.where(rng.random(len(created)) < NEWCOMER_SHARE, newcomers, loyal)


def _countries(rng: np.random.Generator, home: Texts) -> Texts:
    where = rng.random(len(home))
    countries = np.where(where < ABROAD_SHARE, choose(rng, COUNTRIES, len(home)), home)
    countries[where > 1 - UNKNOWN_COUNTRY_SHARE] = None
    return countries


def _lines(rng: np.random.Generator, created: Ints, shelf: Shelf, first_id: int) -> Lines:
    order = np.repeat(np.arange(len(created)), 1 + rng.choice(len(LINES), len(created), p=LINES))
    products = _products(rng, created[order], order, shelf)
    # A product is in an order once.
    _, kept = np.unique(order * len(shelf.ids) + products, return_index=True)
    kept.sort()
    order, products = order[kept], products[kept]
    quantity = 1 + rng.choice(len(QUANTITIES), len(order), p=QUANTITIES)
    ids = np.arange(first_id, first_id + len(order))
    return Lines(ids, order, products, quantity, shelf.price_at(products, created[order]))


def _products(rng: np.random.Generator, at: Ints, order: Ints, shelf: Shelf) -> Ints:
    """By appeal; many lines from the category of the order's first line, so that baskets have a theme."""
    products = shelf.crowd.pick(rng, at)
    first = np.searchsorted(order, order)
    themed = rng.random(len(at)) < SAME_CATEGORY_SHARE
    theme = shelf.categories[products[first]]
    for category in CATEGORIES:
        members = np.flatnonzero(shelf.categories == category)
        here = np.flatnonzero(themed & (theme == category) & (first != np.arange(len(at))))
        if len(here):
            crowd = Crowd(shelf.since[members], shelf.appeal[members])
            products[here] = members[crowd.pick(rng, at[here])]
    return products
