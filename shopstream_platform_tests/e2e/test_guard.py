"""`shopstream dev` and `shopstream dashboards --port` on a machine that others use too."""

import os
import re
import signal
import socket
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from shopstream_platform_tests.e2e import dagster_ui
from shopstream_platform_tests.e2e.browser import page
from shopstream_platform_tests.e2e.dagster_ui import PAGE_MS, SCREENSHOTS, Dev, wait_until
from shopstream_platform_tests.e2e.shop import PROGRAMS, ROOT, Shop

pytestmark = [pytest.mark.security, pytest.mark.slow, pytest.mark.timeout(600)]

NOBODY = 65534
NOT_CONNECTED = 7
PATHS = ("", "graphql", "server_info", "runs", "logs/a/b.out", "download_debug/1", "notebook", "_next/static/x.js")
PROGRAMS_WITH_INTERRUPTS_IGNORED = ["sh", "-c", 'trap "" INT; exec "$0" "$@"']


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with nothing in it, in a folder that every user may look into, as homes often are."""
    home = tmp_path_factory.mktemp("guarded")
    for folder in (home, *home.parents[:2]):
        folder.chmod(0o755)
    shop = Shop.at(home)
    try:
        yield shop
    finally:
        assert shop.shopstream("down").code == 0


@pytest.fixture(scope="module")
def dev(empty: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """`shopstream dev`, started where new files may be read and sockets be used by everybody."""
    before = os.umask(0)
    try:
        with dagster_ui.dev(empty, tmp_path_factory.mktemp("log")) as running:
            yield running
    finally:
        os.umask(before)


def as_nobody(*command: str) -> "subprocess.CompletedProcess[bytes]":
    """A command of another user of the machine."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another user")
    return subprocess.run(command, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, cwd="/", timeout=60)


def curl(*arguments: str) -> list[str]:
    return ["curl", "-s", "-o", "-", "-w", "\n%{http_code}", "-m", "20", *arguments]


def listening(dev: Dev) -> tuple[dict[int, str], set[str]]:
    """The ports and the sockets of all processes of `shopstream dev`: port -> command line, paths."""
    ports, paths = {}, set()
    for process in dev.processes():
        with suppress(psutil.NoSuchProcess):
            for connection in process.net_connections("all"):
                if connection.family == socket.AF_UNIX and connection.laddr:
                    paths.add(str(connection.laddr))
                elif connection.status == psutil.CONN_LISTEN:
                    assert connection.laddr.ip == "127.0.0.1"
                    ports[connection.laddr.port] = " ".join(process.cmdline())
    return ports, paths


def test_the_ui_is_the_only_port_and_tells_another_user_nothing(dev: Dev) -> None:
    ports, _ = listening(dev)
    (port,) = ports
    assert dev.graphql.address.endswith(f":{port}")
    for path in PATHS:
        done = as_nobody(*curl(f"{dev.graphql.address}/{path}"))
        text, _, status = done.stdout.decode().rpartition("\n")
        assert status == "401", path
        assert "agster" not in text
    launch = as_nobody(
        *curl("-H", "Content-Type: application/json", "-d", '{"query":"{version}"}', f"{dev.graphql.address}/graphql")
    )
    assert launch.stdout.endswith(b"\n401")


def test_another_user_reaches_no_socket(dev: Dev) -> None:
    _, paths = listening(dev)
    named = {path for path in paths if not path.startswith(("@", "\0"))}
    # That of the code location, and that of the process which has loaded it.
    assert len(named) >= 2
    for path in paths:
        option = "--abstract-unix-socket" if path not in named else "--unix-socket"
        command = curl("--http2-prior-knowledge", option, path.lstrip("@\0"), "http://x/")
        assert as_nobody(*command).returncode == NOT_CONNECTED, path
        assert subprocess.run(command, capture_output=True).returncode != NOT_CONNECTED, path


def test_another_user_reads_no_secret(dev: Dev, empty: Shop) -> None:
    folder = empty.home / "ui"
    assert folder.is_dir()
    for path in (folder, *folder.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert as_nobody("ls", str(folder)).returncode != 0
    assert as_nobody("cat", str(folder / "token")).returncode != 0
    secret = (folder / "token").read_text().strip()
    for process in dev.processes():
        assert secret not in " ".join(process.cmdline())


def test_a_cookie_that_another_user_has_stolen_is_of_no_use(dev: Dev) -> None:
    (cookie,) = dev.graphql.cookies
    command = curl("-H", f"Cookie: {cookie.name}={cookie.value}", f"{dev.graphql.address}/server_info")
    assert as_nobody(*command).stdout.endswith(b"\n401")
    assert subprocess.run(command, capture_output=True).stdout.endswith(b"\n200")


def test_a_script_of_the_user_passes_by_the_token(dev: Dev, empty: Shop) -> None:
    secret = (empty.home / "ui" / "token").read_text().strip()
    request = urllib.request.Request(
        f"{dev.graphql.address}/server_info", headers={"Authorization": f"Bearer {secret}"}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def test_another_browser_is_logged_in_by_an_address_of_its_own(dev: Dev, empty: Shop) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    port = dev.graphql.address.rpartition(":")[2]
    with page() as tab:
        tab.goto(f"{dev.graphql.address}/runs")
        assert f"`shopstream ui-url --port {port}`" in tab.inner_text("body")
        tab.screenshot(path=SCREENSHOTS / "not-logged-in.png")
        assert dev.printed
        tab.goto(dev.printed)
        assert "used before" in tab.inner_text("body")
        printed = empty.shopstream("ui-url", "--port", port)
        assert printed.code == 0, printed.everything
        tab.goto(printed.out.strip())
        tab.goto(f"{dev.graphql.address}/runs")
        tab.get_by_text("Backfills", exact=True).first.wait_for(timeout=PAGE_MS)
        assert "token" not in tab.url
        tab.screenshot(path=SCREENSHOTS / "logged-in.png")


def test_an_address_of_no_server_is_not_made(empty: Shop) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        ran = empty.shopstream("ui-url", "--port", str(probe.getsockname()[1]))
    assert ran.code == 1
    assert "nothing listens on port" in ran.err


def test_a_port_that_is_taken_is_said_before_anything_starts(empty: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = empty.shopstream("dev", "--port", str(taken.getsockname()[1]))
    assert ran.code == 1
    assert len(ran.errors) == 1
    assert "take another --port" in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda n: n.name)
def test_whatever_ends_dev_ends_all_of_it(
    empty: Shop, tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started by a script in the background, which leaves interrupts ignored."""
    monkeypatch.setattr(dagster_ui, "BEFORE", PROGRAMS_WITH_INTERRUPTS_IGNORED)
    with dagster_ui.dev(empty, tmp_path) as dev:
        assert len(dev.processes()) >= 4
        assert dev.end(number) == []
        assert dev.ended == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    assert "stopped" not in empty.shopstream("status").out


def test_a_code_location_that_is_killed_comes_back(empty: Shop, tmp_path: Path) -> None:
    with dagster_ui.dev(empty, tmp_path) as dev:
        assert dagster_ui.reloads(dev.graphql)
        before = dev.process("dagster code-server")
        dev.kill("dagster code-server", "dagster api grpc")
        wait_until(lambda: dev.process("dagster code-server") not in (None, before), 60)
        wait_until(lambda: dagster_ui.reloads(dev.graphql), 90)


@contextmanager
def served_pages(folder: Path, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """What `shopstream dashboards --port` does when the pages are made."""
    call = "from shopstream_platform.cli.dashboards import serve_pages; from pathlib import Path; import sys; "
    call += "serve_pages(Path(sys.argv[1]), Path(sys.argv[2]), 0)"
    process = subprocess.Popen(
        [PROGRAMS / "python", "-c", call, str(folder), str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_pages_of_the_dashboards_are_for_who_is_logged_in(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.html").write_text("<h1>figures</h1>")
    (tmp_path / "pages" / "_manifest.json").write_text("{}")
    with served_pages(tmp_path / "pages", tmp_path / "home") as process, page() as tab:
        assert process.stdout
        printed = re.search(r"(http://127\.0\.0\.1:\d+)/\?token=\S+", process.stdout.readline())
        assert printed
        address = printed[1]
        for path in ("", "index.html", "_manifest.json"):
            done = as_nobody(*curl(f"{address}/{path}"))
            assert done.stdout.endswith(b"\n401")
            assert b"figures" not in done.stdout
        tab.goto(printed[0])
        assert tab.url == f"{address}/index.html"
        assert tab.inner_text("h1") == "figures"
        for path in ("_manifest.json", "%2e%2e/home/ui/token", "..%2fhome%2fui%2ftoken.html"):
            answer = tab.goto(f"{address}/{path}")
            assert answer
            assert answer.status == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
