"""The note of the last sweep: one that is damaged counts as none, and is written anew."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopstream_platform.pipeline.housekeeping.record import RECORD, Swept, last_sweep, note_sweep

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_what_was_noted(tmp_path: Path) -> None:
    assert last_sweep(tmp_path) is None
    note_sweep(tmp_path, NOW, Swept())
    assert last_sweep(tmp_path) == NOW


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\x00", b'{"finished_at": 5}', b'{"finished_at": "x"}', b'{"finished_at": "2026-11-28"}'],
)
def test_a_damaged_note(content: bytes, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_bytes(content)
    assert last_sweep(tmp_path) is None
    note_sweep(tmp_path, NOW, Swept())
    assert last_sweep(tmp_path) == NOW
