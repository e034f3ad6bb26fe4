"""dbt's command line as a child that does not outlive its parent.

A dbt whose parent was killed would go on changing the marts, or try again for minutes to reach a warehouse that was
stopped with it.
"""

import fcntl
import os
import signal
import threading
import time
from pathlib import Path
from typing import IO

# Variables by which the parent names itself, so that its death is noticed however early, and the lock to hold.
PARENT, LOCK = "SHOPSTREAM_DBT_PARENT", "SHOPSTREAM_DBT_LOCK"
POLL_SECONDS = 0.5
# dbt ends by an interrupt: it cancels its queries first.
GRACE_SECONDS = 10


def main() -> None:
    """Entry point `shopstream-dbt`: dbt's arguments, dbt's exit code."""
    end_with_parent(int(os.environ.get(PARENT) or os.getppid()))
    # Held until this process ends: the next dbt waits for one that is being ended, too.
    lock = _hold(os.environ.get(LOCK))
    # 2.2 s, in which the watch is on already.
    from dbt.cli.main import cli

    try:
        cli()
    finally:
        if lock:
            lock.close()


def end_with_parent(parent: int) -> None:
    """Interrupt this process once its parent is gone, and end it if that does not help."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE_SECONDS)
    os._exit(130)


def _hold(path: str | None) -> IO[str] | None:
    if not path:
        return None
    lock = Path(path).open("a")  # noqa: SIM115 - open as long as the process lives
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


if __name__ == "__main__":
    main()
