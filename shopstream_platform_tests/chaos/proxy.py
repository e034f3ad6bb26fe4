"""A bad network: a proxy between the platform and one of its services that delays, cuts and duplicates."""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

CHUNK = 65_536
LONGEST_REPEATED = 2**20
# Closes with a reset instead of an orderly end.
AT_ONCE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Weather:
    """What the network does: seconds that each chunk takes, bytes after which a connection breaks, requests twice."""

    delay: float = 0.0
    # Of every connection with this chance.
    cut_share: float = 0.0
    cut_after: Callable[[random.Random], int] = lambda rng: rng.randrange(1, 20_000)
    twice: bool = False


class Proxy:
    """Listens on a port of 127.0.0.1 and leads to another, in a thread of its own."""

    def __init__(self, target: int, weather: Weather, rng: random.Random) -> None:
        self._target, self._weather, self._rng = target, weather, rng
        self._loop = asyncio.new_event_loop()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.connections = self.cuts = self.repeated = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close it and all connections that lead through it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._connected, sock=self._socket))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        with suppress(Exception):
            self._loop.run_until_complete(asyncio.sleep(0.1))
        self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        left = [self._weather.cut_after(self._rng)] if self._rng.random() < self._weather.cut_share else None
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        sent = bytearray()
        flows = [
            asyncio.create_task(self._flow(reader, back, left, sent, own_name=True)),
            asyncio.create_task(self._flow(there, writer, left, sent, own_name=False)),
        ]
        _, pending = await asyncio.wait(flows, return_when=asyncio.FIRST_COMPLETED)
        if left is None or left[0] > 0:
            # An orderly end of one side lets the other finish.
            await asyncio.wait(pending, timeout=1)
        else:
            self.cuts += 1
        for flow in flows:
            flow.cancel()
        for stream in (writer, back):
            _reset(stream) if left is not None and left[0] <= 0 else stream.close()

    async def _flow(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        left: list[int] | None,
        sent: bytearray,
        *,
        own_name: bool,
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if self._weather.delay:
                    await asyncio.sleep(self._weather.delay)
                if left is not None:
                    chunk = chunk[: max(0, left[0])]
                    left[0] -= len(chunk)
                if own_name:
                    chunk = self._renamed(chunk)
                    sent += chunk
                elif sent and self._weather.twice:
                    # The answer begins: the request is whole. It arrives once more before the client goes on.
                    request = bytes(sent)
                    sent.clear()
                    if len(request) <= LONGEST_REPEATED:
                        await self._repeat(request)
                writer.write(chunk)
                await writer.drain()
                if left is not None and left[0] <= 0:
                    return
        if writer.can_write_eof():
            with suppress(OSError):
                writer.write_eof()

    def _renamed(self, chunk: bytes) -> bytes:
        """The warehouse answers no Host but its own. A signed request's Host is part of what is signed, and stays."""
        if b"AWS4-HMAC-SHA256" in chunk or len(str(self.port)) != len(str(self._target)):
            return chunk
        return chunk.replace(f"Host: 127.0.0.1:{self.port}".encode(), f"Host: 127.0.0.1:{self._target}".encode())

    async def _repeat(self, request: bytes) -> None:
        """What was sent arrives once more, on another connection; the answer goes nowhere."""
        with suppress(OSError, asyncio.TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._target)
            writer.write(request)
            await writer.drain()
            self.repeated += 1
            await asyncio.wait_for(reader.read(CHUNK), 2)
            writer.close()


def _reset(stream: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        stream.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    stream.transport.abort()
