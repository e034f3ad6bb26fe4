"""A turn ends with its holder, however the holder ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from shopstream_platform.services.process.turn import turn

HOLD = "from pathlib import Path; from shopstream_platform.services.process.turn import turn; import sys, time\n" \
       "with turn(Path(sys.argv[1]), 'run 1a2b3c4d', print): print('held', flush=True); time.sleep(60)"  # fmt: skip


def holder(lock: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_nobody_waits_for_a_free_turn(tmp_path: Path) -> None:
    told: list[str] = []
    for _ in range(2):
        with turn(tmp_path / "new" / "lock", "me", told.append):
            pass
    assert told == []


def test_who_waits_is_told_for_whom_and_goes_on_when_the_holder_is_killed(tmp_path: Path) -> None:
    process, told = holder(tmp_path / "lock"), []

    def kill(other: str) -> None:
        told.append(other)
        process.send_signal(signal.SIGKILL)

    began = time.monotonic()
    with turn(tmp_path / "lock", "me", kill):
        assert (tmp_path / "lock").read_text() == "me"
    assert told == ["run 1a2b3c4d"]
    assert time.monotonic() - began < 10
    process.wait()
