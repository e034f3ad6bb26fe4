"""`shopstream refresh --feed-status`: how the change feed of each source is, and what it asks of the source."""

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.markup import escape

from shopstream_platform.cli.console import console
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings

if TYPE_CHECKING:
    from shopstream_platform.pipeline.feed.status import Status
    from shopstream_platform.stores.warehouse import Warehouse


def print_feed_status(settings: Settings) -> None:
    """Slot, publication, lag, what is to be loaded, and the effects on the source; makes and changes nothing."""
    from shopstream_platform.contract.tables import source_names, tables_of
    from shopstream_platform.pipeline.feed.slot import Unread
    from shopstream_platform.pipeline.feed.state import read_state
    from shopstream_platform.pipeline.feed.status import effects, status
    from shopstream_platform.services import resolve
    from shopstream_platform.stores.postgres import connect
    from shopstream_platform.stores.warehouse import open_session

    if not settings.feed_is_on:
        _print("The change feed is off: refreshes compare fingerprints (SHOPSTREAM_CHANGE_FEED=logical turns it on).")
        return
    with open_session(resolve.warehouse(settings), layer="plan") as warehouse:
        for source in source_names():
            _print(f"{f'source {source}' if source else 'shop'}:")
            state = read_state(warehouse, source)
            try:
                at = resolve.source(settings, source)
                with connect(at.dsn, setting=at.setting) as conn:
                    found = status(conn, settings, source, tables_of(source), state)
                    lines = _described(found, settings, source, warehouse)
            except Unread as reason:
                lines = [f"not used: {reason}"]
            except ShopStreamError as error:
                lines = [f"could not be asked: {error}"]
            for line in lines:
                _print(f"  {line}")
    _print("What it does to the source:")
    for effect in effects(settings):
        _print(f"  {effect}")


def _described(found: "Status", settings: Settings, source: str, warehouse: "Warehouse") -> list[str]:
    from shopstream_platform.contract.tables import tables_of
    from shopstream_platform.pipeline.feed.slot import Unread
    from shopstream_platform.pipeline.feed.status import described, is_worth_a_look, look
    from shopstream_platform.pipeline.refresh.drift import read_loads
    from shopstream_platform.services import resolve

    if found.state and found.state.pending:
        newest = {partition: load.load_id for partition, load in read_loads(warehouse).items()}
        found = replace(found, loaded=found.state.loaded_since(newest))
    if not is_worth_a_look(found):
        return list(described(found, settings))
    at = resolve.source(settings, source)
    try:
        found = replace(found, found=look(settings, source, at, tables_of(source), warehouse))
    except Unread as reason:
        return [*described(found, settings), f"the log could not be looked into: {reason}"]
    return list(described(found, settings))


def _print(line: str) -> None:
    console.print(escape(line), soft_wrap=True)
