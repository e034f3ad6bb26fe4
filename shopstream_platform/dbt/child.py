"""dbt's command line as a child that does not outlive its parent.

A dbt whose parent was killed would go on changing the marts, or try again for minutes to reach a warehouse that was
stopped with it.

`shopstream` starts one before there is anything to build (dbt/ahead.py): it imports dbt, waits for its command, and
reads the project only then.
"""

import fcntl
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO

from shopstream_platform.config.garbage import collect_seldom
from shopstream_platform.config.modules import hide_pandas
from shopstream_platform.dbt.handover import Asked, ask

# Variables by which the parent names itself, so that its death is noticed however early, and the lock to hold.
PARENT, LOCK = "SHOPSTREAM_DBT_PARENT", "SHOPSTREAM_DBT_LOCK"
# The socket at which a dbt waits; for that one, the descriptor that it listens with.
WAITING, LISTENS = "SHOPSTREAM_DBT_WAITING", "SHOPSTREAM_DBT_LISTENS"
POLL_SECONDS = 0.5
# dbt ends by an interrupt: it cancels its queries first.
GRACE_SECONDS = 10
INTERRUPTED = 130
_STDIN = 0
# What a build imports: 2.2 s, and 1.2 s of the adapter with Snowflake's connector, which the profile asks for.
_IMPORTS = ("dbt.cli.main", "dbt.adapters.snowflake")


def main() -> None:
    """Entry point `shopstream-dbt`: dbt's arguments, dbt's exit code."""
    collect_seldom()
    hide_pandas()
    if listens := os.environ.pop(LISTENS, None):
        _wait(int(listens))
        return
    end_with_parent(int(os.environ.get(PARENT) or os.getppid()))
    waiting = os.environ.pop(WAITING, None)
    if waiting and (code := ask(waiting)) is not None:
        sys.exit(code)
    _run()


def _run() -> None:
    # Held until this process ends: the next dbt waits for one that is being ended, too.
    lock = _hold(os.environ.get(LOCK))
    # 2.2 s, in which the watch is on already.
    from dbt.cli.main import cli

    try:
        cli()
    finally:
        if lock:
            lock.close()


def _wait(listens: int) -> None:
    """Import dbt, then be the dbt of the first that asks. The parent's end of stdin ends this process with it."""
    begun, over = threading.Event(), threading.Event()
    threading.Thread(target=_end_at_eof, args=(begun, over), daemon=True).start()
    for name in _IMPORTS:
        import_module(name)
    with socket.socket(fileno=listens) as listening:
        asked = Asked(listening)
    begun.set()
    asked.begin(_unless(over, _interrupt), _unless(over, _end))
    code = INTERRUPTED
    try:
        _run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        raise
    finally:
        # Who was answered goes, and this process ends by itself.
        over.set()
        asked.answer(code)


def _unless(over: threading.Event, act: Callable[[], None]) -> Callable[[], None]:
    return lambda: None if over.is_set() else act()


def _end_at_eof(begun: threading.Event, over: threading.Event) -> None:
    os.read(_STDIN, 1)
    if not begun.is_set():
        os._exit(INTERRUPTED)
    _unless(over, _end)()


def end_with_parent(parent: int) -> None:
    """Interrupt this process once its parent is gone, and end it if that does not help."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    _end()


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _end() -> None:
    _interrupt()
    time.sleep(GRACE_SECONDS)
    os._exit(INTERRUPTED)


def _hold(path: str | None) -> IO[str] | None:
    if not path:
        return None
    lock = Path(path).open("a")  # noqa: SIM115 - open as long as the process lives
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


if __name__ == "__main__":
    main()
