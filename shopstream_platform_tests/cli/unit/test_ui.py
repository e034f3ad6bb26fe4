"""What `shopstream dev` takes of Dagster, and how its processes are started."""

import signal
import socket
from importlib.metadata import entry_points
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster_webserver import cli as dagster_cli
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute
from typer.main import get_command

from shopstream_platform.cli import startup
from shopstream_platform.cli.app import app
from shopstream_platform.cli.ui import dagster, serve
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import private
from shopstream_platform.config.settings import CHECKOUT

# What Dagster answers, but for its static files: the guard's rules were made for these.
ANSWERED_BY_GET = {
    *("/server_info", "/dagit_info", "/graphql", "/logs/{path:path}", "/notebook", "/dagit/notebook"),
    *("/download_debug/{run_id:str}", "/{path:path}", "/"),
}
ANSWERED_BY_POST = {
    *("/graphql", "/report_asset_materialization/{asset_key:path}", "/report_asset_check/{asset_key:path}"),
    "/report_asset_observation/{asset_key:path}",
}


@pytest.fixture
def webserver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Starlette:
    """Dagster's application on an instance without code locations."""
    workspace = tmp_path / "workspace.yaml"
    workspace.write_text("load_from: []\n")
    with dg.instance_for_test() as instance:
        monkeypatch.setattr(dg.DagsterInstance, "get", lambda: instance)
        with dagster.application(workspace, read_only=True) as found:
            assert isinstance(found, Starlette)
            return found


def test_dagster_answers_what_the_guard_knows(webserver: Starlette) -> None:
    """A route that an upgrade brings is looked at before it is let through: does a GET change something?"""
    static = {route.path for route in webserver.routes if isinstance(route, Mount) or route.name == "root_static"}  # pyright: ignore[reportAttributeAccessIssue]
    routes = [route for route in webserver.routes if isinstance(route, Route) and route.path not in static]
    assert {route.path for route in routes if "GET" in (route.methods or ())} == ANSWERED_BY_GET
    assert {route.path for route in routes if "POST" in (route.methods or ())} == ANSWERED_BY_POST
    assert {method for route in routes for method in route.methods or ()} == {"GET", "HEAD", "POST"}
    assert [route.path for route in webserver.routes if isinstance(route, WebSocketRoute)] == ["/graphql"]


def test_the_web_server_is_set_up_as_dagsters_own() -> None:
    defaults = {option.name: option.default for option in dagster_cli.cli.params}
    assert defaults["db_statement_timeout"] == dagster.STATEMENT_TIMEOUT_MS
    assert defaults["db_pool_recycle"] == dagster.POOL_RECYCLE_SECONDS
    assert defaults["db_pool_max_overflow"] == dagster.POOL_MAX_OVERFLOW
    assert defaults["live_data_poll_rate"] == dagster.LIVE_DATA_POLL_MS


@pytest.mark.parametrize("program", ["dagster", "dagster-daemon", "shopstream"])
def test_the_programs_of_the_children_exist(program: str) -> None:
    assert len(entry_points(group="console_scripts", name=program)) == 1


def test_compose_starts_the_web_server_with_options_that_exist() -> None:
    services = yaml.safe_load((CHECKOUT / "deploy/compose/docker-compose.yml").read_text("utf-8"))["services"]
    command = get_command(app).get_command(None, "webserver")  # pyright: ignore[reportAttributeAccessIssue]
    known = {name for option in command.params for name in option.opts}
    assert {word.partition("=")[0] for word in services["webserver"]["command"][2:]} <= known


@pytest.mark.security
def test_interrupts_that_a_shell_had_ignored_are_heeded() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        startup.heed_interrupts()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_interrupts_that_somebody_handles_stay_handled() -> None:
    def handle(*_: object) -> None: ...

    before = signal.signal(signal.SIGINT, handle)
    try:
        startup.heed_interrupts()
        assert signal.getsignal(signal.SIGINT) is handle
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.security
@pytest.mark.parametrize("name", ["run", "x" * 200])
def test_the_folder_of_sockets_is_private_and_short(tmp_path: Path, name: str) -> None:
    wanted = tmp_path / name
    if len(name) < 100:
        wanted.mkdir(mode=0o777)
        (wanted / "of a killed one").touch()
    with private(wanted) as folder:
        assert (folder == wanted) is (len(name) < 100)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert list(folder.iterdir()) == []
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(str(folder / "code.sock"))
    assert not folder.exists()


def test_a_port_that_cannot_be_had_is_said() -> None:
    with serve.listen(serve.LOOPBACK, 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(ShopStreamError, match=rf"port {port} of 127.0.0.1 cannot be used: .*take another --port"):
            serve.listen(serve.LOOPBACK, port)
