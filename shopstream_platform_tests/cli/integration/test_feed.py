"""What `--feed-status` and doctor say of a feed."""

from collections.abc import Callable, Iterator

import pytest
from rich.markup import render

from shopstream_platform.cli import feed as feed_cli
from shopstream_platform.cli.doctor.feed import feed_findings, remembered
from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import FeedSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.pipeline.feed.state import State
from shopstream_platform.services import embedded, resolve
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.fed import FedShop
from shopstream_platform_tests.fixtures.pipeline import EVENTS, Pipeline, day
from shopstream_platform_tests.fixtures.second_source import DSN, declare


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


def findings(shop: FedShop, settings: Settings | None = None, state: State | None = None) -> list[Finding]:
    with snapshot(shop.pipeline.dsn) as conn:
        return list(feed_findings(conn, settings or shop.settings, "", state))


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


def named(slot: str) -> Settings:
    """The feed is off, and a slot configured."""
    return Settings(feed=FeedSettings.model_construct(slot=slot))


def test_doctor_says_nothing_of_a_feed_that_is_off_and_has_left_nothing(shop: FedShop) -> None:
    assert findings(shop, Settings()) == findings(shop, named(shop.name)) == []


def test_doctor_names_the_slot_that_a_feed_has_left_behind(shop: FedShop) -> None:
    shop.drain()
    (left,) = findings(shop, named(shop.name))
    assert (left.subject, left.state) == ("feed", "warning")
    assert left.detail.endswith(f"drop it there: SELECT pg_drop_replication_slot('{shop.name}')")
    # By another name, or by none, it is the warehouse that knows it.
    assert findings(shop, Settings()) == []
    assert [one.detail for one in findings(shop, Settings(), shop.state)] == [left.detail]


def test_doctor_names_the_slot_of_before_another_name_was_set(shop: FedShop) -> None:
    def unread(settings: Settings) -> list[str]:
        return [one.detail for one in findings(shop, settings, shop.state) if "does not read it" in one.detail]

    shop.drain()
    before = shop.name
    assert unread(shop.settings) == []
    shop.name = f"{before}_anew"
    (left,) = unread(shop.settings)
    assert left.startswith(f"slot {before} is at the source")
    # The refresh that reads the new one says it, too.
    drift, _ = shop.look()
    said = (
        f"slot {before} was read before (if nobody else reads it, drop it: SELECT pg_drop_replication_slot('{before}'))"
    )
    assert any(said in one for one in drift.blind)
    shop.drop()
    shop.name = before


def test_doctor_asks_the_warehouse_for_the_slot(
    shop: FedShop, printed: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.drain()
    assert remembered(shop.settings, "") == shop.state

    def down(_settings: Settings) -> SnowflakeConnection:
        raise ShopStreamError("the warehouse does not answer")

    monkeypatch.setattr(resolve, "warehouse", down)
    assert remembered(shop.settings, "") is None


def test_the_status_goes_on_after_a_source_that_is_down(
    shop: FedShop, printed: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.drain()
    declare(monkeypatch)
    monkeypatch.setenv(DSN, "postgresql://nobody:x@127.0.0.1:1/none")
    said = printed()
    assert f"slot {shop.name}: reserved" in said
    assert "source archive:\n  could not be asked: " in said
    assert said.index("could not be asked") < said.index("What it does to the source")
    # Also where it is the first.
    shop.dsn = "postgresql://nobody:x@127.0.0.1:1/none"
    assert printed().startswith("shop:\n  could not be asked: ")


def test_doctor_names_the_setting_that_is_missing(shop: FedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopstream_platform.pipeline.feed.open._LEVEL", "SELECT pg_is_in_recovery(), 'replica'")
    (finding,) = findings(shop)
    assert finding.state == "error"
    assert "wal_level is replica at the source, and the change feed needs logical" in finding.detail
    drift, compared = shop.look()
    assert compared.fed.tables == ()
    assert any("fingerprints are compared: wal_level is replica" in one for one in drift.blind)
