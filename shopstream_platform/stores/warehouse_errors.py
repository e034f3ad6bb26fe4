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

# A lock that others held or waited for, and a session or token that expired: a new session may succeed.
_PASSING = frozenset({625, 390110, 390111, 390112, 390113, 390114, 390115})
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
    if error.errno in _PASSING:
        return TransientError(f"Snowflake gave up a statement: {text}. Safe to run again")
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


def _not_reached(why: object, at: SnowflakeConnection | None) -> TransientError:
    text = " ".join(str(why).split()).rstrip(".")
    return TransientError(f"Snowflake could not be reached: {text}{_proxy(at)}. Safe to run again")


def _of_a_login(error: "Error", text: str) -> bool:
    return error.sqlstate == "08001" or "Failed to connect to DB" in text or error.errno in (250001, 290404)


def _proxy(at: SnowflakeConnection | None) -> str:
    if at is None:
        return ""
    return advice(f"{at.protocol or 'https'}://{at.host or f'{at.account}.snowflakecomputing.com'}")
