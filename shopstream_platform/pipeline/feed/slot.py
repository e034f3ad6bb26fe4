"""The replication slot, by SQL functions on an ordinary connection: look, make, peek, advance, drop."""

from dataclasses import dataclass

import psycopg2
from psycopg2 import errorcodes as codes
from psycopg2.extensions import connection

from shopstream_platform.config.groups import FeedOutput
from shopstream_platform.pipeline.feed.commits import lsn, position
from shopstream_platform.pipeline.feed.pgoutput import Decoder, Rows
from shopstream_platform.pipeline.feed.test_decoding import TextDecoder

# A new slot waits for every open transaction that has written.
CREATE_SECONDS = 10
ROWS_AT_ONCE = 10_000
_SLOT = """
    SELECT plugin::text, database::text, confirmed_flush_lsn::text, restart_lsn::text, COALESCE(wal_status, ''),
        COALESCE(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint,
        COALESCE(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint,
        active_pid, safe_wal_size::bigint
    FROM pg_replication_slots WHERE slot_name = %s
"""
_WRITERS = """
    SELECT string_agg(pid::text, ', ') FROM pg_stat_activity
    WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND xact_start < now() - interval '1 s'
"""
_PGOUTPUT = (
    "COPY (SELECT data FROM pg_logical_slot_peek_binary_changes(%s, %s, NULL, 'proto_version', '1', "
    "'publication_names', %s)) TO STDOUT (FORMAT binary)"
)
_TEST_DECODING = (
    "SELECT lsn::text, data FROM pg_logical_slot_peek_changes(%s, %s, NULL, 'include-xids', '1', "
    "'skip-empty-xacts', '1', 'include-timestamp', '1')"
)


@dataclass(frozen=True)
class Slot:
    """What the server says of a slot: positions as numbers, bytes of WAL that it keeps (`held`), and has not read."""

    name: str
    plugin: str
    database: str
    confirmed: int
    restart: int
    status: str
    held: int
    behind: int
    active_pid: int | None
    safe_bytes: int | None

    @property
    def is_lost(self) -> bool:
        """Whether the server has thrown away what it should have kept."""
        return self.status == "lost"


class Unread(Exception):
    """The slot cannot be read now: the message says why."""


class Busy(Unread):
    """Another session reads the slot; in a moment it will have ended."""


def find_slot(conn: connection, name: str) -> Slot | None:
    """The slot of that name; None if there is none."""
    with conn.cursor() as cursor:
        cursor.execute(_SLOT, (name,))
        row = cursor.fetchone()
    if row is None:
        return None
    plugin, database, confirmed, restart, status, held, behind, pid, safe = row
    return Slot(name, plugin or "", database or "", _at(confirmed), _at(restart), status, held, behind, pid, safe)


def _at(text: str | None) -> int:
    return position(text) if text else 0


def create_slot(conn: connection, name: str, output: FeedOutput) -> None:
    """Make the slot; Unread if a transaction of somebody else stays open for too long. `conn` commits by statement."""
    with conn.cursor() as cursor:
        try:
            # A setting of the session would stay with a pooler's.
            cursor.execute(f"BEGIN; SET LOCAL statement_timeout = '{CREATE_SECONDS}s'")
            cursor.execute("SELECT pg_create_logical_replication_slot(%s, %s)", (name, str(output)))
            cursor.execute("COMMIT")
        except psycopg2.Error as error:
            cursor.execute("ROLLBACK")
            if error.pgcode != codes.QUERY_CANCELED:
                raise
            cursor.execute(_WRITERS)
            (pids,) = cursor.fetchone() or (None,)
            raise Unread(
                f"slot {name} could not be made within {CREATE_SECONDS} s, since it waits for every open transaction "
                f"that has written (pid {pids or 'unknown'}): end it, or run again later"
            ) from None


def drop_slot(conn: connection, name: str) -> None:
    """Drop the slot, so that the server keeps no more WAL for it."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT pg_drop_replication_slot(%s)", (name,))


def peek(conn: connection, slot: str, publication: str, upto: int, decoder: Decoder | TextDecoder) -> None:
    """All changes from the confirmed position to `upto`, into the decoder; the slot stays where it is.

    An error leaves the transaction of `conn`, and its snapshot, as they were. Raises Unread.
    """
    with conn.cursor() as cursor:
        cursor.execute("SAVEPOINT peeking")
        try:
            if isinstance(decoder, Decoder):
                cursor.copy_expert(cursor.mogrify(_PGOUTPUT, (slot, lsn(upto), publication)), Rows(decoder.take))
            else:
                _rows(conn, slot, upto, decoder)
        except psycopg2.Error as error:
            if conn.closed:
                raise
            cursor.execute("ROLLBACK TO SAVEPOINT peeking")
            kind = Busy if error.pgcode == codes.OBJECT_IN_USE else Unread
            raise kind((error.diag.message_primary or str(error)).strip()) from None
        cursor.execute("RELEASE SAVEPOINT peeking")


def _rows(conn: connection, slot: str, upto: int, decoder: TextDecoder) -> None:
    with conn.cursor("peeked") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(_TEST_DECODING, (slot, lsn(upto)))
        for at, data in cursor:
            decoder.take(at, data)


def names_anything(conn: connection, slot: str, output: FeedOutput, publication: str) -> bool:
    """Whether the slot has a change of a published table; decodes no further than the first transaction with one."""
    upto_changes = {
        FeedOutput.PGOUTPUT: "SELECT count(*) FROM pg_logical_slot_peek_binary_changes(%s, NULL, 1, "
        "'proto_version', '1', 'publication_names', %s)",
        FeedOutput.TEST_DECODING: "SELECT count(*) FROM pg_logical_slot_peek_changes(%s, NULL, 1, "
        "'skip-empty-xacts', '1')",
    }
    parameters = (slot, publication) if output is FeedOutput.PGOUTPUT else (slot,)
    with conn.cursor() as cursor:
        cursor.execute(upto_changes[output], parameters)
        return cursor.fetchone() != (0,)


def advance(conn: connection, slot: str, to: int) -> None:
    """Let the server forget what lies before. A crash before its next checkpoint may bring some of it back."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT pg_replication_slot_advance(slot_name, %s) FROM pg_replication_slots "
            "WHERE slot_name = %s AND confirmed_flush_lsn < %s",
            (lsn(to), slot, lsn(to)),
        )
