"""A look at the sources' slots that costs next to nothing: has anything changed, and how far are they behind?"""

from dataclasses import dataclass

import psycopg2

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.tables import source_names, tables_of
from shopstream_platform.pipeline.feed.feed import IDLE_BYTES
from shopstream_platform.pipeline.feed.open import check_source, publication_name, slot_name
from shopstream_platform.pipeline.feed.served import served
from shopstream_platform.pipeline.feed.slot import Unread, find_slot, names_anything
from shopstream_platform.services import resolve
from shopstream_platform.stores.postgres import connect_by_statement


@dataclass(frozen=True)
class Glance:
    """What was seen of a source: whether its slot must be read, and how many bytes of log were not read yet.

    `failed`: it could not be looked at, `why` says the reason. `missing`: its slot has to be made.
    """

    source: str
    changed: bool
    behind: int
    why: str = ""
    failed: bool = False
    missing: bool = False

    def __str__(self) -> str:
        named = self.source or "shop"
        return f"{named}: {self.why or f'{self.behind:,} bytes of log, none with a change'}"


def glance(settings: Settings) -> list[Glance]:
    """Every source's slot; nothing is decoded beyond the first change, and no warehouse is asked.

    One that cannot be looked at, because it is down or has no feed, does not keep the others from it.
    """
    found: list[Glance] = []
    for source in source_names():
        try:
            found.append(_glance(settings, source))
        except (ShopStreamError, Unread) as reason:
            found.append(Glance(source, False, 0, str(reason), failed=True))
    return found


def _glance(settings: Settings, source: str) -> Glance:
    at, name = resolve.source(settings, source), slot_name(settings, source)
    with connect_by_statement(at.dsn, setting=at.setting) as conn:
        check_source(conn)
        slot = find_slot(conn, name)
        if slot is None and not served(conn, tables_of(source))[0]:
            raise Unread("it can serve no table")
        if slot is None or slot.is_lost:
            return Glance(source, True, 0, f"slot {name} is {'lost' if slot else 'not there'}", missing=True)
        if slot.active_pid is not None:
            raise Unread(f"slot {name} is being read by another session (pid {slot.active_pid})")
        if slot.behind > IDLE_BYTES:
            return Glance(source, True, slot.behind, f"{slot.behind:,} bytes of log are to be read")
        try:
            changed = names_anything(conn, name, settings.feed.output, publication_name(settings, source))
        except psycopg2.Error as error:
            raise Unread((error.diag.message_primary or str(error)).strip()) from None
        return Glance(source, changed, slot.behind, "something has changed" if changed else "")
