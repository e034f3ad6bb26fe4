"""`shopstream diff` on the way to its comment."""

from pathlib import Path

import pytest

from shopstream_platform.cli.diff import diff
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.diff import run
from shopstream_platform.diff.report import MARKER


def test_an_error_is_written_too_without_its_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise ShopStreamError("'ann@example.com' is not a number")

    monkeypatch.setattr(run, "compare_with", fail)
    comment = tmp_path / "comment.md"
    comment.write_text("of an earlier run")
    with pytest.raises(ShopStreamError, match="ann"):
        diff("main", markdown=comment)
    text = comment.read_text()
    assert text.startswith(MARKER)
    assert "ended with an error" in text
    assert "ann@" not in text
