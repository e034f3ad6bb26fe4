"""One process after another: a lock that the operating system frees when its holder ends, however it ends."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from shopstream_platform.config.files import open_private

POLL_SECONDS = 0.2


@contextmanager
def turn(lock: Path, holder: str, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock for the block. `holder` says who this is; `on_wait` is told once who holds it, if another does."""
    with _locked(lock, fcntl.LOCK_EX, on_wait) as file:
        file.truncate(0)
        file.seek(0)
        file.write(holder)
        file.flush()
        yield


@contextmanager
def beside_others(lock: Path, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock together with others of this kind for the block, but not while somebody has a `turn` on it."""
    with _locked(lock, fcntl.LOCK_SH, on_wait):
        yield


@contextmanager
def _locked(lock: Path, how: int, on_wait: Callable[[str], None]) -> Iterator[TextIO]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(open_private(lock), "r+") as file:
        told = False
        while not _taken(file.fileno(), how):
            if not told:
                on_wait(file.read() or "another process")
                told = True
            time.sleep(POLL_SECONDS)
        yield file


def _taken(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
