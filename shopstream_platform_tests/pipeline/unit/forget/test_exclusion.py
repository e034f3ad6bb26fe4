"""While somebody is forgotten no other step writes, and the command waits for those that do."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from shopstream_platform.pipeline.forget.exclusion import OWN, alone, beside


def begins(block: Callable[[list[str]], None]) -> tuple[threading.Thread, list[str], threading.Event]:
    said: list[str] = []
    waits = threading.Event()

    class Told(list[str]):
        def append(self, text: str) -> None:
            said.append(text)
            waits.set()

    thread = threading.Thread(target=block, args=(Told(),))
    thread.start()
    return thread, said, waits


def test_a_step_waits_for_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def step(told: list[str]) -> None:
        with beside(tmp_path, told.append):
            done.append("written")

    with alone(tmp_path, pytest.fail), monkeypatch.context() as other_process:
        other_process.delenv(OWN)
        thread, said, waits = begins(step)
        assert waits.wait(10)
        assert done == []
    thread.join(10)
    assert done == ["written"]
    assert said[0].startswith("`shopstream forget`, process ")


def test_the_commands_own_steps_and_steps_of_one_kind_do_not_wait(tmp_path: Path) -> None:
    with alone(tmp_path, pytest.fail), beside(tmp_path, pytest.fail), beside(tmp_path, pytest.fail):
        pass
    with beside(tmp_path, pytest.fail), beside(tmp_path, pytest.fail):
        pass


def test_the_command_waits_for_a_step(tmp_path: Path) -> None:
    done: list[str] = []

    def command(told: list[str]) -> None:
        with alone(tmp_path, told.append):
            done.append("erased")

    with beside(tmp_path, pytest.fail):
        thread, _, waits = begins(command)
        assert waits.wait(10)
        assert done == []
    thread.join(10)
    assert done == ["erased"]
