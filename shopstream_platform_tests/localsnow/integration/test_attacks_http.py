"""Attacks by HTTP: of somebody on this machine who cannot log in, and of one who can."""

import contextlib
import gzip
import json
import re
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopstream_platform_tests.localsnow.integration.conftest import PASSWORD, USER, Server, Sql

pytestmark = pytest.mark.security
LOGIN = "/session/v1/login-request"


@pytest.fixture
def owner(victim: Server) -> Iterator[Sql]:
    """The owner's client, which was there before the attack."""
    with victim.connect() as connection:
        yield Sql(connection)


def raw(server: Server, request: bytes, timeout: float = 30) -> bytes:
    """The whole answer to a request of these bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        connection.sendall(request)
        return received(connection)


def received(connection: socket.socket) -> bytes:
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            answer += chunk
            if ends(answer):
                break
    return answer


def ends(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return bool(separator and length and len(body) >= int(length[1]))


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def post(server: Server, path: str, body: bytes, **headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw(server, "\r\n".join([*lines, "", ""]).encode() + body)


def get(server: Server, path: str) -> bytes:
    return raw(server, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())


def peak(server: Server) -> int:
    """The most memory that the server has used, in MB."""
    assert server.process
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert found
    return int(found[1]) // 1024


def log(server: Server) -> str:
    return (server.root / "server.log").read_text()


@pytest.mark.parametrize("path", [LOGIN, "/queries/v1/query-request"])
def test_a_bomb_is_not_unpacked(victim: Server, owner: Sql, path: str) -> None:
    bomb, before = gzip.compress(bytes(60 * 1024 * 1024)) * 1, peak(victim)
    began = time.monotonic()
    assert status(post(victim, path, bomb, Content_Encoding="gzip")) in (401, 413)
    assert time.monotonic() - began < 5
    assert peak(victim) - before < 32
    assert owner.one("SELECT 1") == 1


def test_a_bomb_of_a_client_stops_at_the_limit(victim: Server, owner: Sql) -> None:
    before, token = peak(victim), f'Snowflake Token="{owner.connection.rest.token}"'
    bomb = gzip.compress(bytes(1024 * 1024 * 1024), 9)
    answer = post(victim, "/queries/v1/query-request", bomb, Content_Encoding="gzip", Authorization=token)
    assert status(answer) == 413
    assert peak(victim) - before < 200


BODIES = {
    "a list": (b"[]", {}),
    "a number": (b"1", {}),
    "no data": (b'{"data": null}', {}),
    "data that is text": (b'{"data": "x"}', {}),
    "parameters that are a list": (b'{"data": {"SESSION_PARAMETERS": [1]}}', {}),
    "not JSON": (b"<xml/>", {}),
    "not text": (b"\xff\xfe\x00", {}),
    "deep": (b"[" * 60_000, {}),
    "a lone surrogate": (b'{"data": {"LOGIN_NAME": "x", "PASSWORD": "\\ud800"}}', {}),
    "not gzip": (b"{}", {"Content_Encoding": "gzip"}),
    "gzip that is cut": (gzip.compress(b"{}")[:-4], {"Content_Encoding": "gzip"}),
    "gzip and more": (gzip.compress(b"{}") * 2, {"Content_Encoding": "gzip"}),
    "another encoding": (b"{}", {"Content_Encoding": "br"}),
    "encoded twice": (gzip.compress(gzip.compress(b"{}")), {"Content_Encoding": "gzip, gzip"}),
    "empty": (b"", {}),
}


@pytest.mark.parametrize("name", BODIES)
def test_an_odd_body_is_refused_in_a_sentence(victim: Server, name: str) -> None:
    before = len(log(victim))
    body, headers = BODIES[name]
    answer = post(victim, LOGIN, body, **headers)
    assert status(answer) == 400
    assert re.fullmatch(r"The body is [\w -]+\.|The body's [\w -]+\.", answer.decode().rpartition("\r\n\r\n")[2])
    assert len(log(victim)) == before


@pytest.mark.parametrize("body", [b"{}", b'{"sqlText": 1}', b'{"sqlText": "SELECT 1", "bindings": [1]}', b"[]"])
def test_an_odd_query_is_refused_in_a_sentence(victim: Server, owner: Sql, body: bytes) -> None:
    token, before = f'Snowflake Token="{owner.connection.rest.token}"', log(victim)
    assert status(post(victim, "/queries/v1/query-request", body, Authorization=token)) == 400
    assert log(victim) == before


def test_odd_bindings_are_a_sql_error(victim: Server, owner: Sql) -> None:
    token = f'Snowflake Token="{owner.connection.rest.token}"'
    for bindings in (
        {"1": 1},
        {"1": {}},
        {"7": {"type": "FIXED", "value": "1"}},
        {"1": {"type": "FIXED", "value": "x"}},
    ):
        body = json.dumps({"sqlText": "SELECT ?", "bindings": bindings}).encode()
        answer = post(victim, "/queries/v1/query-request", body, Authorization=token)
        assert b"not in a form that is known" in answer
    assert "Traceback" not in log(victim)


def test_what_repeats_is_not_logged_for_ever(victim: Server) -> None:
    before = len(log(victim))
    for _ in range(100):
        assert status(raw(victim, b"NONSENSE\r\n\r\n")) == 400
    assert len(log(victim)) - before < 4000


@pytest.mark.slow
def test_a_body_that_does_not_come_is_given_up(victim: Server) -> None:
    began = time.monotonic()
    head = f"POST {LOGIN} HTTP/1.1\r\nHost: 127.0.0.1:{victim.port}\r\nContent-Length: 100\r\n\r\n{{"
    assert raw(victim, head.encode(), timeout=60) == b""
    assert time.monotonic() - began < 30


def test_strangers_connections_stop_nobody(victim: Server, owner: Sql) -> None:
    """With the usual limit of 1,024 open files, whoever held 1,100 stopped everybody."""
    assert victim.process
    resource.prlimit(victim.process.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    head = f"POST {LOGIN} HTTP/1.1\r\nHost: 127.0.0.1:{victim.port}\r\nContent-Length: 100\r\n\r\n{{".encode()
    with contextlib.ExitStack() as held:
        for _ in range(1100):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", victim.port), timeout=10))
            with contextlib.suppress(ConnectionError):
                connection.sendall(head)
        began = time.monotonic()
        assert victim.ready()
        assert owner.one("SELECT 1") == 1
        with victim.connect() as another:
            assert Sql(another).one("SELECT 2") == 2
        assert time.monotonic() - began < 10


def test_wrong_logins_are_answered_one_after_the_other(victim: Server, owner: Sql) -> None:
    body = json.dumps({"data": {"LOGIN_NAME": USER, "PASSWORD": "guess"}}).encode()
    request = f"POST {LOGIN} HTTP/1.1\r\nHost: 127.0.0.1:{victim.port}\r\nContent-Length: {len(body)}\r\n\r\n"
    with contextlib.ExitStack() as held:
        guesses = [
            held.enter_context(socket.create_connection(("127.0.0.1", victim.port), timeout=20)) for _ in range(20)
        ]
        began = time.monotonic()
        for guess in guesses:
            guess.sendall(request.encode() + body)
        with victim.connect() as right:
            assert Sql(right).one("SELECT 1") == 1
        assert all(b"Incorrect username" in received(guess) for guess in guesses)
        assert time.monotonic() - began > 1.5


@pytest.mark.parametrize(
    "request_line_and_hosts",
    [
        ("GET /ready HTTP/1.1", ["127.0.0.1:{port}", "evil.example"]),
        ("GET /ready HTTP/1.1", ["evil.example", "127.0.0.1:{port}"]),
        ("GET /ready HTTP/1.1", ["127.0.0.1:{port}", "127.0.0.1:{port}"]),
        ("GET http://evil.example/ready HTTP/1.1", ["127.0.0.1:{port}"]),
        ("GET /ready HTTP/1.0", []),
        ("GET /ready HTTP/1.1", ["evil.example"]),
    ],
)
def test_an_ambiguous_address_is_refused(victim: Server, request_line_and_hosts: tuple[str, list[str]]) -> None:
    line, hosts = request_line_and_hosts
    head = "\r\n".join([line, *(f"Host: {host.format(port=victim.port)}" for host in hosts), "", ""])
    assert status(raw(victim, head.encode())) in (400, 403)


def test_a_stranger_learns_nothing(victim: Server) -> None:
    """What is there and what is not looks alike, and no answer names a program or a version."""
    paths = ["/", "/queries/x/result", "/nothing", "/session", "/docs", LOGIN, "/ready/", "/queries/v1/query-request"]
    answers = {get(victim, path) for path in paths}
    assert len(answers) == 1
    assert status(answers.pop()) == 401
    every = b"".join([*(get(victim, path) for path in [*paths, "/ready"]), post(victim, LOGIN, b"[]")]).lower()
    assert not [
        word for word in (b"uvicorn", b"server:", b"python", b"starlette", b"version", b"date:") if word in every
    ]
    assert get(victim, "/ready").endswith(b"\r\n\r\nready")


def test_a_password_is_not_in_the_log(victim: Server) -> None:
    assert PASSWORD not in log(victim)
