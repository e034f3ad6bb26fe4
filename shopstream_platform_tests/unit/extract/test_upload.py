"""Rows stay whole on their way into objects."""

import io

from hypothesis import given
from hypothesis import strategies as st

from shopstream_platform.extract.upload import Chunks


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=50), st.integers(min_value=1, max_value=64))
def test_a_chunk_ends_where_a_row_ends(rows: list[bytes], size: int) -> None:
    chunks: list[bytes] = []
    buffer = io.BufferedWriter(Chunks(lambda chunk: chunks.append(bytes(chunk))), size)  # pyright: ignore[reportArgumentType]
    for row in rows:
        buffer.write(row)
    buffer.close()
    ends = {sum(map(len, rows[:number])) for number in range(len(rows) + 1)}
    assert b"".join(chunks) == b"".join(rows)
    assert {sum(map(len, chunks[:number])) for number in range(len(chunks) + 1)} <= ends
