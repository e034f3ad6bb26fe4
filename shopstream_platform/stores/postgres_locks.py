"""Locks of the tables that a snapshot is about to read, taken before it.

TRUNCATE, a rewrite and DETACH PARTITION are not MVCC-safe: after one of them a snapshot that has not read the table
yet finds it empty. A lock in ACCESS SHARE, the one that every SELECT takes, keeps them waiting until the reader ends.
"""

from collections.abc import Callable, Iterable

import psycopg2
from psycopg2 import errorcodes as codes
from psycopg2.extensions import connection

from shopstream_platform.config.errors import TransientError

LOCK_SECONDS = 30
# What reading the table tells better, table by table: it is not there, or the role may not see it.
_TOLD_BY_READING = {codes.UNDEFINED_TABLE, codes.INVALID_SCHEMA_NAME, codes.UNDEFINED_OBJECT}
# Foreign tables and materialized views take no locks, and are compared as they are.
_WITHOUT_LOCKS = {codes.WRONG_OBJECT_TYPE}


def lock(conn: connection, relations: Iterable[str], where: str, warn: Callable[[str], None] | None = None) -> None:
    """Lock relations (as SQL names them) in ACCESS SHARE; send it before the first query of the transaction.

    Raises TransientError if another session keeps one locked. A relation that cannot be locked is passed over, and
    `warn` is told if the role may read it all the same.
    """
    names = list(dict.fromkeys(relations))
    if not names:
        return
    with conn.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        for name in names:
            try:
                cursor.execute(f"SAVEPOINT locking; LOCK TABLE {name} IN ACCESS SHARE MODE; RELEASE SAVEPOINT locking")
            except psycopg2.Error as error:
                if error.pgcode in (codes.LOCK_NOT_AVAILABLE, codes.DEADLOCK_DETECTED):
                    raise TransientError(_locked(name, where)) from None
                if error.pgcode == codes.INSUFFICIENT_PRIVILEGE and warn:
                    warn(_unlocked(name, conn.info.user))
                elif error.pgcode not in _TOLD_BY_READING | _WITHOUT_LOCKS | {codes.INSUFFICIENT_PRIVILEGE}:
                    raise
                cursor.execute("ROLLBACK TO SAVEPOINT locking")
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def _locked(name: str, where: str) -> str:
    return (
        f"{name} of PostgreSQL at {where} has been locked by another session for {LOCK_SECONDS} s (a migration, "
        "TRUNCATE or VACUUM FULL, say), so nothing was read: run again when it has finished; "
        "SELECT pid, query FROM pg_stat_activity WHERE pid IN (SELECT pid FROM pg_locks WHERE mode = "
        "'AccessExclusiveLock') shows it"
    )


def _unlocked(name: str, role: str) -> str:
    return (
        f"{name} is read without a lock, since role {role} lacks SELECT on the whole table: if it is truncated "
        f'meanwhile, it is taken for empty; its owner can allow the lock by GRANT SELECT ON {name} TO "{role}"'
    )
