"""What COPY learns of a file while it is downloaded."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from shopstream_platform.localsnow.copy_files import Look

field = st.text(alphabet='ab",\n\\é')
records = st.lists(st.lists(field, min_size=2, max_size=3), min_size=1, max_size=20)


def _written(record: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(record)
    return out.getvalue().encode()


@given(records=records, size=st.integers(1, 50))
def test_records_are_counted_and_none_is_longer_than_the_bound(records: list[list[str]], size: int) -> None:
    written = [_written(record) for record in records]
    body = b"".join(written)
    look = Look('"')
    for start in range(0, len(body), size):
        look.take(body[start : start + size])
    assert look.records == len(written)
    assert max(map(len, written)) <= look.longest_record <= max(map(len, written)) + 2 * size
    assert look.has_backslash == (b"\\" in body)
