"""Vega's scripts are made once for each version."""

from pathlib import Path

import pytest

from shopstream_platform.serving.render import library


def test_they_are_kept_and_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "dashboards"
    first = library.kept(folder)
    assert first == library.bundle()
    monkeypatch.setattr(library, "bundle", lambda: "made again")
    assert library.kept(folder) == first
    monkeypatch.setattr(library, "version", lambda name: "2.0")
    assert library.kept(folder) == "made again"
    assert len(list(folder.iterdir())) == 1
