"""A dbt that is started before it is needed, so that its imports are done beside Dagster's, on another core.

It knows nothing of the project, the warehouse or the command until it is asked (dbt/handover.py), and ends when the
block does, when this process ends, and when nobody asks.
"""

import fcntl
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopstream_platform.config.files import claim_home, open_private, private
from shopstream_platform.dbt.child import GRACE_SECONDS, LISTENS, WAITING
from shopstream_platform.dbt.project import EXECUTABLE

_waiting: list[str] = []


@contextmanager
def dbt_ahead(home: Path) -> Iterator[None]:
    """Have a dbt wait during the block; the one of the block around it, if there is one.

    None where another process has one in this home: that is no reason to wait.
    """
    if _waiting:
        yield
        return
    claim_home(home)
    with os.fdopen(open_private(home / "dbt.waiting.lock")) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield
            return
        with private(home / "dbt.waiting") as folder:
            process = _started(folder / "dbt.sock")
            _waiting.append(str(folder / "dbt.sock"))
            try:
                yield
            finally:
                _waiting.clear()
                _end(process)


@contextmanager
def offered() -> Iterator[None]:
    """Let a dbt that is started in the block be the one that waits, if one does; any after the first is its own."""
    if _waiting:
        os.environ[WAITING] = _waiting[0]
    try:
        yield
    finally:
        os.environ.pop(WAITING, None)


def _started(path: Path) -> subprocess.Popen[bytes]:
    # Bound here: whoever asks before the process has imported dbt waits for it, instead of finding nothing.
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(1)
        descriptor = listening.fileno()
        return subprocess.Popen(  # noqa: S603 - a program of ours, no shell
            [str(EXECUTABLE)],
            env=os.environ | {LISTENS: str(descriptor), "PYTHONUNBUFFERED": "1"},
            pass_fds=(descriptor,),
            # Its end is the end of this process, however that comes.
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C reaches it by who asked it.
            process_group=0,
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(GRACE_SECONDS + 1)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
