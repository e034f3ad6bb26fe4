"""The parts of Snowflake's wire protocol that its Python connector speaks."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shopstream_platform.localsnow.answers import failure, logged_in, run_statement
from shopstream_platform.localsnow.bodies import OF_A_CLIENT, OF_A_STRANGER, Refused, read_object
from shopstream_platform.localsnow.catalogue import LocalCatalogue
from shopstream_platform.localsnow.connections import Connections
from shopstream_platform.localsnow.credentials import Credentials
from shopstream_platform.localsnow.gate import LOGIN, READY, Gate, not_logged_in, token_in
from shopstream_platform.localsnow.rendering import ROWSET, response
from shopstream_platform.localsnow.session import LocalSession
from shopstream_platform.localsnow.upstream import normalise_ident

# The connector gives up a silent connection; Snowflake answers "in progress" after this time and is asked again.
PATIENCE_SECONDS = float(os.environ.get("SHOPSTREAM_WAREHOUSE_PATIENCE_SECONDS", "45"))
# To the statement itself, and to who asks for its result.
IN_PROGRESS, STILL_IN_PROGRESS = "333333", "333334"
LONGEST_PAUSE_SECONDS = 4 * 3600
RESULT_KEPT_SECONDS = 300
# For requests that come again. What a change answers is small; a query may run twice.
MOST_ANSWERS_KEPT, MOST_BYTES_KEPT = 256, 16_384
PAUSE_AFTER_A_WRONG_LOGIN_SECONDS = 0.1
KEY_PAIR = "SNOWFLAKE_JWT"
WRONG_KEY = ("390144", "JWT token is invalid.")
logger = logging.getLogger("shopstream.warehouse")
WRONG_PASSWORD = ("390100", "Incorrect username or password was specified.")


@dataclass
class Warehouse:
    """What all requests share."""

    catalogue: LocalCatalogue
    credentials: Credentials
    connections: Connections
    sessions: dict[str, LocalSession] = field(default_factory=dict)
    answered: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    running: dict[str, asyncio.Task[dict[str, Any]]] = field(default_factory=dict)
    wrong_logins: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def login(self, request: Request) -> Response:
        data = (await read_object(request, OF_A_STRANGER)).get("data")
        parameters = data.get("SESSION_PARAMETERS") or {} if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(parameters, dict):
            raise Refused(400, "The body is not a login.")
        refused = self._refused(data)
        if refused:
            # One after the other: whoever guesses on many connections gets no more answers than on one.
            async with self.wrong_logins:
                await asyncio.sleep(PAUSE_AFTER_A_WRONG_LOGIN_SECONDS)
            return JSONResponse(failure(*refused, "08001"))
        self.connections.known(request.state.connection)
        database, schema = _identifier(request, "databaseName"), _identifier(request, "schemaName")
        session = LocalSession(self.catalogue, self.credentials.user, database, schema)
        for name, value in parameters.items():
            session.parameters[str(name).upper()] = str(value)
        for name, parameter in (("warehouse", "warehouse"), ("role", "roleName")):
            session.context[name] = _identifier(request, parameter) or session.context[name]
        await run_in_threadpool(self.end_unused)
        token = secrets.token_urlsafe(32)
        self.sessions[token] = session
        return JSONResponse(logged_in(session, token))

    def _refused(self, data: dict[str, Any]) -> tuple[str, str] | None:
        """Number and words of Snowflake's for a login that is not admitted; by key pair, or by password."""
        user = data.get("LOGIN_NAME")
        if str(data.get("AUTHENTICATOR")).upper() == KEY_PAIR:
            return None if self.credentials.admits_token(user, data.get("TOKEN")) else WRONG_KEY
        return None if self.credentials.admits(user, data.get("PASSWORD")) else WRONG_PASSWORD

    async def query(self, request: Request) -> Response:
        session = self._session(request)
        body = await read_object(request, OF_A_CLIENT)
        if not isinstance(body.get("sqlText"), str) or not isinstance(body.get("bindings") or {}, dict):
            raise Refused(400, "The body is not a query.")
        query_id = str(request.query_params.get("requestId") or secrets.token_hex(16))
        if query_id in self.answered:
            return response(self.answered[query_id])
        if query_id not in self.running:
            task = asyncio.create_task(run_in_threadpool(run_statement, session, body))
            timer = asyncio.get_running_loop().call_later(session.parameters.statement_timeout, session.time_out)
            task.add_done_callback(lambda _: self._ended(query_id, timer))
            self.running[query_id] = task
        return await self._outcome(query_id, session, IN_PROGRESS)

    async def result(self, request: Request) -> Response:
        session = self._session(request)
        if request.path_params["id"] not in self.running:
            return JSONResponse(failure("000605", "The query is unknown.", "02000"))
        return await self._outcome(request.path_params["id"], session, STILL_IN_PROGRESS)

    async def _outcome(self, query_id: str, session: LocalSession, in_progress: str) -> Response:
        task = self.running[query_id]
        done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if not done:
            data = {"getResultUrl": f"/queries/{query_id}/result", "queryId": query_id}
            return JSONResponse({"data": data, "code": in_progress, "message": None, "success": True})
        self.running.pop(query_id, None)
        answer = task.result()
        self._keep(query_id, answer)
        return response(answer)

    def _keep(self, query_id: str, answer: dict[str, Any]) -> None:
        """A client whose answer was lost on the way sends its request again; a change must not happen twice."""
        rows = (answer.get("data") or {}).get(ROWSET)
        if rows is None or rows.size <= MOST_BYTES_KEPT:
            self.answered[query_id] = answer
            while len(self.answered) > MOST_ANSWERS_KEPT:
                self.answered.popitem(last=False)

    def _ended(self, query_id: str, timer: asyncio.TimerHandle) -> None:
        """A client that went away never asks for the result."""
        timer.cancel()
        asyncio.get_running_loop().call_later(RESULT_KEPT_SECONDS, self.running.pop, query_id, None)

    async def abort(self, request: Request) -> Response:
        """Cancel the statement that the body names by its request, unless it has ended."""
        session, body = self._session(request), await read_object(request, OF_A_CLIENT)
        task = self.running.get(str(body.get("requestId")))
        if task and not task.done():
            session.cancel()
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
            # It ended since the gate looked.
            raise Refused(401, "The session has ended.")
        session.last_used = time.monotonic()
        return session

    def close(self) -> None:
        for session in self.sessions.values():
            session.end()
        plans = self.catalogue.plans
        counts = plans.made, len(plans), plans.used
        logger.info("Plans of statements: %d were made, %d are kept, %d times one was used again", *counts)
        self.catalogue.close()


def create_app(warehouse: Warehouse, port: int, connections: Connections) -> Starlette:
    routes = [
        Route(READY, _ready),
        Route(LOGIN, warehouse.login, methods=["POST"]),
        Route("/session", warehouse.session, methods=["POST"]),
        Route("/session/heartbeat", warehouse.session, methods=["POST"]),
        Route("/queries/v1/query-request", warehouse.query, methods=["POST"]),
        Route("/queries/v1/abort-request", warehouse.abort, methods=["POST"]),
        Route("/queries/{id}/result", warehouse.result),
    ]
    app = Starlette(routes=routes, exception_handlers={Refused: _refused})
    app.add_middleware(Gate, port=port, connections=connections, admits=warehouse.sessions.__contains__)
    return app


async def _ready(request: Request) -> Response:
    return PlainTextResponse("ready")


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, Refused) else 400
    if status == 401:
        return not_logged_in()
    # What is still on its way of the body is not waited for.
    return PlainTextResponse(str(error), status_code=status, headers={"Connection": "close"})


def _identifier(request: Request, name: str) -> str | None:
    value = request.query_params.get(name)
    return normalise_ident(value) if value else None


def _token(request: Request) -> str:
    return token_in(request.headers.get("Authorization", ""))
