"""The guard as an ASGI application around another: it answers itself what the other must not see."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopstream_platform.guard import peers, rules
from shopstream_platform.guard.keys import Keys
from shopstream_platform.guard.page import HEADERS, refused

TICKET = "token"
COOKIE_SECONDS = 30 * 24 * 3600
BEARER = "bearer "
POLICY_VIOLATION = 1008
STRANGER = "This browser is not of the user who started the server: start the server as the user of the browser."


@dataclass(frozen=True)
class Guard:
    """Lets through what fits the rules and, with keys, carries the cookie or the secret.

    `again` says how a user gets a new address, in a sentence.
    """

    app: ASGIApp
    port: int
    hosts: rules.Hosts
    keys: Keys | None
    again: str
    sees_users: bool

    @classmethod
    def around(cls, app: ASGIApp, port: int, keys: Keys | None, again: str, allowed: Iterable[str] = ()) -> "Guard":
        """A guard of a server on a port of this machine."""
        return cls(app, port, rules.Hosts.of(port, allowed), keys, again, sees_users=bool(keys) and peers.are_told())

    @property
    def cookie_name(self) -> str:
        """Ports of one host share their cookies."""
        return f"shopstream-{self.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            answer = self._answer(scope)
            await (answer or self._behind(scope))(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            if self._refuses_socket(scope):
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            else:
                await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        """What the guard itself answers; None if the request may pass."""
        headers, method = scope["headers"], scope["method"]
        refusal = (
            rules.wrong_host(headers, self.hosts)
            or rules.wrong_page(headers, changes=method not in rules.SAFE_METHODS)
            or rules.wrong_method(method, headers)
        )
        if refusal:
            return refused(refusal.status, refusal.sentence)
        if self.keys and (answer := self._login(scope, self.keys)):
            return answer
        refusal = rules.wrong_graphql(scope["path"], method, headers)
        return refused(refusal.status, refusal.sentence) if refusal else None

    def _login(self, scope: Scope, keys: Keys) -> Response | None:
        """None if the sender is known."""
        if self._has_secret(scope, keys):
            return None
        if self._is_stranger(scope):
            return refused(HTTPStatus.UNAUTHORIZED, STRANGER)
        has_cookie = self._has_cookie(scope, keys)
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tickets = [value for name, value in pairs if name == TICKET]
        if tickets and scope["path"] == "/" and scope["method"] == "GET":
            # Used up even where it is not needed.
            if keys.redeem(tickets[0]) or has_cookie:
                return self._logged_in(keys, [pair for pair in pairs if pair[0] != TICKET])
            return refused(HTTPStatus.UNAUTHORIZED, f"This address was used before, or is too old. {self.again}")
        if has_cookie:
            return None
        # By a link on another page a browser sends no strict cookie; by one on this page it does.
        is_by_link = rules.comes_from_elsewhere(scope["headers"]) and scope["method"] == "GET"
        again = _address(scope) if is_by_link else None
        return refused(HTTPStatus.UNAUTHORIZED, f"This browser is not logged in. {self.again}", reload=again)

    def _has_secret(self, scope: Scope, keys: Keys) -> bool:
        given = rules.values(scope["headers"], "authorization")
        return any(value.lower().startswith(BEARER) and keys.is_secret(value[len(BEARER) :].strip()) for value in given)

    def _has_cookie(self, scope: Scope, keys: Keys) -> bool:
        cookies = cookie_parser("; ".join(rules.values(scope["headers"], "cookie")))
        return keys.is_cookie(self.port, cookies.get(self.cookie_name, ""))

    def _is_stranger(self, scope: Scope) -> bool:
        """Whether another user of the machine asks: a browser that was logged in may have been robbed of its cookie."""
        return self.sees_users and peers.is_of_another_user(scope["client"], scope["server"])

    def _logged_in(self, keys: Keys, rest: list[tuple[str, str]]) -> Response:
        answer = RedirectResponse("/" + (f"?{urlencode(rest)}" if rest else ""), status_code=HTTPStatus.SEE_OTHER)
        answer.set_cookie(
            self.cookie_name, keys.cookie(self.port), max_age=COOKIE_SECONDS, path="/", httponly=True, samesite="strict"
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _behind(self, scope: Scope) -> ASGIApp:
        if rules.is_graphql(scope["path"]) and scope["method"] in rules.SAFE_METHODS:
            # Whatever the server makes of the headers: without a query it executes none.
            scope["query_string"] = b""
        return self.app

    def _refuses_socket(self, scope: Scope) -> bool:
        headers = scope["headers"]
        refusal = rules.wrong_host(headers, self.hosts) or rules.wrong_page(headers, changes=True)
        return bool(refusal or (self.keys and not self._may_open_socket(scope, self.keys)))

    def _may_open_socket(self, scope: Scope, keys: Keys) -> bool:
        is_logged_in = self._has_cookie(scope, keys) and not self._is_stranger(scope)
        return is_logged_in or self._has_secret(scope, keys)


def _address(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    # One slash: two would begin the name of another server.
    return "/" + quote(scope["path"].lstrip("/\\")) + (f"?{query}" if query else "")


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
