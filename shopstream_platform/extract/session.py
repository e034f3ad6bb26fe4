"""Connections to the OLTP source; errors are one sentence without secrets."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import psycopg2
from psycopg2 import errorcodes
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ, connection, parse_dsn

from shopstream_platform.errors import ShopStreamError, TransientError

CONNECT_TIMEOUT_SECONDS = 10
# Canonical text of timestamps and numbers must not depend on the server's or the role's own settings. Where a policy
# would hide rows the server is to refuse the query: a row that is hidden would be taken for one that was deleted.
SESSION = (
    "-c DateStyle=ISO,YMD -c TimeZone=UTC -c extra_float_digits=1 -c bytea_output=hex -c lc_numeric=C "
    "-c row_security=off"
)
# A connection whose tables are done waits for those of the others.
PATIENCE = "-c idle_in_transaction_session_timeout=0"
_TRANSIENT_STATES = {errorcodes.ADMIN_SHUTDOWN, errorcodes.CRASH_SHUTDOWN, errorcodes.CANNOT_CONNECT_NOW}


@contextmanager
def connect(dsn: str) -> Iterator[connection]:
    """A connection that commits when the block ends well, else rolls back; always closed."""
    conn = _connect(dsn)
    try:
        with _translated():
            yield conn
            conn.commit()
    finally:
        conn.close()


@contextmanager
def snapshot(dsn: str, exported: str | None = None) -> Iterator[connection]:
    """A read-only connection on which every query sees the same state of the source: an exported snapshot if named."""
    with connect(dsn) as conn:
        conn.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        if exported:
            with conn.cursor() as cursor:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", (exported,))
        yield conn


@contextmanager
def snapshots(dsn: str, number: int, warn: Callable[[str], None]) -> Iterator[list[connection]]:
    """Read-only connections that all see the same state of the source; one alone, and a warning, if it is not shared.

    It is not where a balancer leads connections to several servers, the role may not connect once more, or the server
    does not export snapshots.
    """
    with snapshot(dsn) as first, ExitStack() as others:
        try:
            exported = _export(first) if number > 1 else None
            connections = [first, *(others.enter_context(snapshot(dsn, exported)) for _ in range(number - 1))]
        except (psycopg2.Error, ShopStreamError) as error:
            reason = str(error).strip().splitlines()[0]
            warn(f"tables are extracted one after another, since connections cannot share a snapshot: {reason}")
            others.close()
            # Nothing was read yet: the next query takes a new snapshot, in a transaction that no error has ended.
            first.rollback()
            connections = [first]
        yield connections


@contextmanager
def savepoint(conn: connection) -> Iterator[None]:
    """An error of this block, which is translated, does not end the transaction around it."""
    with conn.cursor() as cursor:
        cursor.execute("SAVEPOINT shopstream")
    try:
        with _translated():
            yield
    except Exception:
        with suppress(psycopg2.Error), conn.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT shopstream")
        raise


def describe(dsn: str) -> str:
    """host:port/database of a connection string, without its secrets."""
    parts = parse_dsn(dsn)
    return f"{parts.get('host', 'PGHOST')}:{parts.get('port', '5432')}/{parts.get('dbname', 'PGDATABASE')}"


def _connect(dsn: str) -> connection:
    try:
        return psycopg2.connect(
            dsn,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            application_name="shopstream",
            options=f"{SESSION} {PATIENCE}",
            client_encoding="UTF8",
            keepalives_idle=30,
        )
    except psycopg2.OperationalError as error:
        raise TransientError(
            f"PostgreSQL at {describe(dsn)} cannot be reached: {_reason(error)}. "
            "Check SHOPSTREAM_POSTGRES_DSN and that the server runs, then run again"
        ) from None
    except psycopg2.ProgrammingError:
        # libpq's own message repeats the string, password and all.
        raise ShopStreamError(
            "SHOPSTREAM_POSTGRES_DSN is no connection string, such as postgresql://user:password@host:5432/database "
            "(other characters than letters and digits of a password as %XX)"
        ) from None


def _reason(error: psycopg2.OperationalError) -> str:
    """What happened at the address that was tried last; libpq's hints are lines that begin with a tab."""
    lines = [line for line in str(error).strip().splitlines() if not line.startswith("\t")]
    return lines[-1].rstrip(".") if lines else "no reason given"


def _export(conn: connection) -> str:
    with conn.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (exported,) = cursor.fetchone() or ("",)
    return exported


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        if error.pgcode is None or error.pgcode in _TRANSIENT_STATES or error.pgcode[:2] in ("08", "40", "53"):
            raise TransientError(
                f"the connection to PostgreSQL broke: {str(error).strip()}. Safe to run again"
            ) from error
        raise
