"""A source's feed made ready: its publication and slot are those that the warehouse knows, or are made anew."""

import psycopg2
from psycopg2 import errorcodes as codes
from psycopg2.extensions import connection

from shopstream_platform.config.connections import PostgresConnection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import FeedOutput
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.declare import Table
from shopstream_platform.pipeline.feed import publication
from shopstream_platform.pipeline.feed.feed import Feed
from shopstream_platform.pipeline.feed.served import Served, served
from shopstream_platform.pipeline.feed.shape import Server, server
from shopstream_platform.pipeline.feed.slot import Busy, Slot, Unread, create_slot, drop_slot, find_slot
from shopstream_platform.pipeline.feed.state import State, read_state
from shopstream_platform.stores.postgres import connect, connect_by_statement
from shopstream_platform.stores.warehouse import Warehouse

# Over this many times SHOPSTREAM_CHANGE_FEED_MAX_LAG_GB the slot is dropped: the disk of the source comes first.
LAGS_KEPT = 2
_LEVEL = "SELECT pg_is_in_recovery(), current_setting('wal_level')"
WAL_LEVEL = (
    "wal_level is {} at the source, and the change feed needs logical: set wal_level = logical there (RDS: "
    "rds.logical_replication = 1) and restart the server; the embedded one has it after `shopstream down`"
)


def slot_name(settings: Settings, source: str) -> str:
    """The slot of a source; each environment has its own."""
    return _own_name(settings.feed.slot, settings, source)


def unread_slots(settings: Settings, source: str, state: State | None) -> list[str]:
    """The names of slots that this environment may have made at a source, and does not read: there may be none."""
    ours = {slot_name(settings, source), _own_name("", settings, source), *([state.slot] if state else [])}
    return sorted(ours - ({slot_name(settings, source)} if settings.feed_is_on else set()))


def dropping(slot: str) -> str:
    """The statement that drops a slot."""
    return f"SELECT pg_drop_replication_slot('{slot}')"


def publication_name(settings: Settings, source: str) -> str:
    """The publication of a source."""
    return _own_name(settings.feed.publication, settings, source)


def open_feed(
    settings: Settings,
    source: str,
    at: PostgresConnection,
    tables: tuple[Table, ...],
    warehouse: Warehouse,
    *,
    may_make: bool = True,
) -> Feed:
    """The feed of a source, with publication and slot made if need be. Raises Unread if it cannot be used now.

    Unless it `may_make` them, one that is not there, or would have to be made anew, cannot be used. Call it before the
    snapshot is taken: a slot that is older than the snapshot misses nothing that comes after it.
    """
    state = read_state(warehouse, source)
    name, oid = publication_name(settings, source), 0
    with connect(at.dsn, setting=at.setting) as conn:
        check_source(conn)
        can, cannot = served(conn, tables)
        if settings.feed.output is FeedOutput.PGOUTPUT:
            oid = _published(conn, name, can, cannot, may_make=may_make)
    if not can:
        raise Unread("it can serve no table: " + "; ".join(f"{table}: {why}" for table, why in cannot.items()))
    # A publication that was made has to be there before the slot.
    with connect_by_statement(at.dsn, setting=at.setting) as conn:
        here = server(conn)
        slot, restarted = _slot(conn, settings, slot_name(settings, source), oid, here, state, may_make=may_make)
    return Feed(source, at, settings.feed, slot, name, oid, here, can, cannot, state, restarted)


def check_source(conn: connection) -> None:
    """Unread if the source's server does not decode its log."""
    with conn.cursor() as cursor:
        cursor.execute(_LEVEL)
        standby, level = cursor.fetchone() or (False, "")
    if standby:
        raise Unread("the source is a standby, whose write-ahead log is not read: connect to the primary")
    if level != "logical":
        raise Unread(WAL_LEVEL.format(level))


def _own_name(configured: str, settings: Settings, source: str) -> str:
    own = configured or f"shopstream_{settings.env}"
    return f"{own}_{source}" if source else own


def _published(conn: connection, name: str, can: dict[str, Served], cannot: dict[str, str], *, may_make: bool) -> int:
    """Its oid, with the publication made or completed if the role may; what it lacks is not served."""
    found = publication.find(conn, name)
    if found is None and not may_make:
        raise Unread(f"publication {name} is not there; the next refresh makes it")
    if found is None:
        if can and (problem := publication.create(conn, name, can)):
            raise Unread(
                f"publication {name} does not exist and could not be made by role {conn.info.user} ({problem}): let "
                f"the tables' owner run {publication.creation(name, can.values())}; or set "
                "SHOPSTREAM_CHANGE_FEED_OUTPUT=test_decoding, which needs none but sends all columns"
            )
        found = publication.find(conn, name)
    if found is None:
        return 0
    if found.problem:
        raise Unread(f"{found.problem}: its owner can drop it, and the platform makes it anew")
    missing = [name for name in publication.lacking(found, can) if _is_absent(found, can[name])]
    if missing and may_make and publication.add(conn, name, [can[one] for one in missing]) is None:
        found = publication.find(conn, name) or found
    for table, why in publication.lacking(found, can).items():
        cannot[table] = f"{why}: its owner can complete publication {name}"
        del can[table]
    for table in [one for one, what in can.items() if what.table.parent and what.table.parent.name not in can]:
        cannot[table] = "its days are those of a table that the publication does not have"
        del can[table]
    return found.oid


def _is_absent(found: publication.Published, one: Served) -> bool:
    return (one.schema, one.relation) not in found.columns


def _slot(
    conn: connection, settings: Settings, name: str, oid: int, here: Server, state: State | None, *, may_make: bool
) -> tuple[Slot, str]:
    """The slot to read, and why everything must be compared; empty if nothing has to be."""
    output = settings.feed.output
    slot = find_slot(conn, name)
    if slot and slot.database != conn.info.dbname:
        raise Unread(f"slot {name} is of database {slot.database}: set SHOPSTREAM_CHANGE_FEED_SLOT to another name")
    if slot and slot.active_pid is not None:
        raise Busy(f"slot {name} is being read by another session (pid {slot.active_pid}): run again later")
    if slot and slot.plugin != str(output):
        raise Unread(
            f"slot {name} decodes by {slot.plugin}, not {output}: drop it ({dropping(name)}) "
            "or set SHOPSTREAM_CHANGE_FEED_SLOT to another name"
        )
    reason = _why_anew(settings, slot, name, oid, here, state)
    if not may_make and (reason or slot is None):
        raise Unread(f"{reason or f'slot {name} is not there'}; the next refresh makes it anew")
    if reason and slot:
        drop_slot(conn, name)
        slot = None
    if slot is None:
        _create(conn, name, output)
        slot = find_slot(conn, name)
    if slot is None:
        raise Unread(f"slot {name} was dropped by somebody: run again")
    if state is None:
        return slot, reason or f"the warehouse knows nothing of slot {name} yet"
    if not reason and slot.confirmed > state.confirmed:
        reason = f"slot {name} was advanced by something else than this warehouse's refreshes"
    return slot, reason or ""


def _why_anew(
    settings: Settings, slot: Slot | None, name: str, oid: int, here: Server, state: State | None
) -> str | None:
    """Why the slot that is there cannot be read on from."""
    if state and state.slot != name:
        return f"slot {state.slot} was read before (if nobody else reads it, drop it: {dropping(state.slot)})"
    if slot is None:
        return f"slot {name} did not exist" if state else None
    if slot.is_lost:
        return f"slot {name} was invalidated by the server, since it held back too much of the write-ahead log"
    if slot.held > LAGS_KEPT * settings.feed.max_lag:
        return (
            f"slot {name} held back {slot.held / 1e9:.1f} GB of the source's write-ahead log, over {LAGS_KEPT} times "
            "SHOPSTREAM_CHANGE_FEED_MAX_LAG_GB"
        )
    if state is None:
        return None
    if state.output != str(settings.feed.output):
        return f"slot {name} was read by {state.output} before"
    if state.publication != oid:
        return "the publication was made anew"
    if (state.system, state.timeline) != (here.system, here.timeline):
        return "the source's server is another one than before, a restored one or a promoted standby"
    return None


def _create(conn: connection, name: str, output: FeedOutput) -> None:
    try:
        create_slot(conn, name, output)
    except psycopg2.Error as error:
        text = (error.diag.message_primary or str(error)).strip()
        if error.pgcode == codes.INSUFFICIENT_PRIVILEGE:
            raise Unread(
                f"the role {conn.info.user} may not make a replication slot ({text}): "
                f'ALTER ROLE "{conn.info.user}" REPLICATION (RDS: GRANT rds_replication TO "{conn.info.user}")'
            ) from None
        if error.pgcode == codes.CONFIGURATION_LIMIT_EXCEEDED:
            raise Unread(f"no replication slot is free ({text}): raise max_replication_slots at the source") from None
        raise ShopStreamError(f"slot {name} cannot be made: {text}") from None
