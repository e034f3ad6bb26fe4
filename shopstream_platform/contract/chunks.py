"""A snapshot table as chunks: ranges of its key that are extracted and loaded by themselves.

The key is one whole number; chunk n of width w has the rows with n * w <= key < (n + 1) * w.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

# So many times the expected number of chunks are too many: the keys are spread out further than they were.
SPREAD = 4
# Bytes of a tag of a run, whose values PostgreSQL keeps in an index.
LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Keys:
    """The rows whose key is at least `first` and less than `end`."""

    first: int
    end: int


def width_of(rows: int, smallest: int, largest: int, chunk_rows: int) -> int:
    """How wide a chunk is, so that it has `chunk_rows` rows on average, whatever gaps the keys have."""
    return chunk_rows * max(1, (largest - smallest + 1) // max(rows, 1))


def is_spread(chunks: int, rows: int, chunk_rows: int) -> bool:
    """Whether chunks of this width have become too many for the rows."""
    return chunks > SPREAD * (rows // chunk_rows + 1)


def ranges(chunks: Iterable[int], width: int) -> list[Keys]:
    """Chunks in any order -> ascending ranges of keys without a gap."""
    found: list[Keys] = []
    for number in sorted(set(chunks)):
        first, end = number * width, (number + 1) * width
        if found and found[-1].end == first:
            found[-1] = Keys(found[-1].first, end)
        else:
            found.append(Keys(first, end))
    return found


@dataclass(frozen=True)
class Named:
    """What a plan tells the extraction of its run: the source differs from the manifest `base` in these chunks at most.

    `result` is what the manifest is to be called that comes of it: by this the next plan knows that it was so made.
    """

    base: str
    result: str
    chunks: frozenset[int]

    @property
    def text(self) -> str:
        """As a run carries it. Numbers of chunks say less than keys."""
        return json.dumps([self.base, self.result, [(one.first, one.end) for one in ranges(self.chunks, 1)]])

    @classmethod
    def of(cls, text: str) -> "Named":
        """What `text` says."""
        base, result, spans = json.loads(text)
        return cls(base, result, frozenset(number for first, end in spans for number in range(first, end)))
