"""PostgreSQL's errors as one sentence each: what was refused, and how to fix it. They hold no value of a row."""

import re
from collections.abc import Callable

import psycopg2
from psycopg2 import errorcodes as codes

from shopstream_platform.config.connections import SHOP_DSN
from shopstream_platform.config.errors import ShopStreamError, TransientError

AGAIN = "Safe to run again"
SETTING = SHOP_DSN


def naming(error: ShopStreamError, setting: str) -> ShopStreamError:
    """The same error with the variable that the connection string comes from."""
    return type(error)(str(error).replace(SETTING, setting))


def translated(error: psycopg2.Error, where: str, user: str) -> ShopStreamError:
    """The error of a statement. `where` is host:port/database, `user` the role."""
    state, text = error.pgcode, _primary(error)
    if state is None:
        if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
            return TransientError(f"the connection to PostgreSQL at {where} broke: {text}. {AGAIN}")
        return ShopStreamError(f"PostgreSQL at {where} could not be read: {text}")
    if (cure := _CURES.get(state)) is not None:
        return ShopStreamError(f"PostgreSQL at {where}: {text}. {cure(text, user)}")
    if state in _PASSING or state[:2] in _PASSING_CLASSES:
        cure = _PASSING.get(state, "")
        return TransientError(f"PostgreSQL at {where}: {text}. {cure}{AGAIN}")
    return ShopStreamError(f"PostgreSQL at {where} refused a query: {text} (SQLSTATE {state})")


def not_connected(error: psycopg2.OperationalError, where: str) -> ShopStreamError:
    """The error of a failed login. libpq gives no code, so its text tells what no retry fixes from what may pass."""
    text = _reason(error)
    for words, cure in _LOGIN.items():
        if re.search(words, text, re.IGNORECASE):
            return ShopStreamError(f"PostgreSQL at {where} refused the login: {text}. {cure}")
    return TransientError(
        f"PostgreSQL at {where} cannot be reached: {text}. Check {SETTING} and that the server runs, then run again"
    )


def _primary(error: psycopg2.Error) -> str:
    """The message alone: details and contexts may hold values."""
    text = error.diag.message_primary or next(iter(str(error).strip().splitlines()), type(error).__name__)
    return text.strip().rstrip(".")


def _reason(error: psycopg2.OperationalError) -> str:
    """What happened at the address that was tried last; libpq's hints are lines that begin with a tab."""
    lines = [line for line in str(error).strip().splitlines() if not line.startswith("\t")]
    return lines[-1].rstrip(".") if lines else "no reason given"


def grant(right: str, role: str) -> str:
    """The statement that gives a role what it lacks."""
    return f'GRANT {right} TO "{role}"'


def see_every_row(role: str) -> str:
    """How to fix row-level security that hides rows from a role."""
    return f'ALTER ROLE "{role}" BYPASSRLS, or connect as a role that sees every row'


def _canceled(text: str, _: str) -> str:
    if "statement timeout" in text:
        return (
            "The limit is the server's or the role's: raise it for this role "
            "(ALTER ROLE ... SET statement_timeout = '2h'), or for this connection only, with "
            f"options=-c%20statement_timeout%3D2h in {SETTING}"
        )
    return "Somebody cancelled the query at the server; run again"


def _permission(text: str, user: str) -> str:
    if "row-level security" in text:
        return f"Rows would be hidden from {user}: {see_every_row(user)}"
    if found := re.search(r"permission denied for (table|view|relation|schema|sequence|function) (\S+)", text):
        kind, name = found.groups()
        right = {"schema": f"USAGE ON SCHEMA {name}", "function": f"EXECUTE ON FUNCTION {name}"}.get(
            kind, f"SELECT ON {name}"
        )
        return f"The owner can allow it: {grant(right, user)}"
    return f"The role {user} lacks a right: its tables need USAGE on their schema and SELECT"


def _plain(sentence: str) -> Callable[[str, str], str]:
    return lambda _text, _user: sentence


_OTHER_SOURCE = (
    f"Check that {SETTING} names the right database, its search_path (options=-c%20search_path%3Dshop), and that the "
    "role may see the schema (GRANT USAGE ON SCHEMA)"
)
_DAMAGED = (
    "The server found its files damaged: restore them from a backup, and check the disk. Nothing was loaded; if the "
    "shop is simulated, `shopstream reset` and `shopstream demo` make it again"
)
_CURES: dict[str, Callable[[str, str], str]] = {
    codes.QUERY_CANCELED: _canceled,
    codes.INSUFFICIENT_PRIVILEGE: _permission,
    codes.UNDEFINED_TABLE: _plain(_OTHER_SOURCE),
    codes.INVALID_SCHEMA_NAME: _plain(_OTHER_SOURCE),
    codes.UNDEFINED_COLUMN: _plain("The source changed while it was read: run `shopstream doctor`"),
    codes.CHARACTER_NOT_IN_REPERTOIRE: _plain(
        "A text at the source is not valid in the database's encoding, so it cannot be read as UTF-8: correct the row"
    ),
    codes.UNTRANSLATABLE_CHARACTER: _plain(
        "A text at the source has a character that UTF-8 lacks (a database in SQL_ASCII holds any bytes): correct the "
        "row, or read from a database in the encoding that its texts are in"
    ),
    codes.LOCK_NOT_AVAILABLE: _plain(
        "Another session holds a lock on the table (a migration, say) for longer than the role's lock_timeout: run "
        "again when it has finished"
    ),
    codes.DISK_FULL: _plain("The disk of the database's server is full: free some space there, then run again"),
    codes.DATA_CORRUPTED: _plain(_DAMAGED),
    codes.INDEX_CORRUPTED: _plain(_DAMAGED),
    codes.READ_ONLY_SQL_TRANSACTION: _plain("It is a standby or read-only: write to the primary"),
    codes.DATABASE_DROPPED: _plain(f"Somebody dropped the database: restore it, or check the database in {SETTING}"),
    "25P03": _plain("The session may not stay idle: raise idle_in_transaction_session_timeout for the role"),
    "25P04": _plain("A snapshot of all tables takes longer than transaction_timeout: raise it for the role"),
}
_STANDBY = (
    "A standby gave up the query for changes that it had to replay: set hot_standby_feedback = on there, or a longer "
    "max_standby_streaming_delay. "
)
_PASSING: dict[str, str] = {
    codes.SERIALIZATION_FAILURE: _STANDBY,
    codes.ADMIN_SHUTDOWN: "",
    codes.CRASH_SHUTDOWN: "",
    codes.CANNOT_CONNECT_NOW: "",
    "57P05": "",
    codes.TOO_MANY_CONNECTIONS: "Raise the limit, or lower SHOPSTREAM_TABLES_AT_ONCE. ",
}
# Connections, rollbacks, resources.
_PASSING_CLASSES = ("08", "40", "53")
# As the server and the pooler word them.
_LOGIN = {
    r"password authentication failed|no password supplied|SASL|wrong password": f"Check the password in {SETTING}",
    r"pg_hba\.conf": "The server's pg_hba.conf must allow this user, database and address",
    r"role .* does not exist|no such user|not permitted to log in": f"Check the user in {SETTING}",
    r"database .* does not exist|no such database": f"Check the database in {SETTING}",
    r"permission denied for database": "The owner can allow it by GRANT CONNECT ON DATABASE",
    r"unsupported startup parameter": "A pooler refuses startup options: leave `options` out of the connection string "
    "(ALTER ROLE ... SET search_path does the same), or add it to the pooler's ignore_startup_parameters",
    r"certificate|SSL is not enabled|does not support SSL|SSL error|root\.crt": "Check sslmode, sslrootcert, sslcert "
    f"and sslkey in {SETTING}",
    r"invalid .* value|service .* not found|invalid value for parameter|unrecognized configuration parameter": "Check "
    f"{SETTING} and the PG* variables that `shopstream doctor` lists",
    r"channel binding": "Check channel_binding: the server or a pooler before it does not offer it",
    r"too many (connections|clients)|remaining connection slots": "Raise the server's or the role's limit, or lower "
    "SHOPSTREAM_TABLES_AT_ONCE, then run again",
}
