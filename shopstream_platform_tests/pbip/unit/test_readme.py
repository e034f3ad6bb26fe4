"""The README's example does what the README says."""

import runpy
from pathlib import Path

import pytest

from shopstream_platform_tests.fixtures.readme import blocks, program


def test_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("example.py").write_text(program("pbip", "SemanticModel("))
    runpy.run_path("example.py")
    first, problems = capsys.readouterr().out.split("\n", 1)
    assert first == "[] []"
    assert problems in blocks("pbip")
