"""Transactions of the feed, and how far a snapshot of the source has seen them."""

import time
from dataclasses import dataclass

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError

FLUSH_SECONDS, PAUSE_SECONDS = 30, 0.02


@dataclass(frozen=True)
class Commit:
    """One transaction: its id (32 bits), where its commit ends in the WAL, and when it was (epoch seconds)."""

    xid: int
    end: int
    at: float


def lsn(position: int) -> str:
    """A position in the WAL as PostgreSQL writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def position(text: str) -> int:
    """A position in the WAL as a number."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def end_of_snapshot(conn: connection) -> int:
    """A position behind every commit that the snapshot of this connection sees; all before it is flushed.

    `conn` is REPEATABLE READ; if it has no snapshot yet, this takes it. An asynchronous commit is visible before it is
    flushed, and only what is flushed is decoded.
    """
    with conn.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()")
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        (end,) = cursor.fetchone() or ("0/0",)
        until = time.monotonic() + FLUSH_SECONDS
        while time.monotonic() < until:
            cursor.execute("SELECT pg_current_wal_flush_lsn() >= %s", (end,))
            if cursor.fetchone() == (True,):
                return position(end)
            time.sleep(PAUSE_SECONDS)
    raise ShopStreamError(
        f"the source has not flushed its write-ahead log up to {end} for {FLUSH_SECONDS} s, so its changes cannot be "
        "read: check the disk of its server, then run again"
    )


def covered(conn: connection, commits: list[Commit], upto: int) -> int:
    """How far the snapshot covers the feed: `upto`, or the end of the last commit before the first that it misses.

    A commit is in the WAL before it is visible: for long, if it waits for a synchronous standby. 0 if even the first
    is missed.
    """
    missed = _not_visible(conn, [commit.xid for commit in commits])
    end = 0
    for commit in commits:
        if commit.xid in missed:
            return end
        end = commit.end
    return upto


def _not_visible(conn: connection, xids: list[int]) -> set[int]:
    with conn.cursor() as cursor:
        cursor.execute(
            "WITH s AS (SELECT pg_current_snapshot() AS s, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS m) "
            "SELECT x FROM s, unnest(%s::bigint[]) AS x WHERE NOT pg_visible_in_snapshot("
            # Ids of the feed have 32 bits: the one of 64 that is nearest to the snapshot's end is meant.
            "(m + (x - m %% 4294967296 + 6442450944) %% 4294967296 - 2147483648)::text::xid8, s)",
            (sorted(set(xids)),),
        )
        return {xid for (xid,) in cursor}
