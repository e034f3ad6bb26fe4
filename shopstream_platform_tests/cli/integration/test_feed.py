"""What `--feed-status` and doctor say of a feed."""

from collections.abc import Callable, Iterator

import pytest
from rich.markup import render

from shopstream_platform.cli import feed as feed_cli
from shopstream_platform.cli.doctor.feed import feed_findings
from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.groups import FeedSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.services import embedded, resolve
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.fed import FedShop
from shopstream_platform_tests.fixtures.pipeline import EVENTS, Pipeline, day


@pytest.fixture
def shop(new_pipeline: Callable[[], Pipeline]) -> Iterator[FedShop]:
    shop = FedShop(new_pipeline())
    shop.pipeline.insert_one_of_each(day(0))
    yield shop
    shop.drop()
    shop.pipeline.source.close()


@pytest.fixture
def printed(shop: FedShop, monkeypatch: pytest.MonkeyPatch, running_home: object) -> Callable[..., str]:
    """The lines of `--feed-status`."""
    lines: list[str] = []

    def warehouse(_settings: Settings) -> SnowflakeConnection:
        return embedded.ensure_warehouse(running_home)  # pyright: ignore

    monkeypatch.setattr(resolve, "warehouse", warehouse)
    monkeypatch.setattr(feed_cli.console, "print", lambda line, **_: lines.append(render(line).plain))

    def status(settings: Settings | None = None) -> str:
        lines.clear()
        feed_cli.print_feed_status(settings or shop.settings)
        return "\n".join(lines)

    return status


def findings(shop: FedShop, settings: Settings | None = None) -> list[Finding]:
    with snapshot(shop.pipeline.dsn) as conn:
        return list(feed_findings(conn, settings or shop.settings, ""))


def test_the_status_before_the_first_refresh_makes_nothing(shop: FedShop, printed: Callable[[], str]) -> None:
    said = printed()
    assert f"slot {shop.name}: not there; the next refresh makes it and compares everything once" in said
    assert f"publication {shop.name}: not there" in said
    assert shop.pipeline.sql("SELECT count(*) FROM pg_publication") == [(0,)]


def test_the_status_names_lag_tables_and_what_is_to_be_loaded(shop: FedShop, printed: Callable[[], str]) -> None:
    shop.pipeline.sql("ALTER TABLE crm_contacts REPLICA IDENTITY FULL")
    shop.drain()
    said = printed()
    assert "not read yet: 0 changes\n" in said
    assert "to be compared, and loaded if it differs: nothing" in said
    shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(3))
    before = shop.confirmed
    said = printed()
    assert shop.confirmed == before, "a look advances nothing"
    assert "not read yet: 1 change\n" in said
    assert f"slot {shop.name}: reserved, by pgoutput, read up to {shop.confirmed}" in said
    assert "bytes of log not read yet" in said
    assert "served: users, products, orders, order_items, events\n" in said
    assert "by fingerprints: crm_contacts, since its REPLICA IDENTITY is FULL, not DEFAULT" in said
    named = f"events 1 day from {day(3)} to {day(3)}, the oldest change is"
    assert f"to be compared, and loaded if it differs: {named}" in said
    assert "a published column (keys, days) cannot be dropped" in said


def test_the_status_does_not_count_what_was_loaded(shop: FedShop, printed: Callable[[], str]) -> None:
    shop.drain()
    shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(3))
    drift, _ = shop.look()
    loaded = f"events 1 day from {day(3)} to {day(3)}"
    assert f"to be compared, and loaded if it differs: {loaded}, the oldest change is" in printed()
    shop.load(drift)
    said = printed()
    assert "to be compared, and loaded if it differs: nothing\n" in said
    assert f"loaded, which the next refresh confirms: {loaded}\n" in said
    # Changed again, it waits again.
    shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(3))
    said = printed()
    assert f"to be compared, and loaded if it differs: {loaded}, the oldest change is" in said
    assert "which the next refresh confirms" not in said


def test_the_status_of_a_feed_that_is_off(printed: Callable[..., str]) -> None:
    said = printed(Settings())
    assert (
        said == "The change feed is off: refreshes compare fingerprints (SHOPSTREAM_CHANGE_FEED=logical turns it on)."
    )


def test_doctor_looks_at_tables_slot_and_retention(shop: FedShop) -> None:
    shop.pipeline.sql("ALTER TABLE events REPLICA IDENTITY FULL")
    before = {finding.detail: finding.state for finding in findings(shop)}
    assert before["compared by fingerprints: its REPLICA IDENTITY is FULL, not DEFAULT"] == "warning"
    assert before[f"slot {shop.name} is not there yet: the next refresh makes it"] == "ok"
    assert any("publication" in detail and state == "warning" for detail, state in before.items())
    shop.drain()
    (slot,) = [finding for finding in findings(shop) if "bytes behind" in finding.detail]
    assert (slot.subject, slot.state) == ("feed", "ok")


def test_doctor_warns_of_a_slot_that_holds_back_too_much(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.drain()
    monkeypatch.setattr(FeedSettings, "max_lag", property(lambda _: 0))
    shop.pipeline.insert(EVENTS, event_type="view", event_ts=day(3))
    (slot,) = [finding for finding in findings(shop) if "bytes behind" in finding.detail]
    assert slot.state == "warning"


def test_doctor_says_nothing_of_a_feed_that_is_off(shop: FedShop) -> None:
    assert findings(shop, Settings()) == []


def test_doctor_names_the_setting_that_is_missing(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopstream_platform.pipeline.feed.open._LEVEL", "SELECT pg_is_in_recovery(), 'replica'")
    (finding,) = findings(shop)
    assert finding.state == "error"
    assert "wal_level is replica at the source, and the change feed needs logical" in finding.detail
    drift, compared = shop.look()
    assert compared.fed.tables == ()
    assert any("fingerprints are compared: wal_level is replica" in one for one in drift.blind)
