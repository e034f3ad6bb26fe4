import itertools
from datetime import date

import numpy as np

from shopstream_platform.simulator.chance import stream
from shopstream_platform.simulator.customers import make_users
from shopstream_platform.simulator.events import PURCHASE, make_events
from shopstream_platform.simulator.orders import make_orders, status_at
from shopstream_platform.simulator.products import make_products
from shopstream_platform.simulator.seasons import SECONDS_A_DAY, moments, start_of

DAY = date(2025, 9, 1)
RANK = {"pending": 0, "paid": 1, "shipped": 2, "delivered": 3, "refunded": 4, "cancelled": 4}


def test_a_status_only_moves_forward_and_settles() -> None:
    ids = np.arange(1, 5001)
    payments = np.array(["card", "bank_transfer"], dtype=object)[ids % 2]
    created = np.full(len(ids), start_of(DAY))

    def ranks(days: float) -> np.ndarray:
        now = start_of(DAY) + int(days * SECONDS_A_DAY)
        return np.array([RANK[status] for status in status_at(now, 42, ids, created, payments)])

    history = [ranks(days) for days in np.arange(0, 60, 0.25)]
    for before, after in itertools.pairwise(history):
        assert (after >= before).all()
    assert np.array_equal(ranks(45), ranks(1000))
    assert history[0].max() == 0
    assert set(ranks(45)) == {3, 4}


def test_nothing_is_cancelled_after_it_was_shipped() -> None:
    ids = np.arange(1, 20_001)
    created, payments = np.full(len(ids), start_of(DAY)), np.full(len(ids), "card", dtype=object)
    shipped = np.zeros(len(ids), dtype=bool)
    for hours in range(0, 24 * 12, 2):
        status = status_at(start_of(DAY) + hours * 3600, 42, ids, created, payments)
        assert not (shipped & (status == "cancelled")).any()
        shipped |= (status == "shipped") | (status == "delivered")


def test_an_order_has_a_product_once_and_adds_up() -> None:
    customers, _ = make_users(42, [DAY], np.array([200]), 20)
    shelf, _ = make_products(42, 1, DAY, DAY)
    rng = stream(42, "orders", DAY)
    created = moments(rng, [DAY], np.array([3000]))
    orders, lines = make_orders(rng, 42, created, customers, shelf, (1, 1), start_of(DAY) + SECONDS_A_DAY)
    assert len(np.unique(lines.order * 1000 + lines.products)) == len(lines.ids)
    assert np.array_equal(np.bincount(lines.order, lines.quantity * lines.price), orders.total)
    assert 2.7 < len(lines.ids) / len(orders.ids) < 3.4
    assert (customers.since[orders.customers] < created).all()
    assert (shelf.since[lines.products] < created[lines.order]).all()


def test_a_purchase_is_the_last_step_at_the_moment_of_its_order() -> None:
    customers, _ = make_users(42, [DAY], np.array([200]), 20)
    shelf, _ = make_products(42, 1, DAY, DAY)
    rng = stream(42, "orders", DAY)
    created = moments(rng, [DAY], np.array([2000]))
    orders, lines = make_orders(rng, 42, created, customers, shelf, (1, 1), start_of(DAY) + SECONDS_A_DAY)
    events = make_events(rng, [DAY], np.array([500]), orders, lines, customers, shelf)
    assert (np.diff(events.at) >= 0).all()
    assert events.at.min() >= start_of(DAY) * 1000
    assert events.at.max() < (start_of(DAY) + SECONDS_A_DAY) * 1000
    bought = events.steps == PURCHASE
    assert 140 < bought.sum() < 260
    assert np.isin(events.at[bought], created * 1000).all()
    assert (events.users[bought] >= 1).all()
