"""Nothing writes while somebody is being forgotten: a step that was reading the source would bring the person back."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from shopstream_platform.services.process.turn import beside_others, turn

LOCK = "forget.lock"
# Tells the steps of the run that the command itself makes from others.
OWN = "SHOPSTREAM_FORGETTING"
OnWait = Callable[[str], None]


@contextmanager
def alone(home: Path, on_wait: OnWait) -> Iterator[None]:
    """The command's block: steps of other processes of this machine that write wait, and it waits for those."""
    holder = f"`shopstream forget`, process {os.getpid()}-{token_hex(4)}"
    with turn(home / LOCK, holder, on_wait):
        os.environ[OWN] = holder
        try:
            yield
        finally:
            del os.environ[OWN]


@contextmanager
def beside(home: Path, on_wait: OnWait) -> Iterator[None]:
    """A step's block."""
    lock = home / LOCK
    own = os.environ.get(OWN)
    if own and lock.exists() and lock.read_text() == own:
        yield
        return
    with beside_others(lock, on_wait):
        yield
