"""Connections before somebody has logged in on them: few, short-lived, the oldest dropped first."""

from __future__ import annotations

import asyncio
import resource
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

# A login takes a fraction of a second; a client that is dropped comes back by itself.
SECONDS_TO_LOG_IN = 20
MOST_STRANGERS = 512
# For databases, files of COPY and clients that are logged in.
OTHER_FILES = 256
# Taken from the queue of the system in one go; more would be accepted before the oldest are dropped.
BACKLOG = 256
# Of the request line and all headers.
LONGEST_HEAD = 32 * 1024


def raise_file_limit() -> int:
    """Allow as many open files as the system lets this process have; that number, at most 65,536."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return wanted if soft == resource.RLIM_INFINITY else min(soft, 65_536)


class Connections:
    """The strangers among the connections: nobody has logged in on them yet.

    A client's connection counts no more once a request with the token of a session, or a login, came by it. So whoever
    opens connections without end drops his own, and takes neither files nor memory from those who are logged in.
    """

    def __init__(self, open_files: int, seconds: float = SECONDS_TO_LOG_IN) -> None:
        """`open_files` is how many the process may have."""
        self.most = max(16, min(MOST_STRANGERS, (open_files - OTHER_FILES) // 2))
        self._seconds = seconds
        self._strangers: dict[asyncio.Transport, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._strangers)

    def arrived(self, connection: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        self._strangers[connection] = loop.call_later(self._seconds, self._drop, connection)
        while len(self._strangers) > self.most:
            self._drop(next(iter(self._strangers)))

    def known(self, connection: asyncio.Transport) -> None:
        """Somebody has logged in on it; the same for one that has ended."""
        if timer := self._strangers.pop(connection, None):
            timer.cancel()

    def _drop(self, connection: asyncio.Transport) -> None:
        self.known(connection)
        connection.abort()


class WatchedProtocol(H11Protocol):
    """Uvicorn's protocol, whose connections are counted; a request finds its own under `state`."""

    def __init__(self, connections: Connections, *, app_state: dict[str, Any], **given: Any) -> None:
        super().__init__(app_state=app_state, **given)
        self._connections = connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}
        self._connections.arrived(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.known(self.transport)
        super().connection_lost(exc)
