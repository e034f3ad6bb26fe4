"""Chunks of a key: every key lies in exactly one, whatever gaps there are."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shopstream_platform.contract.chunks import Keys, Named, is_spread, ranges, width_of

KEYS = st.sets(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=60)


@given(keys=KEYS, chunk_rows=st.integers(1, 20))
def test_ranges_cover_the_chunks_and_nothing_else(keys: set[int], chunk_rows: int) -> None:
    width = width_of(len(keys), min(keys), max(keys), chunk_rows)
    chunks = {key // width for key in keys}
    found = ranges(chunks, width)
    assert all(sum(one.first <= key < one.end for one in found) == 1 for key in keys)
    assert sum(one.end - one.first for one in found) == len(chunks) * width
    assert all(before.end < after.first for before, after in pairwise(found))


@given(keys=KEYS, chunk_rows=st.integers(1, 20))
def test_gaps_do_not_make_many_chunks(keys: set[int], chunk_rows: int) -> None:
    width = width_of(len(keys), min(keys), max(keys), chunk_rows)
    assert not is_spread(len({key // width for key in keys}), len(keys), chunk_rows)


def test_keys_without_gaps_fill_chunks() -> None:
    assert width_of(1000, 1, 1000, 100) == 100
    assert width_of(1000, 1, 5000, 100) == 500
    assert ranges([3, 1, 0], 10) == [Keys(0, 20), Keys(30, 40)]
    assert is_spread(100, 1000, 100)


@given(chunks=st.frozensets(st.integers(-(2**40), 2**40), max_size=60))
def test_what_is_named_survives_the_way_through_a_run(chunks: frozenset[int]) -> None:
    named = Named("before", "after", chunks)
    assert Named.of(named.text) == named


def test_neighbours_are_named_as_one() -> None:
    assert Named("a", "b", frozenset({-1, 0, 1, 7})).text == '["a", "b", [[-1, 2], [7, 8]]]'
