"""Pages of other addresses attack the UI of a user who is logged in; each attack works on Dagster's own server."""

import http.client
import json
import socket
import threading
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from shopstream_platform_tests.cli.integration.web_server import WebServer, mutation, running
from shopstream_platform_tests.e2e.browser import ARGUMENTS, chromium

pytestmark = [pytest.mark.security, pytest.mark.slow]

REBOUND = "evil.example"
SETTLE_MS = 1500
_marks = count(1)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """What `shopstream dev` starts."""
    with running(tmp_path_factory.mktemp("guarded")) as server:
        yield server


@pytest.fixture(scope="module")
def behind_a_login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """What deployments start: a proxy's password, which browsers send along from everywhere, is the login."""
    with running(tmp_path_factory.mktemp("proxied"), "--no-token") as server:
        yield server


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """Dagster's own server: what an attack does where nothing prevents it."""
    with running(tmp_path_factory.mktemp("plain"), guarded=False) as server:
        yield server


class _EvilPages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """The page that is written in the address."""
        body = parse_qs(urlsplit(self.path).query).get("html", [""])[0].encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def evil_port() -> Iterator[int]:
    """A server of somebody else's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _EvilPages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for which a name of the attacker's leads to this machine."""
    rebinding = f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, rebinding])
        yield opened
        opened.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A user's tab."""
    with browser.new_context() as context:
        yield context.new_page()


def by_image(url: str, query: str) -> str:
    return f'<img src="{url}?query={quote(query)}">'


def by_script(url: str, query: str) -> str:
    return f'<script src="{url}?query={quote(query)}"></script>'


def by_frame(url: str, query: str) -> str:
    return f'<iframe src="{url}?query={quote(query)}"></iframe>'


def by_link(url: str, query: str) -> str:
    return f'<link rel="stylesheet" href="{url}?query={quote(query)}">'


def by_form(url: str, query: str) -> str:
    action = f"{url}?{urlencode({'query': query})}"
    form = f'<form method="post" enctype="text/plain" action="{action}"><input name="a"></form>'
    return f"{form}<script>document.forms[0].submit()</script>"


def by_fetch(url: str, query: str) -> str:
    options = {
        "method": "POST",
        "mode": "no-cors",
        "credentials": "include",
        "headers": {"Content-Type": "text/plain; application/json"},
        "body": json.dumps({"query": query}),
    }
    return f"<script>fetch({json.dumps(url)}, {json.dumps(options)})</script>"


def by_beacon(url: str, query: str) -> str:
    return f"<script>navigator.sendBeacon({json.dumps(f'{url}?query={quote(query)}')}, 'x')</script>"


@pytest.mark.parametrize("from_host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("page", [by_image, by_script, by_frame, by_link, by_form, by_fetch, by_beacon])
def test_a_page_starts_nothing(
    plain: WebServer,
    guarded: WebServer,
    behind_a_login: WebServer,
    tab: Page,
    evil_port: int,
    page: Callable[[str, str], str],
    from_host: str,
) -> None:
    mark = f"mark{next(_marks)}"
    for server in (guarded, behind_a_login, plain):
        tab.goto(server.address)
        html = page(f"http://{server.host}/graphql", mutation(mark))
        tab.goto(f"http://{from_host}:{evil_port}/?{urlencode({'html': html})}")
        tab.wait_for_timeout(SETTLE_MS)
    works = page is not by_frame
    assert (mark in plain.limits()) is works
    assert mark not in guarded.limits()
    assert mark not in behind_a_login.limits()


@pytest.mark.parametrize("from_host", ["localhost", "127.0.0.1"])
def test_a_page_opens_no_socket(
    plain: WebServer, guarded: WebServer, behind_a_login: WebServer, tab: Page, evil_port: int, from_host: str
) -> None:
    def said(server: WebServer, page: str) -> str:
        tab.goto(page)
        return tab.evaluate(
            """address => new Promise(said => {
                const socket = new WebSocket(address, "graphql-ws");
                socket.onopen = () => said("open");
                socket.onerror = () => said("refused");
            })""",
            f"ws://{server.host}/graphql",
        )

    evil = f"http://{from_host}:{evil_port}/"
    assert said(plain, evil) == "open"
    assert said(behind_a_login, evil) == "refused"
    tab.goto(guarded.address)
    assert said(guarded, evil) == "refused"
    # The UI's own page has its socket.
    assert said(guarded, f"http://{guarded.host}/graphql") == "open"


def test_a_name_that_leads_here_shows_nothing(
    plain: WebServer, guarded: WebServer, behind_a_login: WebServer, tab: Page
) -> None:
    def shown(server: WebServer) -> tuple[int, str]:
        answer = tab.goto(f"http://{REBOUND}:{server.port}/server_info")
        assert answer
        return answer.status, answer.text()

    tab.goto(guarded.address)
    assert "dagster_version" in shown(plain)[1]
    for server in (guarded, behind_a_login):
        status, text = shown(server)
        assert status == 403
        assert "agster" not in text


def test_a_link_to_the_ui_is_opened_for_who_is_logged_in(guarded: WebServer, tab: Page, evil_port: int) -> None:
    html = f'<a href="http://{guarded.host}/server_info">look</a>'
    elsewhere = f"http://localhost:{evil_port}/?{urlencode({'html': html})}"
    tab.goto(elsewhere)
    tab.get_by_text("look").click()
    tab.get_by_text("not logged in").wait_for()
    tab.wait_for_timeout(SETTLE_MS)
    assert "dagster_version" not in tab.content()
    tab.goto(guarded.address)
    assert tab.url == f"http://{guarded.host}/"
    tab.goto(elsewhere)
    tab.get_by_text("look").click()
    tab.get_by_text("dagster_version").wait_for()


def get(server: WebServer, query: dict[str, str], **headers: str) -> int:
    """The status of a GET by somebody who is logged in."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", f"/graphql?{urlencode(query)}", headers=server.login | headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "form",
    [
        lambda query: {"query": query},
        lambda query: {"query": f"# a query\n,,, {query}"},
        lambda query: {"query": query, "variables": "{}"},
        lambda query: {
            "query": f"query Q {{ version }} {query.replace('mutation', 'mutation M')}",
            "operationName": "M",
        },
        lambda query: {
            "query": f"fragment F on Query {{ version }} {query} query Q {{ ...F }}".replace("mutation", "mutation M"),
            "operationName": "M",
        },
    ],
)
def test_get_changes_nothing(
    plain: WebServer, guarded: WebServer, behind_a_login: WebServer, form: Callable[[str], dict[str, str]]
) -> None:
    mark = f"mark{next(_marks)}"
    query = form(mutation(mark))
    assert get(plain, query) == 200
    assert mark in plain.limits()
    for server in (guarded, behind_a_login):
        assert get(server, query) == 405
        assert get(server, query, Accept="text/html") == 200
        assert mark not in server.limits()


@pytest.mark.parametrize(
    "head",
    [
        "GET /server_info HTTP/1.1\r\nHost: evil.example\r\n",
        "GET /server_info HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n",
        "GET /server_info HTTP/1.1\r\nHost: evil.example\r\nHost: {host}\r\n",
        "GET http://{host}/server_info HTTP/1.1\r\nHost: evil.example\r\n",
        "GET /server_info HTTP/1.0\r\n",
    ],
)
def test_a_host_of_another_name_gets_nothing(plain: WebServer, guarded: WebServer, head: str) -> None:
    def answer(server: WebServer) -> bytes:
        login = "".join(f"{name}: {value}\r\n" for name, value in server.login.items())
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(f"{head.format(host=server.host)}{login}Connection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b""))

    assert b"dagster_version" in answer(plain)
    assert answer(guarded).split(b" ", 2)[1] in (b"400", b"403")
    assert b"agster" not in answer(guarded)


def test_read_only_shows_and_changes_nothing(tmp_path: Path, guarded: WebServer) -> None:
    mark = f"mark{next(_marks)}"
    guarded.ask(mutation(mark))
    assert mark in guarded.limits()
    with running(tmp_path, "--read-only") as server:
        with suppress(urllib.error.HTTPError):
            server.ask(mutation(mark))
        assert server.limits() == set()
