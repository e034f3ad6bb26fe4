"""Rows stay whole on their way into objects."""

import io

from hypothesis import given
from hypothesis import strategies as st

from shopstream_platform.extract.upload import Chunks


class Taker:
    """Keeps what a buffer passes on."""

    def __init__(self, size: int, chunks: list[bytes]) -> None:
        self.rows = io.BufferedWriter(Chunks(self._take), size)  # pyright: ignore[reportArgumentType]
        self._chunks = chunks

    def _take(self, rows: memoryview) -> None:
        self._chunks.append(bytes(rows))


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=50), st.integers(min_value=1, max_value=64))
def test_a_chunk_ends_where_a_row_ends(rows: list[bytes], size: int) -> None:
    chunks: list[bytes] = []
    taker = Taker(size, chunks)
    for row in rows:
        taker.rows.write(row)
    taker.rows.close()
    ends = {sum(map(len, rows[:number])) for number in range(len(rows) + 1)}
    assert b"".join(chunks) == b"".join(rows)
    assert {sum(map(len, chunks[:number])) for number in range(len(chunks) + 1)} <= ends


def test_an_abandoned_buffer_passes_on_nothing() -> None:
    chunks: list[bytes] = []
    taker = Taker(8, chunks)
    taker.rows.write(b"123456")
    taker.rows.write(b"abcdef")
    # Freed at once: nothing of it refers to itself.
    del taker
    assert chunks == [b"123456"]
