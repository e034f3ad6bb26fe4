"""Bodies of requests: bounded in bytes and time, also while they are decompressed, and JSON objects or refused."""

from __future__ import annotations

import asyncio
import json
import re
import zlib
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

# A login is some 2 kB.
OF_A_STRANGER = 64 * 1024
OF_A_CLIENT = 64 * 1024 * 1024
SECONDS_FOR_A_BODY = 60
_AUTOMATIC_HEADER = 31  # zlib's number for gzip
_MAY_BE_A_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Refused(Exception):
    """The request is answered with this status and sentence, without a line in the log."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


async def read_object(request: Request, most: int, seconds: float = SECONDS_FOR_A_BODY) -> dict[str, Any]:
    """The body, a JSON object of at most `most` bytes before and after decompression; Refused otherwise."""
    declared = request.headers.get("Content-Length", "0")
    if not declared.isdecimal() or int(declared) > most:
        raise _too_large(most)
    encodings = [encoding.strip().lower() for encoding in request.headers.getlist("Content-Encoding")]
    if encodings not in ([], ["identity"], ["gzip"]):
        raise Refused(400, "The body's Content-Encoding is not supported.")
    try:
        async with asyncio.timeout(seconds):
            body = await _received(request, most)
    except TimeoutError:
        raise Refused(408, "The body did not arrive in time.") from None
    except ClientDisconnect:
        raise Refused(400, "The client went away.") from None
    # Off the event loop: 64 MB take a second.
    return await run_in_threadpool(_parsed, body, most, gzipped=encodings == ["gzip"])


async def _received(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _parsed(body: bytes, most: int, *, gzipped: bool) -> dict[str, Any]:
    plain = decompressed(body, most) if gzipped else body
    try:
        content = json.loads(plain.decode())
        if _MAY_BE_A_SURROGATE.search(plain):
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not valid JSON.") from None
    if not isinstance(content, dict):
        raise Refused(400, "The body is not a JSON object.")
    return content


def decompressed(body: bytes, most: int) -> bytes:
    """The content of a gzip body; never more than `most` bytes of it are made. Refused if it is longer or broken."""
    member = zlib.decompressobj(_AUTOMATIC_HEADER)
    try:
        # One byte more than is allowed tells a body that is too long.
        plain = member.decompress(body, most + 1)
    except zlib.error:
        raise Refused(400, "The body is not valid gzip.") from None
    if len(plain) > most:
        raise _too_large(most)
    if not member.eof or member.unused_data:
        raise Refused(400, "The body is not valid gzip.")
    return plain


def _too_large(most: int) -> Refused:
    return Refused(413, f"The body is larger than {most:,} bytes.")
