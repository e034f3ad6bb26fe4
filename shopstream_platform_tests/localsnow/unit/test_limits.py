"""The limits of the local warehouse, each by itself."""

import asyncio
import gzip
import json
import logging
from base64 import b64decode
from typing import Any, cast

import pyarrow as pa
import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from shopstream_platform.localsnow import memory, statements
from shopstream_platform.localsnow.bodies import Refused, decompressed, read_object
from shopstream_platform.localsnow.catalogue import RecentResults
from shopstream_platform.localsnow.connections import Connections
from shopstream_platform.localsnow.logs import Sparing
from shopstream_platform.localsnow.memory import MB, Running, largest
from shopstream_platform.localsnow.rendering import PIECE, ROWSET, response

pytestmark = pytest.mark.security


def test_a_body_of_just_the_limit_is_unpacked() -> None:
    assert decompressed(gzip.compress(b"x" * 1000), 1000) == b"x" * 1000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (gzip.compress(b"x" * 1001), 413),
        (gzip.compress(b"x" * 1000)[:-1], 400),
        (gzip.compress(b"x") + b"y", 400),
        (b"x", 400),
        (b"", 400),
    ],
    ids=["longer", "cut", "with a rest", "not packed", "empty"],
)
def test_a_longer_or_broken_body_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(Refused) as caught:
        decompressed(body, 1000)
    assert caught.value.status == status


def request(chunks: list[bytes], pause: float = 0, headers: dict[str, str] | None = None) -> Request:
    """A request whose body comes in these chunks, with a pause before each."""
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request({"type": "http", "headers": raw}, receive)


def test_a_slow_body_is_given_up() -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(read_object(request([b"{", b"}"], pause=0.2), 100, seconds=0.3))
    assert caught.value.status == 408


def test_a_body_without_a_declared_length_is_bounded_too() -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(read_object(request([b" " * 60, b" " * 60]), 100))
    assert caught.value.status == 413
    assert asyncio.run(read_object(request([b'{"a":', b" 1}"]), 100)) == {"a": 1}


class Transport:
    def __init__(self) -> None:
        self.open = True

    def abort(self) -> None:
        self.open = False


def test_the_oldest_stranger_goes_first_and_nobody_who_is_known() -> None:
    async def scenario() -> list[bool]:
        connections = Connections(open_files=0, seconds=60)
        transports = [Transport() for _ in range(connections.most + 3)]
        for number, transport in enumerate(transports):
            connections.arrived(cast(Any, transport))
            if number == 0:
                connections.known(cast(Any, transport))
        assert len(connections) == connections.most
        return [transport.open for transport in transports]

    still_open = asyncio.run(scenario())
    assert still_open[:4] == [True, False, False, True]
    assert all(still_open[3:])


def test_a_stranger_is_dropped_in_time() -> None:
    async def scenario() -> tuple[bool, bool]:
        connections, stranger, client = Connections(open_files=0, seconds=0.05), Transport(), Transport()
        for transport in (stranger, client):
            connections.arrived(cast(Any, transport))
        connections.known(cast(Any, client))
        await asyncio.sleep(0.2)
        return stranger.open, client.open

    assert asyncio.run(scenario()) == (False, True)


def test_the_statement_that_saw_the_growth_is_canceled() -> None:
    old, hog, late = (Running(lambda: None, used * MB) for used in (300, 350, 1500))
    assert largest([old, hog, late], 1600 * MB) is hog
    assert largest([late], 1510 * MB) is None
    assert largest([], 1600 * MB) is None


def test_a_guard_cancels_before_the_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    used, limits, canceled = [100 * MB], list[int](), list[str]()
    monkeypatch.setattr(memory, "_used", lambda: (used[0], 5000 * MB))
    monkeypatch.setattr(memory, "_limit_mapped", limits.append)
    monkeypatch.setattr(memory.threading.Thread, "start", lambda _: None)
    guard = memory.MemoryGuard(640 * MB)
    with guard.watching(lambda: canceled.append("hog")):
        assert limits[-1] == 5000 * MB + guard.ceiling - 100 * MB
        used[0] = guard.ceiling - memory.MARGIN + 1
        guard._look()
        guard._look()
        assert canceled == ["hog"]
        used[0] = guard.ceiling + MB
        guard._look()
        assert limits[-1] == 5000 * MB + memory.ALWAYS_FREE


def test_recent_results_are_small() -> None:
    results = RecentResults(limit=2, rows=10, size=1000)
    results["long"] = (pa.table({"a": ["x" * 2000]}),)
    results["many"] = (pa.table({"a": list(range(11))}),)
    assert list(results) == []
    for name in "abc":
        results[name] = (pa.table({"a": [1]}),)
    assert list(results) == ["b", "c"]


def test_words_of_a_statement_are_counted_without_its_texts() -> None:
    statements.refuse_too_large("SELECT '" + "a, " * 200_000 + "'")
    with pytest.raises(Exception, match="words and signs"):
        statements.refuse_too_large("SELECT " + "1," * 150_000 + "1")


@pytest.mark.parametrize("size", [0, 10, 2 * PIECE, 2 * PIECE + 1])
def test_a_result_in_pieces_is_the_result(size: int) -> None:
    rows = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    answer = {"data": {"total": 1, ROWSET: pa.py_buffer(rows)}, "code": None, "success": True}
    sent = response(answer)

    async def whole() -> bytes:
        if isinstance(sent, StreamingResponse):
            return b"".join([cast(bytes, piece) async for piece in sent.body_iterator])
        return bytes(sent.body)

    content = json.loads(asyncio.run(whole()))
    encoded = content["data"].pop(ROWSET)
    assert content == {"data": {"total": 1}, "code": None, "success": True}
    assert b64decode(encoded) == rows


def test_lines_that_repeat_are_left_out_and_counted() -> None:
    sparing = Sparing(most=2, period=0.05)

    def record() -> logging.LogRecord:
        return logging.LogRecord("x", logging.INFO, "file.py", 1, "a line %s", ("x" * 5000,), None)

    assert [sparing.filter(record()) for _ in range(4)] == [True, True, False, False]
    sparing._began -= 1
    last = record()
    assert sparing.filter(last)
    assert last.getMessage().endswith("(2 more lines like earlier ones were left out before this)")
    assert len(last.getMessage()) < 2100
