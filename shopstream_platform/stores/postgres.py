"""Connections to the OLTP source; errors are one sentence without secrets."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ, connection, parse_dsn

from shopstream_platform.config.connections import SHOP_DSN
from shopstream_platform.config.environment.libpq import closed
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.stores.postgres_errors import naming, not_connected, translated
from shopstream_platform.stores.postgres_locks import lock

CONNECT_TIMEOUT_SECONDS = 10
# Canonical text of timestamps and numbers must not depend on the server's or the role's own settings. By SET LOCAL in
# the transaction, not at the start of the session: poolers refuse startup options, and give each transaction another
# session of the server.
SESSION = {
    "DateStyle": "ISO, YMD",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "lc_numeric": "C",
    # The server is to refuse a query from which a policy would hide rows: a hidden one would be taken for deleted.
    "row_security": "off",
    # A connection whose tables are done waits for those of the others.
    "idle_in_transaction_session_timeout": "0",
}


@contextmanager
def connect(dsn: str, *, setting: str = SHOP_DSN) -> Iterator[connection]:
    """A connection that commits when the block ends well, else rolls back; always closed."""
    with _session(dsn, setting) as conn:
        set_up(conn)
        yield conn


@contextmanager
def connect_by_statement(dsn: str, *, setting: str = SHOP_DSN) -> Iterator[connection]:
    """A connection that commits each statement; always closed."""
    with _session(dsn, setting) as conn:
        conn.autocommit = True
        yield conn


@contextmanager
def snapshot(
    dsn: str,
    exported: str | None = None,
    *,
    setting: str = SHOP_DSN,
    locking: Sequence[str] = (),
    warn: Callable[[str], None] | None = None,
) -> Iterator[connection]:
    """A read-only connection on which every query sees the same state of the source: an exported snapshot if named.

    `locking` are relations that nobody may truncate or rewrite until the end: name all that are read more than once,
    or later than at once. Errors name `setting`, the variable that the connection string comes from.
    """
    with _session(dsn, setting) as conn:
        conn.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        _begin(conn, locking, warn)
        if exported:
            with conn.cursor() as cursor:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", (exported,))
        yield conn


def _begin(conn: connection, locking: Sequence[str], warn: Callable[[str], None] | None) -> None:
    """Begin the transaction, with its locks; the first query after them takes its snapshot."""
    set_up(conn)
    lock(conn, locking, describe(conn.dsn), warn)


def set_up(conn: connection) -> None:
    """Settings of the transaction that this begins."""
    with conn.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in SESSION.items()))


@contextmanager
def snapshots(
    dsn: str, number: int, warn: Callable[[str], None], *, setting: str = SHOP_DSN, locking: Sequence[str] = ()
) -> Iterator[list[connection]]:
    """Read-only connections that all see the same state of the source; one alone, and a warning, if it is not shared.

    It is not where a balancer leads connections to several servers, the role may not connect once more, or the server
    does not export snapshots. `locking` is as in `snapshot`; the first connection holds the locks.
    """
    with snapshot(dsn, setting=setting, locking=locking, warn=warn) as first, ExitStack() as others:
        try:
            exported = _export(first) if number > 1 else None
            more = (snapshot(dsn, exported, setting=setting) for _ in range(number - 1))
            connections = [first, *(others.enter_context(one) for one in more)]
        except (psycopg2.Error, ShopStreamError) as error:
            reason = str(error).strip().splitlines()[0]
            warn(f"tables are extracted one after another, since connections cannot share a snapshot: {reason}")
            others.close()
            # Nothing was read yet: the next query takes a new snapshot, in a transaction that no error has ended.
            first.rollback()
            _begin(first, locking, None)
            connections = [first]
        yield connections


def is_utf8(conn: connection) -> bool:
    """Whether the server's own encoding is UTF-8."""
    return conn.info.parameter_status("server_encoding") == "UTF8"


@contextmanager
def savepoint(conn: connection, what: str) -> Iterator[None]:
    """An error of this block, told as one of `what`, does not end the transaction around it."""
    with conn.cursor() as cursor:
        cursor.execute("SAVEPOINT shopstream")
    try:
        yield
    except psycopg2.Error as error:
        found = naming(translated(error, describe(conn.dsn), conn.info.user), setting_of(conn))
        _roll_back_to_savepoint(conn)
        raise type(found)(f"{what}: {found}") from error
    except Exception:
        _roll_back_to_savepoint(conn)
        raise


def _roll_back_to_savepoint(conn: connection) -> None:
    # A connection that broke has no transaction to save.
    with suppress(psycopg2.Error), conn.cursor() as cursor:
        cursor.execute("ROLLBACK TO SAVEPOINT shopstream")


def describe(dsn: str) -> str:
    """host:port/database of a connection string, without its secrets."""
    parts = parse_dsn(dsn)
    return f"{parts.get('host', 'PGHOST')}:{parts.get('port', '5432')}/{parts.get('dbname', 'PGDATABASE')}"


class Session(connection):
    """A connection that knows which variable it comes from."""

    setting = SHOP_DSN


def setting_of(conn: connection) -> str:
    """The variable that a connection comes from."""
    return conn.setting if isinstance(conn, Session) else SHOP_DSN


def _connect(dsn: str) -> connection:
    try:
        return psycopg2.connect(
            closed(dsn),
            connection_factory=Session,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            application_name="shopstream",
            client_encoding="UTF8",
            keepalives_idle=30,
        )
    except psycopg2.OperationalError as error:
        raise not_connected(error, describe(dsn)) from None
    except psycopg2.ProgrammingError:
        # libpq's own message repeats the string, password and all.
        raise ShopStreamError(
            "SHOPSTREAM_POSTGRES_DSN is not a connection string, such as postgresql://user:password@host:5432/database "
            "(other characters than letters and digits of a password as %XX)"
        ) from None


def _export(conn: connection) -> str:
    with conn.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (exported,) = cursor.fetchone() or ("",)
    return exported


@contextmanager
def _session(dsn: str, setting: str = SHOP_DSN) -> Iterator[connection]:
    try:
        conn = _connect(dsn)
    except ShopStreamError as error:
        raise naming(error, setting) from None
    if isinstance(conn, Session):
        conn.setting = setting
    user = conn.info.user
    try:
        yield conn
        conn.commit()
    except psycopg2.Error as error:
        raise naming(translated(error, describe(dsn), user), setting) from error
    finally:
        conn.close()
