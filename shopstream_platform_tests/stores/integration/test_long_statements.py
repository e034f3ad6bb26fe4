"""A statement that takes long, and a server that falls silent, told apart as they are on a real account.

The server answers as Snowflake does: 333333 to the statement, then 333334 to each question for its result, each after
some time, here a second instead of 45. The client's times are scaled down alike.
"""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.errors import TransientError
from shopstream_platform.stores import warehouse
from shopstream_platform.stores.warehouse import open_session, session_arguments

POLL_SECONDS = 1.0
LONGER_THAN_ANY_TIMER = 6.0
SESSION = {"databaseName": None, "schemaName": None, "warehouseName": None, "roleName": None}
LOGIN = {
    **{"token": "t", "masterToken": "m", "validityInSeconds": 3600, "masterValidityInSeconds": 14400},
    **{"sessionId": 1, "parameters": [], "sessionInfo": SESSION, "serverVersion": "9"},
}
RESULT = {
    **{"queryId": "q", "rowtype": [], "rowset": [], "total": 0, "returned": 0, "parameters": []},
    **{"queryResultFormat": "json", "statementTypeId": 0x3000, "sqlState": "00000"},
}
STILL_RUNS = {"queryId": "q", "getResultUrl": "/queries/q/result"}
CANCELED = {"sqlState": "57014", "queryId": "q", "errorCode": "000604"}


class SlowSnowflake(ThreadingHTTPServer):
    """Every statement takes some seconds; `silent` is a connection whose other end has gone."""

    def __init__(self, lasts: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lasts = lasts
        self.began = 0.0
        self.aborted = threading.Event()
        self.silent = False
        self.paths: list[str] = []

    @property
    def connection(self) -> SnowflakeConnection:
        port = self.server_address[1]
        return SnowflakeConnection("acme", "loader", password="p", host="127.0.0.1", port=port, protocol="http")


class Handler(BaseHTTPRequestHandler):
    server: SlowSnowflake  # pyright: ignore[reportIncompatibleVariableOverride]

    def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Not to the terminal."""

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw or b"{}")
        path = self.path.partition("?")[0]
        self.server.paths.append(path)
        if path == "/queries/v1/query-request":
            self.server.began = self.server.began or time.monotonic()
            self.answer("333333", STILL_RUNS)
        elif path == "/queries/v1/abort-request":
            self.server.aborted.set()
            self.answer(None, None)
        else:
            self.answer(None, LOGIN)

    def do_GET(self) -> None:
        self.server.paths.append("result")
        while self.server.silent:
            time.sleep(0.1)
        if self.server.aborted.wait(POLL_SECONDS):
            self.answer("000604", CANCELED)
        elif time.monotonic() - self.server.began > self.server.lasts:
            self.answer(None, RESULT)
        else:
            self.answer("333334", STILL_RUNS)

    def answer(self, code: str | None, data: dict[str, Any] | None) -> None:
        message = "SQL execution canceled" if data is CANCELED else None
        body = json.dumps({"success": data is not CANCELED, "code": code, "message": message, "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def snowflake(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowSnowflake]:
    monkeypatch.setattr(warehouse, "SOCKET_TIMEOUT_SECONDS", 2)
    monkeypatch.setattr(warehouse, "UNANSWERED_SECONDS", 3)
    monkeypatch.setenv("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")
    with SlowSnowflake(LONGER_THAN_ANY_TIMER) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.silent = False
        server.shutdown()


@pytest.mark.slow
def test_a_statement_may_take_longer_than_every_timer_of_the_client(snowflake: SlowSnowflake) -> None:
    with open_session(snowflake.connection) as session:
        session.execute("COPY INTO RAW.EVENTS")
    assert time.monotonic() - snowflake.began > LONGER_THAN_ANY_TIMER
    assert snowflake.paths.count("/queries/v1/query-request") == 1
    assert snowflake.paths.count("result") >= 4
    assert not snowflake.aborted.is_set()


@pytest.mark.slow
def test_the_server_would_notice_an_abort(snowflake: SlowSnowflake) -> None:
    """A time-out of one's own, which the connector keeps by an abort-request."""
    with pytest.raises(TransientError, match="SQL execution canceled"), open_session(snowflake.connection) as session:
        session.session.cursor().execute("COPY INTO RAW.EVENTS", timeout=2)
    assert snowflake.aborted.is_set()


@pytest.mark.slow
def test_a_connection_whose_other_end_has_gone_is_given_up(snowflake: SlowSnowflake) -> None:
    snowflake.silent = True
    began = time.monotonic()
    with (
        pytest.raises(TransientError, match=r"had no answer for 3 seconds.*Safe to run again"),
        open_session(snowflake.connection) as session,
    ):
        session.execute("COPY INTO RAW.EVENTS")
    assert 3 < time.monotonic() - began < 20


@pytest.mark.slow
def test_a_server_that_has_gone_is_given_up(snowflake: SlowSnowflake) -> None:
    with (
        pytest.raises(TransientError, match="had no answer for 3 seconds"),
        open_session(snowflake.connection) as session,
    ):
        snowflake.server_close()
        snowflake.shutdown()
        session.execute("SELECT 1")


def test_the_times_fit_snowflakes() -> None:
    """Snowflake answers within 45 s; a statement ends by its own timeout, not the client's."""
    arguments = session_arguments(SnowflakeConnection("acme", "loader", password="p"))
    extra = arguments["additional_snowflake_connection_args"]
    assert "network_timeout" not in arguments | extra
    assert extra["socket_timeout"] > 45
    assert extra["session_parameters"]["STATEMENT_TIMEOUT_IN_SECONDS"] == 3600
    assert extra["session_parameters"]["LOCK_TIMEOUT"] > 300
