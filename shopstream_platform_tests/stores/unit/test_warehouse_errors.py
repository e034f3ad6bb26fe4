"""A login that Snowflake refuses, a key that cannot be read, files of the connector, a proxy: sentences that help."""

import json
from pathlib import Path

import pytest
import snowflake.connector
from snowflake.connector import errors
from snowflake.connector.vendored import requests

from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.stores.warehouse import open_session
from shopstream_platform.stores.warehouse_errors import translated
from shopstream_platform_tests.stores.logins import private_key

AT = SnowflakeConnection("org-account", "loader")
CONNECT = "Failed to connect to DB: org-account.snowflakecomputing.com:443. "


def sentence(error: errors.Error) -> ShopStreamError:
    with pytest.raises(ShopStreamError) as caught, translated(AT):
        raise error
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Incorrect username or password was specified.", "SNOWFLAKE_PASSWORD"),
        ("Multi-factor authentication is required for this account.", "key pair"),
        ("MFA authentication is required, but none of your current MFA methods are supported.", "externalbrowser"),
        (
            "MFA with TOTP is required. Provide both your password and a passcode.",
            "SNOWFLAKE_PASSCODE",
        ),
        ("Authentication attempt rejected by the current authentication policy.", "AUTHENTICATION_METHODS"),
        ("Fail : Network policy is required.", "--allow-ip"),
        ("Fail : Network policy is required.", "NETWORK_POLICY_EVALUATION"),
        ("The role requested in the connection ('R') is not listed in the Access Token or was filtered.", "SCOPE"),
        ("Programmatic access token is invalid.", "make a new one"),
        ("Invalid OAuth access token. [8ad]", "make a new one"),
        ("JWT token is invalid. [0ce9eb56]", "RSA_PUBLIC_KEY"),
        ("JWT token is invalid. [0ce9eb56]", "clock"),
        ("Your user account has been temporarily locked due to too many failed attempts.", "unlock"),
        ("Incoming request with IP/Token 1.2.3.4 is not allowed to access Snowflake.", "network policy"),
        ("Role 'NOBODY' specified in the connect string does not exist or not authorized.", "SNOWFLAKE_ROLE"),
        ("Verify the account name is correct: org-account.snowflakecomputing.com:443.", "SNOWFLAKE_ACCOUNT"),
    ],
)
def test_a_login_that_stays_refused(message: str, words: str) -> None:
    error = sentence(errors.DatabaseError(msg=CONNECT + message, errno=250001, sqlstate="08001"))
    assert not isinstance(error, TransientError)
    assert words in str(error)
    assert "Snowflake refused the login" in str(error)


LOCKED = "Statement '01b' has locked table 'ORDERS' in transaction 17 and this lock has not yet been released."


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (604, "000604 (57014): SQL execution canceled"),
        (625, f"000625 (57014): {LOCKED}\nYour statement '01c' was aborted because the number of waiters exceeds 20."),
        (625, f"000625 (57014): {LOCKED}\nYour statement '01c' was aborted to resolve a deadlock."),
        (628, "000628 (57014): Modifying a transaction that has started at a different session is not allowed."),
        (
            630,
            "000630 (57014): Statement reached its statement or warehouse timeout of 3,600 second(s) and was canceled.",
        ),
        (390112, "390112 (08001): Your session has expired. Please login again."),
        (390114, "390114 (08001): Authentication token has expired.  The user must authenticate again."),
    ],
)
@pytest.mark.parametrize("state", ["57014", "08001", None])
def test_what_a_new_session_may_do(number: int, message: str, state: str | None) -> None:
    error = sentence(errors.ProgrammingError(msg=message, errno=number, sqlstate=state))
    assert isinstance(error, TransientError)
    assert "Safe to run again" in str(error)
    assert ("larger warehouse" in str(error)) is (number == 630)


def test_a_queue_that_was_too_long_may_pass() -> None:
    """Whatever number Snowflake gives it: the state says that it was canceled."""
    error = sentence(errors.ProgrammingError(msg="SQL execution canceled: queued", errno=1, sqlstate="57014"))
    assert isinstance(error, TransientError)


@pytest.mark.parametrize(
    ("number", "state", "message", "words"),
    [
        (
            *(
                90073,
                "22000",
                "Warehouse 'LOADING_WH' cannot be resumed because resource monitor 'M' has exceeded its quota",
            ),
            "raise its quota",
        ),
        (
            390913,
            "08004",
            "Your free trial has ended and all of your virtual warehouses have been suspended",
            "billing",
        ),
        (606, "57P03", "No active warehouse selected in the current session.", "GRANT USAGE ON WAREHOUSE"),
        (0, None, "Warehouse 'LOADING_WH' is suspended.", "AUTO_RESUME = TRUE"),
    ],
)
@pytest.mark.parametrize("by_number", [True, False])
def test_a_warehouse_that_does_not_run_says_why(
    number: int, state: str | None, message: str, words: str, by_number: bool
) -> None:
    """No retry helps: somebody has to act."""
    shown = f"{number:06d} ({state}): {message}" if by_number else message
    error = sentence(errors.ProgrammingError(msg=shown, errno=number if by_number else 1, sqlstate=state))
    assert not isinstance(error, TransientError)
    assert words in str(error)
    assert ("resource monitor has suspended" in str(error)) is (number == 90073)


def test_a_statement_that_is_refused_stays_refused() -> None:
    error = sentence(errors.ProgrammingError(msg="001003 (42000): SQL compilation error", errno=1003, sqlstate="42000"))
    assert not isinstance(error, TransientError)
    assert str(error) == "Snowflake refused: 001003 (42000): SQL compilation error"


def test_an_account_that_does_not_exist() -> None:
    error = sentence(
        errors.HttpError(msg="404 Not Found: post https://org-account.snow", errno=290404, sqlstate="08001")
    )
    assert not isinstance(error, TransientError)
    assert "SNOWFLAKE_ACCOUNT" in str(error)


def test_a_network_that_fails_names_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    error = sentence(errors.OperationalError(msg="250003: Max retries exceeded", errno=250003))
    assert isinstance(error, TransientError)
    assert "proxy.example:3128" in str(error)
    assert "NO_PROXY" in str(error)


def test_a_malformed_file_of_the_connectors() -> None:
    error = sentence(errors.ConfigSourceError("error while loading '/home/a/.snowflake/config.toml'"))
    assert not isinstance(error, TransientError)
    assert "/home/a/.snowflake/config.toml" in str(error)


@pytest.mark.parametrize(
    "fault",
    [
        requests.ConnectionError("proxy reset"),
        requests.JSONDecodeError("proxy reset", "<html>", 0),
        json.JSONDecodeError("proxy reset", "<html>", 0),
    ],
    ids=lambda fault: f"{type(fault).__module__}.{type(fault).__name__}",
)
def test_what_a_proxy_does_is_not_told_as_a_fault_of_the_key(
    fault: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(**_: object) -> None:
        raise fault

    monkeypatch.setattr(snowflake.connector, "connect", connect)
    path = tmp_path / "key.p8"
    path.write_bytes(private_key())
    at = SnowflakeConnection("org-account", "loader", private_key_path=str(path))
    with (
        pytest.raises(TransientError, match=r"Snowflake could not be reached: proxy reset") as caught,
        open_session(at),
    ):
        pass
    assert "private key" not in str(caught.value)
    assert str(path) not in str(caught.value)


@pytest.mark.parametrize(
    "message",
    [
        "IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at 12288",
        'IO Error: Could not read enough bytes from file "/x/SHOPSTREAM_DWH.db": attempted to read 262144 bytes',
        "FATAL Error: Failed: database has been invalidated because of a previous fatal error.",
    ],
)
def test_a_damaged_database_is_told_with_the_way_out(message: str) -> None:
    error = sentence(errors.ProgrammingError(msg=message, errno=100038, sqlstate="22000"))
    assert not isinstance(error, TransientError)
    assert "move warehouse/data away and run `shopstream refresh`" in str(error)


def test_an_answer_that_breaks_off_may_pass() -> None:
    with (
        pytest.raises(TransientError, match=r"could not be reached: Connection broken.*Safe to run again"),
        translated(AT),
    ):
        raise requests.exceptions.ChunkedEncodingError("Connection broken: reset by peer")
