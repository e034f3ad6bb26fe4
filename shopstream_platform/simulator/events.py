"""Visits to the web shop as events, some of which lead to an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from shopstream_platform.simulator.chance import Ints, Texts, choose
from shopstream_platform.simulator.customers import Customers
from shopstream_platform.simulator.orders import Lines, Orders
from shopstream_platform.simulator.products import Shelf
from shopstream_platform.simulator.seasons import moments

STEPS = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")
PURCHASE = STEPS.index("purchase")

# Only a tenth of the orders comes through the tracked web shop; the rest through apps and partners.
TRACKED_SHARE = 0.10
ANONYMOUS_SHARE = 0.35
DEEPEST_STEP = (0.42, 0.36, 0.14, 0.08)
PAUSE_SECONDS = (4.0, 70.0)

PAGES = ("/", "/sale", "/new", "/c/electronics", "/c/fashion", "/c/home", "/c/books")
DEVICES = {"mobile": 0.58, "desktop": 0.34, "tablet": 0.08}
REFERRERS = {"google": 0.34, "direct": 0.28, "newsletter": 0.13, "facebook": 0.12, "instagram": 0.08, "partner": 0.05}


@dataclass(frozen=True)
class Events:
    """Events, ascending by moment. `users` are ids, -1 for visitors who did not log in; `at` is in milliseconds."""

    users: Ints
    steps: Ints  # positions in STEPS
    at: Ints
    metadata: list[str]  # JSON objects


@dataclass(frozen=True)
class _Visits:
    """One row per visit; what does not apply is -1. `moment` is that of the purchase, else of the beginning."""

    users: Ints
    moment: Ints
    products: Ints
    orders: Ints
    events: np.ndarray  # visits x STEPS: how many events of each step


def make_events(
    rng: np.random.Generator,
    days: Sequence[date],
    visits: Ints,
    orders: Orders,
    lines: Lines,
    customers: Customers,
    shelf: Shelf,
) -> Events:
    """`visits[i]` visits without a purchase on `days[i]`, and one for each tracked order."""
    browsing = _browsing(rng, moments(rng, days, visits), customers, shelf)
    buying = _buying(rng, orders, lines, customers, shelf)
    joined = _Visits(*(np.concatenate(pair) for pair in zip(_fields(browsing), _fields(buying), strict=True)))
    return _unroll(rng, joined)


def _fields(visits: _Visits) -> tuple[np.ndarray, ...]:
    return visits.users, visits.moment, visits.products, visits.orders, visits.events


def _browsing(rng: np.random.Generator, begin: Ints, customers: Customers, shelf: Shelf) -> _Visits:
    size = len(begin)
    users = customers.ids[customers.crowd.pick(rng, begin)]
    users = np.where(rng.random(size) < ANONYMOUS_SHARE, -1, users)
    deepest = rng.choice(len(DEEPEST_STEP), size, p=DEEPEST_STEP)
    events = (np.arange(len(STEPS)) <= deepest[:, None]).astype(np.int64)
    _linger(rng, events)
    return _Visits(users, begin, shelf.ids[shelf.crowd.pick(rng, begin)], np.full(size, -1), events)


def _buying(rng: np.random.Generator, orders: Orders, lines: Lines, customers: Customers, shelf: Shelf) -> _Visits:
    tracked = np.flatnonzero(rng.random(len(orders.ids)) < TRACKED_SHARE)
    events = np.ones((len(tracked), len(STEPS)), dtype=np.int64)
    _linger(rng, events)
    first_line = np.searchsorted(lines.order, tracked)
    return _Visits(
        customers.ids[orders.customers[tracked]],
        orders.created[tracked],
        shelf.ids[lines.products[first_line]],
        orders.ids[tracked],
        events,
    )


def _linger(rng: np.random.Generator, events: np.ndarray) -> None:
    """Look at another page, and at up to two more products, where products are looked at at all."""
    events[:, 0] += rng.random(len(events)) < 0.4
    events[:, 1] *= 1 + rng.choice(3, len(events), p=(0.6, 0.28, 0.12))


def _unroll(rng: np.random.Generator, visits: _Visits) -> Events:
    """Visits to events: the steps in order, with pauses; a purchase happens at the moment of its order."""
    size = len(visits.users)
    per_visit = visits.events.sum(axis=1)
    visit = np.repeat(np.arange(size), per_visit)
    steps = np.repeat(np.tile(np.arange(len(STEPS)), size), visits.events.ravel())
    offset = np.cumsum((rng.uniform(*PAUSE_SECONDS, len(visit)) * 1000).astype(np.int64))
    last = np.cumsum(per_visit) - 1
    anchor = np.where(visits.orders >= 0, offset[last], offset[last - per_visit + 1])
    at = visits.moment[visit] * 1000 + offset - anchor[visit]
    metadata = _metadata(rng, visits, visit, steps)
    order = np.argsort(at, kind="stable")
    return Events(visits.users[visit][order], steps[order], at[order], [metadata[i] for i in order.tolist()])


def _metadata(rng: np.random.Generator, visits: _Visits, visit: Ints, steps: Ints) -> list[str]:
    beginnings = _beginnings(rng, len(visits.users))
    pages = np.array(PAGES, dtype=object)[rng.integers(0, len(PAGES), len(visit))]
    products, orders = visits.products[visit].tolist(), visits.orders[visit].tolist()
    rows = zip(beginnings[visit].tolist(), steps.tolist(), pages.tolist(), products, orders, strict=True)
    return [beginning + _details(step, page, product, order) for beginning, step, page, product, order in rows]


def _beginnings(rng: np.random.Generator, size: int) -> Texts:
    """What all events of a visit share."""
    sessions = rng.integers(0, 2**62, size).tolist()
    devices, referrers = choose(rng, DEVICES, size).tolist(), choose(rng, REFERRERS, size).tolist()
    texts = [
        f'{{"session_id": "{session:016x}", "device": "{device}"'
        + ("" if referrer == "direct" else f', "utm": {{"source": "{referrer}", "medium": "{_medium(referrer)}"}}')
        for session, device, referrer in zip(sessions, devices, referrers, strict=True)
    ]
    return np.array(texts, dtype=object)


def _medium(referrer: str) -> str:
    return {"google": "cpc", "newsletter": "email", "partner": "referral"}.get(referrer, "social")


def _details(step: int, page: str, product: int, order: int) -> str:
    if step == 0:
        return f', "page": "{page}"}}'
    if step in (1, 2):
        return f', "page": "/p/{product}", "product_id": {product}}}'
    if step == PURCHASE:
        return f', "page": "/thanks", "order_id": {order}}}'
    return ', "page": "/checkout"}'
