"""Answers as HTTP responses; large results go out in pieces, as one text they would be in memory several times."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from starlette.responses import JSONResponse, Response, StreamingResponse

ROWSET = "rowsetBase64"
# Below that one piece is quicker.
SMALL = 1 << 20
# A multiple of three, so that base64 of the pieces is base64 of the whole.
PIECE = 3 << 18


def response(answer: dict[str, Any]) -> Response:
    """The answer in JSON, with its rows, if it has some as Arrow, in base64."""
    data = answer.get("data") or {}
    rows: pa.Buffer | None = data.get(ROWSET)
    if rows is None:
        return JSONResponse(answer)
    if rows.size <= SMALL:
        return JSONResponse(answer | {"data": data | {ROWSET: b64encode(rows).decode()}})
    return StreamingResponse(_pieces(answer, data, rows), media_type="application/json")


def _pieces(answer: dict[str, Any], data: dict[str, Any], rows: pa.Buffer) -> Iterator[bytes]:
    rest = {name: value for name, value in data.items() if name != ROWSET}
    yield f'{{"data": {{{json.dumps(ROWSET)}: "'.encode()
    view = memoryview(rows)
    for start in range(0, rows.size, PIECE):
        yield b64encode(view[start : start + PIECE])
    outer = {name: value for name, value in answer.items() if name != "data"}
    yield f'", {json.dumps(rest)[1:]}, {json.dumps(outer)[1:]}'.encode()
