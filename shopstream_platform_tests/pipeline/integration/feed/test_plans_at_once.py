"""Two refreshes that take the feed in at the same moment, and a slot that another session reads."""

from typing import Any

import pytest

from shopstream_platform.pipeline.feed import feed
from shopstream_platform.pipeline.feed.feed import FeedUse
from shopstream_platform.pipeline.feed.slot import Busy, Unread
from shopstream_platform.pipeline.refresh import sources
from shopstream_platform.pipeline.refresh.drift import Drift
from shopstream_platform_tests.fixtures.fed import FedShop, on
from shopstream_platform_tests.fixtures.pipeline import EVENTS, ORDERS, day


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PAUSE_SECONDS", 0.01)


@pytest.mark.parametrize("is_loaded", [True, False])
def test_what_another_plan_has_named_is_not_forgotten(
    shop: FedShop, monkeypatch: pytest.MonkeyPatch, is_loaded: bool
) -> None:
    """The other one takes the feed in after this one has read the state, and before it reads the slot."""
    shop.pipeline.insert(ORDERS, user_id=1, created_at=day(5), total_amount=1)
    opened, others = sources.open_feed, list[Drift]()

    def overtaken(*arguments: Any, **options: Any) -> Any:
        found = opened(*arguments, **options)
        monkeypatch.setattr(sources, "open_feed", opened)
        others.append(shop.look()[0])
        shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(3))
        return found

    monkeypatch.setattr(sources, "open_feed", overtaken)
    drift = shop.cycle()
    assert (on(others[0], "orders"), on(drift, "orders")) == ({day(5)}, {day(5)})
    if is_loaded:
        shop.load(others[0])
    shop.drain()
    assert shop.unlike() == []


def busy(*_: object) -> None:
    raise Busy("replication slot is active for PID 1")


def test_a_slot_that_is_being_read_is_waited_for(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.pipeline.insert(ORDERS, user_id=1, created_at=day(5), total_amount=1)
    peek, calls = feed.peek, list[str]()

    def busy_at_first(*arguments: Any) -> None:
        calls.append("peek")
        return busy() if len(calls) < 3 else peek(*arguments)

    monkeypatch.setattr(feed, "peek", busy_at_first)
    drift, compared = shop.look()
    assert (on(drift, "orders"), compared.fed.changes, len(calls)) == ({day(5)}, 1, 3)


def test_a_slot_that_is_always_being_read_is_left(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.pipeline.insert(ORDERS, user_id=1, created_at=day(5), total_amount=1)
    monkeypatch.setattr(feed, "peek", busy)
    drift, compared = shop.look()
    assert (on(drift, "orders"), compared.fed.tables) == ({day(5)}, ())
    assert any("fingerprints are compared: replication slot is active for PID 1" in one for one in drift.blind)


def test_the_full_comparison_says_that_it_could_not_ask(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.pipeline.insert(ORDERS, user_id=1, created_at=day(5), total_amount=1)

    def unread(*_: object) -> None:
        raise Unread("it is gone")

    monkeypatch.setattr(feed, "peek", unread)
    drift, _ = shop.look(FeedUse.PROVE)
    assert (on(drift, "orders"), drift.missed) == ({day(5)}, [])
    assert "whether the change feed has named what was found is not known: it is gone" in drift.blind
