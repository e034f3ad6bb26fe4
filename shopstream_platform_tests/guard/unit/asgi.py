"""Requests to an ASGI application without a server: headers as they are, also those that no client library sends."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message, Receive, Scope, Send

PORT = 3000
HOST = f"127.0.0.1:{PORT}"


@dataclass
class Behind:
    """The application behind a guard: notes what reaches it."""

    reached: list[Scope] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 200, or accepts the socket."""
        self.reached.append(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"behind"})


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers, text."""

    status: int
    headers: dict[str, str]
    text: str


def ask(app: Any, target: str = "/", method: str = "GET", host: str | None = HOST, **headers: str) -> Answer:
    """One HTTP request; names of headers with underscores."""
    messages = _run(app, _scope("http", target, host, headers) | {"method": method})
    start = messages[0]
    text = b"".join(message.get("body", b"") for message in messages[1:]).decode()
    return Answer(start["status"], {k.decode().lower(): v.decode() for k, v in start["headers"]}, text)


def opens_socket(app: Any, target: str = "/graphql", host: str | None = HOST, **headers: str) -> bool:
    """Whether a WebSocket is accepted."""
    (message,) = _run(app, _scope("websocket", target, host, headers))
    return message["type"] == "websocket.accept"


def _scope(kind: str, target: str, host: str | None, headers: dict[str, str]) -> Scope:
    path, _, query = target.partition("?")
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {
        "type": kind,
        "path": path,
        "query_string": query.encode(),
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", PORT),
        "headers": ([(b"host", host.encode())] if host is not None else []) + pairs,
    }


def _run(app: Any, scope: Scope) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent
