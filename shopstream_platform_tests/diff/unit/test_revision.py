"""What git says is handed on."""

import subprocess
from typing import Any

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.diff import revision

DUBIOUS = "fatal: detected dubious ownership in repository at '/x'\nTo add an exception for this directory, call:\n"


@pytest.mark.parametrize(
    ("code", "said", "sentence"),
    [
        (128, DUBIOUS, r"^git: detected dubious ownership in repository at '/x'$"),
        (128, "fatal: not a git repository (or any of the parent directories)", "is not a clone"),
        (1, "", "git knows no revision main"),
    ],
)
def test_why_git_refuses(monkeypatch: pytest.MonkeyPatch, code: int, said: str, sentence: str) -> None:
    environments: list[dict[str, str]] = []

    def run(command: list[str], *, env: dict[str, str], **_: Any) -> "subprocess.CompletedProcess[bytes]":
        environments.append(env)
        return subprocess.CompletedProcess(command, code, b"", said.encode())

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(ShopStreamError, match=sentence):
        revision.commit_of("main")
    # In another language its words would not be known.
    assert environments[0]["LC_ALL"] == "C"
