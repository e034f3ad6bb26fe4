"""Snowflake's errors as one sentence each: what did not arrive may pass, what was refused will not."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.environment.proxies import advice
from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.stores.login_errors import cure_of

# Snowflake's connector takes 0.7 s to import; where it has raised an error it is there already.
if TYPE_CHECKING:
    from snowflake.connector.errors import Error

# A statement that was canceled (604); whose lock was not free in time, had too many waiters, or was part of a deadlock
# (625); whose transaction ended elsewhere (628); that reached STATEMENT_TIMEOUT_IN_SECONDS (630). And a session or a
# token that expired.
_PASSING = frozenset({604, 625, 628, 630, 390110, 390111, 390112, 390113, 390114, 390115})
# "Query canceled", whatever the number: a queue that was too long among them.
_CANCELED = "57014"
_TOO_LONG = 630
# An object, or a column, that is not there.
_MISSING = frozenset({2003, 2043, 904})
# What a role has no right to.
_FORBIDDEN = 3001
# A warehouse that does not run, and will not by itself. By number, or as Snowflake words it.
_STOPPED = {
    r"^0*90073\b|cannot be resumed because resource monitor": "A resource monitor has suspended the warehouse, "
    "since its credits are used up: raise its quota (ALTER RESOURCE MONITOR ... SET CREDIT_QUOTA = ...), or wait until "
    "it begins anew (SHOW RESOURCE MONITORS says when). Nothing was changed",
    r"^0*390913\b|free trial has ended": "Add billing information to the account",
    r"^0*606\b|no active warehouse": "Check that the warehouse exists and that SNOWFLAKE_ROLE may use it (GRANT USAGE "
    "ON WAREHOUSE): `shopstream provision snowflake` does both",
    r"warehouse .* is suspended": "Start it (ALTER WAREHOUSE ... RESUME), and let it start by itself (ALTER WAREHOUSE "
    "... SET AUTO_RESUME = TRUE)",
}
_FULL = r"No space left on device|disk quota exceeded|max_temp_directory_size|not enough disk space"

# DuckDB's words for a block whose checksum is wrong, for a file that was cut, and for a database that it gave up.
_DAMAGED = r"corrupt database file|stored checksum|could not read enough bytes from file|database has been invalidated"


@contextmanager
def connecting(at: SnowflakeConnection) -> Iterator[None]:
    """What the connector lets through at a login: the key's faults, and what a proxy does to a request."""
    # 0.7 s with the connector, which is imported here at the latest.
    from snowflake.connector.vendored.requests.exceptions import RequestException

    at.login.check()
    try:
        yield
    except (RequestException, json.JSONDecodeError) as error:
        raise _not_reached(error, at) from error


@contextmanager
def translated(at: SnowflakeConnection | None = None) -> Iterator[None]:
    """The connector's errors."""
    from snowflake.connector import errors
    from snowflake.connector.vendored.requests.exceptions import RequestException

    try:
        yield
    except errors.Error as error:
        raise _sentence(error, at) from error
    except RequestException as error:
        # An answer that broke off: the connector lets it through.
        raise _not_reached(error, at) from error


def says_missing(error: Exception) -> bool:
    """Whether it is Snowflake's word that an object or column does not exist, or is not this role's to see."""
    return getattr(error, "errno", None) in _MISSING


def says_forbidden(error: Exception) -> bool:
    """Whether it is Snowflake's word that the role may not do this."""
    return getattr(error, "errno", None) == _FORBIDDEN


def _sentence(error: "Error", at: SnowflakeConnection | None) -> ShopStreamError:
    from snowflake.connector import errors

    text = " ".join(str(error.msg or error).split()).rstrip(".")
    if re.search(_FULL, text, re.IGNORECASE):
        return ShopStreamError(f"The disk is full where the embedded warehouse keeps its data: {text}. Free some space")
    if re.search(_DAMAGED, text, re.IGNORECASE):
        return ShopStreamError(
            f"The embedded warehouse found its files damaged: {text}. Run `shopstream down`, put back a backup of "
            "warehouse/data in SHOPSTREAM_HOME, or move warehouse/data away and run `shopstream refresh`, which loads "
            "everything again; the history of users and products then begins anew"
        )
    if isinstance(error, errors.ConfigSourceError):
        return ShopStreamError(
            f"Snowflake's connector cannot read its own configuration: {text}. Correct or remove that file "
            "(or let SNOWFLAKE_HOME name an empty folder)"
        )
    if cure := next((cure for words, cure in _STOPPED.items() if _says(error, words, text)), None):
        return ShopStreamError(f"Snowflake has no warehouse for a statement: {text}. {cure}")
    if error.errno in _PASSING or error.sqlstate == _CANCELED:
        return TransientError(f"Snowflake gave up a statement: {text}. Safe to run again{_if_again(error)}")
    if _of_a_login(error, text) and (cure := cure_of(text)):
        return ShopStreamError(f"Snowflake refused the login: {text}. {cure}")
    if isinstance(error, errors.NonRetryableTlsError) or "certificate verify failed" in text:
        return ShopStreamError(
            f"Snowflake's certificate is not trusted: {text}. Behind a proxy that opens TLS, let REQUESTS_CA_BUNDLE "
            "name its certificate"
        )
    if isinstance(error, errors.DatabaseError) and not isinstance(error, errors.OperationalError):
        return ShopStreamError(f"Snowflake refused: {text}")
    return _not_reached(text, at)


def _says(error: "Error", words: str, text: str) -> bool:
    """Whether number or message are meant; a number may stand before the message too."""
    return any(re.search(words, said, re.IGNORECASE) for said in (str(error.errno), text))


def _if_again(error: "Error") -> str:
    return ". If it comes again, use a larger warehouse or load fewer days at once" if error.errno == _TOO_LONG else ""


def _not_reached(why: object, at: SnowflakeConnection | None) -> TransientError:
    text = " ".join(str(why).split()).rstrip(".")
    return TransientError(f"Snowflake could not be reached: {text}{_proxy(at)}. Safe to run again")


def _of_a_login(error: "Error", text: str) -> bool:
    return error.sqlstate == "08001" or "Failed to connect to DB" in text or error.errno in (250001, 290404)


def _proxy(at: SnowflakeConnection | None) -> str:
    if at is None:
        return ""
    return advice(f"{at.protocol or 'https'}://{at.host or f'{at.account}.snowflakecomputing.com'}")
