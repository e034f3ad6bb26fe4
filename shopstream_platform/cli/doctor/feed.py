"""Whether the change feed can be read, and what it costs the source to keep it."""

from collections.abc import Iterator

from psycopg2.extensions import connection

from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import FeedOutput
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.tables import tables_of
from shopstream_platform.pipeline.feed.open import dropping, unread_slots
from shopstream_platform.pipeline.feed.slot import Unread, find_slot
from shopstream_platform.pipeline.feed.state import State, read_state
from shopstream_platform.pipeline.feed.status import effects, status
from shopstream_platform.services import resolve
from shopstream_platform.stores.warehouse import open_session

# Superusers need no attribute; RDS has a role in its place.
_MAY = """
    SELECT rolreplication OR rolsuper
        OR EXISTS (SELECT FROM pg_roles g WHERE g.rolname = 'rds_replication' AND pg_has_role(r.oid, g.oid, 'member')),
        current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots)
    FROM pg_roles r WHERE rolname = current_user
"""


def feed_findings(conn: connection, settings: Settings, source: str, state: State | None) -> Iterator[Finding]:
    """wal_level, rights, tables, slot, lag and retention of a source's feed; where it is off, what is left of it."""
    subject = f"feed {source}" if source else "feed"
    for name in unread_slots(settings, source, state):
        if slot := find_slot(conn, name):
            yield Finding(
                subject,
                "warning",
                f"slot {name} is at the source, which keeps its write-ahead log for it ({slot.held:,} bytes until "
                f"now), and this environment does not read it: if nobody else does, drop it there: {dropping(name)}",
            )
    if not settings.feed_is_on:
        return
    try:
        found = status(conn, settings, source, tables_of(source), state)
    except Unread as reason:
        yield Finding(subject, "error", f"fingerprints are compared instead: {reason}")
        return
    with conn.cursor() as cursor:
        cursor.execute(_MAY)
        may, free = cursor.fetchone() or (False, 0)
    if not may:
        role = conn.info.user
        cure = f'ALTER ROLE "{role}" REPLICATION (RDS: GRANT rds_replication TO "{role}")'
        yield Finding(subject, "error", f"the role {role} may not read a replication slot: {cure}")
    if found.slot is None and free < 1:
        yield Finding(subject, "error", "no replication slot is free: raise max_replication_slots at the source")
    for table, why in found.unserved.items():
        yield Finding(f"{subject}.{table}", "warning", f"compared by fingerprints: {why}")
    if settings.feed.output is FeedOutput.PGOUTPUT and found.published is None:
        yield Finding(
            subject,
            "warning",
            f"publication {found.publication_name} is not there: the next refresh makes it, if the "
            "role owns the tables, or says what their owner has to run",
        )
    if found.keeps == "-1":
        detail = "max_slot_wal_keep_size is -1 at the source: a slot that nobody reads fills its disk"
        yield Finding(subject, "warning", detail)
    if found.slot is None:
        yield Finding(subject, "ok", f"slot {found.slot_name} is not there yet: the next refresh makes it")
    elif found.slot.is_lost:
        yield Finding(
            subject,
            "warning",
            f"slot {found.slot_name} was invalidated: the next refresh makes it anew and compares everything once",
        )
    else:
        late = found.slot.held > settings.feed.max_lag
        detail = f"slot {found.slot_name} is {found.slot.behind:,} bytes behind, the source keeps {found.slot.held:,}"
        yield Finding(subject, "warning" if late else "ok", detail)
    yield from (Finding(f"{subject} effect", "ok", effect) for effect in effects(settings))


def remembered(settings: Settings, source: str) -> State | None:
    """What the warehouse knows of a source's feed; nothing if it cannot be asked, of which it has its own finding."""
    try:
        with open_session(resolve.warehouse(settings), layer="plan") as warehouse:
            return read_state(warehouse, source)
    except ShopStreamError:
        return None
