"""Serve an application behind the guard, on a port that is taken before anybody is told of it."""

import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import claim_home, explained
from shopstream_platform.guard.keys import Keys
from shopstream_platform.guard.middleware import Guard
from shopstream_platform.services.process.ports import LOOPBACK, accepts_connections

# Open pages hold a websocket: a server that ends does not wait for them.
GRACE_SECONDS = 5


def keys_of(home: Path) -> Keys:
    """The keys of all web servers of a home."""
    claim_home(home)
    return keys_in(home / "ui")


def keys_in(folder: Path) -> Keys:
    """The keys of a folder, made if there are none."""
    try:
        return Keys.of(folder)
    except OSError as error:
        raise explained(error, folder) from None


def address(port: int, keys: Keys) -> str:
    """The address of a server of this machine, with a new token in it that logs a browser in once."""
    return f"http://{LOOPBACK}:{port}/?token={keys.new_ticket()}"


def listening_ports(home: Path) -> list[int]:
    """The ports of this machine on which a web server of the home listens."""
    ports = (path.name.removeprefix("run-") for path in (home / "ui").glob("run-*"))
    return sorted(int(port) for port in ports if port.isdigit() and accepts_connections(int(port)))


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens already, so that no other process answers on the port meanwhile; port 0 takes any."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise ShopStreamError(
            f"port {port} of {host} cannot be used: {getattr(error, 'strerror', None) or error}; take another --port"
        ) from None


def serve(
    app: ASGIApp,
    listening: socket.socket,
    keys: Keys | None,
    *,
    allowed: Sequence[str] = (),
    ready: Callable[[int], None] = lambda port: None,
) -> None:
    """Serve until an interrupt or SIGTERM; `ready` is told the port before the first request is answered."""
    port = listening.getsockname()[1]
    again = f"`shopstream ui-url --port {port}` prints a new address that logs it in."
    guard = Guard.around(app, port, keys, again, allowed)
    config = uvicorn.Config(
        guard,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    ready(port)
    with listening, suppress(KeyboardInterrupt):
        # uvicorn hands on what ended it.
        for end in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(end, signal.default_int_handler)
        uvicorn.Server(config).run(sockets=[listening])
