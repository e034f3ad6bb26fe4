"""The processes that run dbt."""

import os
from pathlib import Path

import pytest

from shopstream_platform.dbt.child import LOCK
from shopstream_platform.diff.worker import workers
from shopstream_platform_tests.diff.unit.test_run import is_free


def test_the_next_dbt_waits_until_they_have_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lock = tmp_path / "dbt.child.lock"
    lock.touch()
    monkeypatch.setenv(LOCK, str(lock))
    with workers(2) as both:
        for worker in both:
            assert worker.start(["--version"], dict(os.environ)).result(60) == []
        assert not is_free(lock)
    assert is_free(lock)
