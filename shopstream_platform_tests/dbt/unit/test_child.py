"""dbt's process ends when the process that started it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from shopstream_platform.dbt.child import GRACE_SECONDS

CHILD = (
    "from shopstream_platform.dbt import child as dbt_child; import os, time; "
    "dbt_child.end_with_parent(os.getppid()); print('watching', flush=True); time.sleep(60)"
)
PARENT = (
    f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {CHILD!r}], stdout=subprocess.PIPE); "
    "child.stdout.readline(); print(child.pid, flush=True); child.wait()"
)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_whose_parent_is_killed_ends_by_itself() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert is_running(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    # Where interrupts are ignored, as below nohup, it ends after the time that one has.
    for _ in range(10 * (GRACE_SECONDS + 5)):
        if not is_running(child):
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    raise AssertionError("the child outlived its parent")
