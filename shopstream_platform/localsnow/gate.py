"""Who gets in: requests to the server's own address with the token of a session. To others everything looks alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from shopstream_platform.localsnow.answers import failure
from shopstream_platform.localsnow.connections import Connections

LOGIN = "/session/v1/login-request"
READY = "/ready"
# Open to strangers.
PUBLIC = {("GET", READY), ("POST", LOGIN)}


class Gate:
    """The outermost layer of the application.

    A web page that rebinds its name to 127.0.0.1 gets nowhere; without a token a route that is not there is answered as
    one that is.
    """

    def __init__(self, app: Any, port: int, connections: Connections, admits: Callable[[str], bool]) -> None:
        """`admits` says whether a token is that of a living session."""
        self.app = app
        self.hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}
        self.connections = connections
        self.admits = admits

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await self._chosen(scope)(scope, receive, send)

    def _chosen(self, scope: Any) -> Any:
        # A second header, or an address in the request line, could say something else than the one that is looked at.
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or hosts[0] not in self.hosts or not scope["path"].startswith("/"):
            return PlainTextResponse("Forbidden", status_code=403, headers={"Connection": "close"})
        if self.admits(_token(scope)):
            self.connections.known(scope["state"]["connection"])
        elif (scope["method"], scope["path"]) not in PUBLIC:
            return not_logged_in()
        return self.app


def not_logged_in() -> Response:
    # 390104 makes the connector say that the session is gone; any 5xx would be retried.
    return JSONResponse(failure("390104", "User must login again to access the service.", "08001"), status_code=401)


def token_in(authorization: str) -> str:
    """The token of a header `Authorization: Snowflake Token="..."`."""
    return authorization.removeprefix('Snowflake Token="').removesuffix('"')


def _token(scope: Any) -> str:
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
    return token_in(values[0]) if len(values) == 1 else ""
