"""What passes the guard, what does not, and how a browser logs in."""

from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from shopstream_platform.guard import peers
from shopstream_platform.guard.keys import Keys
from shopstream_platform.guard.middleware import Guard
from shopstream_platform_tests.guard.unit.asgi import HOST, PORT, Behind, ask, opens_socket

pytestmark = pytest.mark.security

AGAIN = "`shopstream ui-url` prints a new address."
JSON = "application/json"
NAVIGATES = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
FOREIGN_SITES = ["cross-site", "same-site"]


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.of(tmp_path)


@pytest.fixture
def guard(behind: Behind, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Guard:
    # There is no connection.
    monkeypatch.setattr(peers, "are_told", lambda: False)
    return Guard.around(behind, PORT, keys, AGAIN)


@pytest.fixture
def opened(behind: Behind) -> Guard:
    """Without a login of its own, as behind a proxy that asks for one."""
    return Guard.around(behind, PORT, None, AGAIN, ["shop.example.com", "other.example:8443"])


@pytest.fixture
def cookie(keys: Keys) -> str:
    return f"a=b; shopstream-{PORT}={keys.cookie(PORT)}"


PATHS = [
    "/",
    "/graphql",
    "/server_info",
    "/logs/x/y.out",
    "/download_debug/1",
    "/notebook",
    "/favicon.ico",
    "/_next/a.js",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_who_is_not_logged_in_gets_nothing(guard: Guard, behind: Behind, path: str, method: str) -> None:
    answer = ask(guard, path, method, content_type=JSON)
    assert answer.status == 401
    assert AGAIN in answer.text
    assert "agster" not in answer.text
    assert behind.reached == []


def test_a_wrong_cookie_or_secret_is_none(guard: Guard, behind: Behind, keys: Keys) -> None:
    wrong = [
        {"cookie": f"shopstream-{PORT}="},
        {"cookie": f"shopstream-{PORT}={keys.secret}"},
        {"cookie": f"shopstream-{PORT + 1}={keys.cookie(PORT)}"},
        {"cookie": f"shopstream-{PORT}={keys.cookie(PORT + 1)}"},
        {"cookie": f"shopstream-{PORT}=\xff"},
        {"authorization": "Bearer "},
        {"authorization": keys.secret},
        {"authorization": f"Basic {keys.secret}"},
        {"authorization": f"Bearer {keys.cookie(PORT)}"},
    ]
    assert [ask(guard, **headers).status for headers in wrong] == [401] * len(wrong)
    assert behind.reached == []


def test_an_address_logs_one_browser_in_once(guard: Guard, behind: Behind, keys: Keys) -> None:
    address = f"/?token={keys.new_ticket()}"
    first = ask(guard, address)
    assert (first.status, first.headers["location"]) == (303, "/")
    (cookie,) = SimpleCookie(first.headers["set-cookie"]).values()
    assert (cookie.key, cookie.value) == (f"shopstream-{PORT}", keys.cookie(PORT))
    assert (cookie["path"], cookie["samesite"].lower(), cookie["httponly"]) == ("/", "strict", True)
    assert behind.reached == []
    second = ask(guard, address)
    assert second.status == 401
    assert "used before" in second.text
    assert "set-cookie" not in second.headers
    # The browser that has the cookie, opening the address again from its history.
    again = ask(guard, address, cookie=f"{cookie.key}={cookie.value}")
    assert (again.status, again.headers["location"]) == (303, "/")
    assert ask(guard, "/runs", cookie=f"{cookie.key}={cookie.value}").text == "behind"


def test_a_ticket_is_used_up_by_a_browser_that_is_logged_in(guard: Guard, keys: Keys, cookie: str) -> None:
    address = f"/?token={keys.new_ticket()}"
    assert ask(guard, address, cookie=cookie).status == 303
    assert ask(guard, address).status == 401


def test_the_rest_of_an_address_is_kept_and_leads_nowhere_else(guard: Guard, keys: Keys) -> None:
    answer = ask(guard, f"/?a=1&token={keys.new_ticket()}&b=//evil.example")
    assert answer.headers["location"] == "/?a=1&b=%2F%2Fevil.example"


@pytest.mark.parametrize("target", ["/graphql", "/runs", "//evil.example"])
def test_a_ticket_elsewhere_than_at_the_root_is_none(guard: Guard, keys: Keys, target: str) -> None:
    assert ask(guard, f"{target}?token={keys.new_ticket()}").status == 401


def test_a_script_passes_by_the_secret(guard: Guard, keys: Keys) -> None:
    assert ask(guard, "/graphql", "POST", content_type=JSON, authorization=f"Bearer {keys.secret}").status == 200
    assert opens_socket(guard, authorization=f"bearer {keys.secret}")


def test_a_link_from_elsewhere_is_opened_again_from_here(guard: Guard, cookie: str) -> None:
    """A strict cookie does not come along with the first request."""
    answer = ask(guard, "//evil.example/runs?a=1&b=2", sec_fetch_site="cross-site", **NAVIGATES)
    assert answer.status == 401
    assert 'content="0;url=/evil.example/runs?a=1&amp;b=2"' in answer.text
    assert "refresh" not in ask(guard, "/runs", sec_fetch_site="same-origin", **NAVIGATES).text
    assert ask(guard, "/runs", sec_fetch_site="cross-site", cookie=cookie, **NAVIGATES).status == 200


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        "localhost:3001",
        f"0.0.0.0:{PORT}",
        f"127.0.0.1.evil.example:{PORT}",
        f"localhost.:{PORT}",
        f"user@127.0.0.1:{PORT}",
    ],
)
def test_another_host_is_refused_with_the_cookie_too(
    guard: Guard, behind: Behind, cookie: str, host: str | None
) -> None:
    assert ask(guard, host=host, cookie=cookie).status == 403
    assert not opens_socket(guard, host=host, cookie=cookie)
    assert behind.reached == []


def test_two_hosts_are_refused(guard: Guard, cookie: str) -> None:
    assert ask(guard, cookie=cookie, Host=HOST).status == 403


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}", f"[::1]:{PORT}", f"LOCALHOST:{PORT}"])
def test_the_own_addresses_are_answered(guard: Guard, cookie: str, host: str) -> None:
    assert ask(guard, host=host, cookie=cookie).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("shop.example.com", 200),
        ("shop.example.com:8080", 200),
        ("other.example:8443", 200),
        ("other.example", 403),
        ("x.shop.example.com", 403),
        ("shop.example.com:x", 403),
    ],
)
def test_allowed_names(opened: Guard, host: str, status: int) -> None:
    assert ask(opened, host=host).status == status


FOREIGN_PAGES = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": f"http://localhost:{PORT}"},
    {"origin": "http://127.0.0.1:38111"},
    {"origin": f"http://{HOST}.evil.example"},
    {"origin": f"ftp://{HOST}"},
    {"origin": f"http://{HOST}/"},
    {"origin": f"http://{HOST}", "Origin": "http://evil.example"},
    *({"sec_fetch_site": site} for site in FOREIGN_SITES),
    *({"sec_fetch_site": site, **NAVIGATES} for site in FOREIGN_SITES),
]


@pytest.mark.parametrize("page", FOREIGN_PAGES, ids=str)
def test_a_page_of_another_address_changes_nothing_and_opens_no_socket(
    guard: Guard, opened: Guard, behind: Behind, cookie: str, page: dict[str, str]
) -> None:
    for one in (guard, opened):
        assert ask(one, "/graphql", "POST", content_type=JSON, cookie=cookie, **page).status == 403
        assert not opens_socket(one, cookie=cookie, **page)
    assert behind.reached == []


def test_the_own_page_does_both(guard: Guard, cookie: str) -> None:
    page = {"origin": f"http://{HOST}", "sec_fetch_site": "same-origin", "cookie": cookie}
    assert ask(guard, "/graphql", "POST", content_type=f"{JSON}; charset=utf-8", **page).status == 200
    assert opens_socket(guard, **page)


@pytest.mark.parametrize("site", FOREIGN_SITES)
@pytest.mark.parametrize("dest", ["image", "script", "iframe", "empty"])
def test_a_foreign_page_takes_nothing_in(opened: Guard, site: str, dest: str) -> None:
    mode = "navigate" if dest == "iframe" else "no-cors"
    assert ask(opened, sec_fetch_site=site, sec_fetch_mode=mode, sec_fetch_dest=dest).status == 403
    assert ask(opened, sec_fetch_site=site, **NAVIGATES).status == 200


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"content_type": "text/plain"},
        {"content_type": "text/plain; application/json"},
        {"content_type": "application/graphql"},
        {"content_type": "application/json, text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "multipart/form-data; boundary=application/json"},
        {"content_type": JSON, "Content_Type": "text/plain"},
    ],
    ids=str,
)
def test_a_post_that_is_not_json_is_refused(guard: Guard, behind: Behind, cookie: str, content: dict[str, str]) -> None:
    assert ask(guard, "/graphql", "POST", cookie=cookie, **content).status == 415
    assert ask(guard, "/report_asset_materialization/a", "POST", cookie=cookie, **content).status == 415
    assert behind.reached == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get"])
def test_other_methods_are_refused(guard: Guard, cookie: str, method: str) -> None:
    assert ask(guard, method=method, content_type=JSON, cookie=cookie).status == 405


@pytest.mark.parametrize("path", ["/graphql", "/graphql/", "/prefix/graphql"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_graphql_by_get_executes_nothing(guard: Guard, behind: Behind, cookie: str, path: str, method: str) -> None:
    target = f"{path}?query=mutation%7Bx%7D&operationName=x"
    assert ask(guard, target, method, cookie=cookie).status == 405
    # The playground: no query reaches the server, whichever Accept header it reads.
    assert ask(guard, target, method, cookie=cookie, accept="text/html").status == 200
    assert ask(guard, target, method, cookie=cookie, accept=JSON, Accept="text/html").status == 200
    assert [scope["query_string"] for scope in behind.reached] == [b"", b""]


def test_no_other_page_may_show_or_read_an_answer(guard: Guard, cookie: str) -> None:
    for answer in (ask(guard), ask(guard, cookie=cookie), ask(guard, host="evil.example")):
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers
