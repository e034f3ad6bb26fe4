"""The parts of Snowflake's wire protocol that its Python connector speaks."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shopstream_platform.localsnow.answers import failure, logged_in, run_statement
from shopstream_platform.localsnow.catalogue import LocalCatalogue
from shopstream_platform.localsnow.credentials import Credentials
from shopstream_platform.localsnow.session import LocalSession
from shopstream_platform.localsnow.upstream import normalise_ident

logger = logging.getLogger("shopstream.warehouse")

Handler = Callable[[Request], Awaitable[Response]]
# The connector gives up a silent connection; Snowflake answers "in progress" after this time and is asked again.
PATIENCE_SECONDS = 40
IN_PROGRESS = "333333"
LONGEST_PAUSE_SECONDS = 4 * 3600


@dataclass
class Warehouse:
    """What all requests share."""

    catalogue: LocalCatalogue
    credentials: Credentials
    sessions: dict[str, LocalSession] = field(default_factory=dict)
    running: dict[str, asyncio.Task[dict[str, Any]]] = field(default_factory=dict)

    async def login(self, request: Request) -> Response:
        data = (await _body(request)).get("data", {})
        if not self.credentials.admits(data.get("LOGIN_NAME"), data.get("PASSWORD")):
            return JSONResponse(failure("390100", "Incorrect username or password was specified.", "08001"))
        database, schema = _identifier(request, "databaseName"), _identifier(request, "schemaName")
        session = LocalSession(self.catalogue, self.credentials.user, database, schema)
        for name, value in (data.get("SESSION_PARAMETERS") or {}).items():
            session.parameters[str(name).upper()] = str(value)
        for name, parameter in (("warehouse", "warehouse"), ("role", "roleName")):
            session.context[name] = _identifier(request, parameter) or session.context[name]
        await run_in_threadpool(self.end_unused)
        token = secrets.token_urlsafe(32)
        self.sessions[token] = session
        return JSONResponse(logged_in(session, token))

    async def query(self, request: Request) -> Response:
        session = self._session(request)
        body = await _body(request)
        query_id = str(request.query_params.get("requestId") or secrets.token_hex(16))
        if query_id not in self.running:
            task = asyncio.create_task(run_in_threadpool(run_statement, session, body))
            timer = asyncio.get_running_loop().call_later(session.parameters.statement_timeout, session.time_out)
            task.add_done_callback(lambda _: timer.cancel())
            self.running[query_id] = task
        return await self._outcome(query_id, session)

    async def result(self, request: Request) -> Response:
        session = self._session(request)
        if request.path_params["id"] not in self.running:
            return JSONResponse(failure("000605", "The query is unknown.", "02000"))
        return await self._outcome(request.path_params["id"], session)

    async def _outcome(self, query_id: str, session: LocalSession) -> Response:
        task = self.running[query_id]
        done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if not done:
            data = {"getResultUrl": f"/queries/{query_id}/result", "queryId": query_id}
            return JSONResponse({"data": data, "code": IN_PROGRESS, "message": None, "success": True})
        self.running.pop(query_id, None)
        return JSONResponse(task.result())

    async def abort(self, request: Request) -> Response:
        self._session(request).duck.interrupt()
        return JSONResponse({"data": None, "code": None, "message": None, "success": True})

    async def session(self, request: Request) -> Response:
        session = self._session(request)
        if request.query_params.get("delete"):
            del self.sessions[_token(request)]
            await run_in_threadpool(session.end)
        return JSONResponse({"data": None, "code": None, "message": None, "success": True})

    def end_unused(self) -> None:
        """Clients that were killed never end their sessions; Snowflake does so after four hours without a request."""
        for token, session in list(self.sessions.items()):
            if time.monotonic() - session.last_used > LONGEST_PAUSE_SECONDS and not session.lock.locked():
                self.sessions.pop(token, None)
                session.end()

    def _session(self, request: Request) -> LocalSession:
        session = self.sessions.get(_token(request))
        if session is None:
            raise NotLoggedIn
        session.last_used = time.monotonic()
        return session

    def close(self) -> None:
        for session in self.sessions.values():
            session.end()
        self.catalogue.close()


class NotLoggedIn(Exception):
    """The request carries no token of a living session."""


def create_app(warehouse: Warehouse, port: int) -> Starlette:
    routes = [
        Route("/ready", _ready),
        Route("/session/v1/login-request", warehouse.login, methods=["POST"]),
        Route("/session", warehouse.session, methods=["POST"]),
        Route("/session/heartbeat", warehouse.session, methods=["POST"]),
        Route("/queries/v1/query-request", warehouse.query, methods=["POST"]),
        Route("/queries/v1/abort-request", warehouse.abort, methods=["POST"]),
        Route("/queries/{id}/result", warehouse.result),
    ]
    app = Starlette(routes=routes, exception_handlers={NotLoggedIn: _not_logged_in})
    app.add_middleware(HostCheck, port=port)
    return app


class HostCheck:
    """Answers only to the server's own address: a web page that rebinds its name to 127.0.0.1 gets nowhere."""

    def __init__(self, app: Any, port: int) -> None:
        self.app = app
        self.hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and dict(scope["headers"]).get(b"host") not in self.hosts:
            await PlainTextResponse("Forbidden", status_code=403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


async def _ready(request: Request) -> Response:
    return PlainTextResponse("ready")


async def _not_logged_in(request: Request, error: Exception) -> Response:
    # 390104 makes the connector say that the session is gone; any 5xx would be retried.
    return JSONResponse(failure("390104", "User must login again to access the service.", "08001"), status_code=401)


def _identifier(request: Request, name: str) -> str | None:
    value = request.query_params.get(name)
    return normalise_ident(value) if value else None


async def _body(request: Request) -> dict[str, Any]:
    body = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return json.loads(body)


def _token(request: Request) -> str:
    return request.headers.get("Authorization", "").removeprefix('Snowflake Token="').removesuffix('"')
