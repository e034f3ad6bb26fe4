"""What every service has from the base class, tried on a small web server."""

import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.services.process.ports import LOOPBACK, accepts_connections, free_ports
from shopstream_platform.services.process.service import Service, State
from shopstream_platform_tests.services.integration.conftest import kill


class WebServer(Service[int]):
    name = "web"
    start_timeout = 10

    def prepare(self, state: State) -> None:
        state.setdefault("secret", "generated once")

    def command(self, state: State) -> list[str]:
        return [sys.executable, "-m", "http.server", "--bind", LOOPBACK, str(state["ports"]["port"])]

    def is_ready(self, state: State) -> bool:
        return accepts_connections(state["ports"]["port"])

    def connection(self) -> int:
        return self.remembered("ports", "port")


class DeafServer(WebServer):
    start_timeout = 0.5

    def command(self, state: State) -> list[str]:
        return [sys.executable, "-uc", "print('a clue', flush=True); import time; time.sleep(60)"]


class StubbornServer(WebServer):
    stop_timeout = 0.3

    def command(self, state: State) -> list[str]:
        ignore = "import signal, runpy, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); sys.argv = sys.argv[1:]; "
        return [
            sys.executable,
            "-c",
            f"{ignore} runpy.run_module('http.server', run_name='__main__')",
            *self.tail(state),
        ]

    def tail(self, state: State) -> list[str]:
        return super().command(state)[2:]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    server = WebServer(tmp_path / "home")
    yield server
    server.stop()


def test_start_is_idempotent(server: WebServer) -> None:
    port, pid = server.start(), server.status().pid
    assert server.start() == port
    assert server.status().pid == pid


def test_stop_tells_whether_it_stopped_something(server: WebServer) -> None:
    assert server.stop() is False
    server.start()
    assert server.stop() is True
    assert server.running() is False
    assert server.stop() is False


def test_a_restart_remembers_port_and_secrets(server: WebServer) -> None:
    port, state = server.start(), server.state()
    server.stop()
    assert server.start() == port
    assert server.state()["secret"] == state["secret"]


def test_status_of_a_running_and_a_stopped_server(server: WebServer) -> None:
    assert server.status().port is None
    port = server.start()
    status = server.status()
    assert (status.running, status.port) == (True, port)
    assert status.bytes_on_disk > 0
    server.stop()
    assert (server.status().running, server.status().pid, server.status().port) == (False, None, port)


def test_connection_of_a_service_never_started_says_what_to_do(server: WebServer) -> None:
    with pytest.raises(ShopStreamError, match="never been started: `shopstream up`"):
        server.connection()


def test_a_killed_server_is_noticed_at_once_though_it_is_a_zombie(server: WebServer) -> None:
    server.start()
    kill(server)
    assert server.running() is False
    server.start()
    assert server.running() is True


def test_a_reused_process_id_is_neither_taken_for_the_server_nor_stopped(server: WebServer) -> None:
    server.start()
    kill(server)
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        (server.folder / "pid").write_text(f"{bystander.pid}\n")
        assert (server.running(), server.status().pid, server.stop()) == (False, None, False)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_taken_remembered_port_moves(server: WebServer) -> None:
    port = server.start()
    server.stop()
    with socket.create_server((LOOPBACK, port)):
        assert server.start() != port
        assert server.running()


def test_a_taken_fixed_port_is_a_clear_error(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ShopStreamError, match=f"Port {port} is taken by another program"):
            WebServer(tmp_path / "home", port=port).start()


def test_a_fixed_port_is_used(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    server = WebServer(tmp_path / "home", port=port)
    assert server.start() == port
    server.stop()


def test_files_with_secrets_are_private(server: WebServer) -> None:
    server.start()
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    for name in ("state.json", "server.log", "alive.lock", "start.lock"):
        assert stat.S_IMODE((server.folder / name).stat().st_mode) == 0o600, name


def test_a_server_that_does_not_answer_is_ended_and_its_log_quoted(tmp_path: Path) -> None:
    server = DeafServer(tmp_path / "home")
    with pytest.raises(ShopStreamError, match=r"did not answer within .*, which says: a clue$"):
        server.start()
    assert server.running() is False


def test_a_server_that_ignores_the_stop_signal_is_killed(tmp_path: Path) -> None:
    server = StubbornServer(tmp_path / "home")
    server.start()
    assert server.stop() is True
    assert server.running() is False


def test_a_server_survives_its_starter(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"
        f"from pathlib import Path\nfrom {__name__} import WebServer\n"
        "print(WebServer(Path(sys.argv[1])).start())"
    )
    result = subprocess.run([sys.executable, "-c", code, tmp_path / "home"], capture_output=True, text=True, check=True)
    server = WebServer(tmp_path / "home")
    assert server.running()
    assert server.start() == int(result.stdout)
    server.stop()


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(ShopStreamError, match="is a file where a folder is needed"):
        WebServer(tmp_path / "home").start()


def test_a_running_server_whose_state_was_deleted_is_ended_and_started_again(server: WebServer) -> None:
    """Nobody knows its port and passwords any more."""
    server.start()
    before = server.process.pid()
    (server.folder / "state.json").unlink()
    server.start()
    assert server.running()
    assert server.process.pid() != before
