"""dbt's command line as a child that does not outlive its parent.

A dbt whose parent was killed would go on changing the marts, or try again for minutes to reach a warehouse that was
stopped with it.
"""

import os
import signal
import threading
import time

POLL_SECONDS = 0.5
# dbt ends by an interrupt: it cancels its queries first.
GRACE_SECONDS = 10


def main() -> None:
    """Entry point `shopstream-dbt`: dbt's arguments, dbt's exit code."""
    end_with_parent()
    # Imported here: the watch begins before dbt's slow imports.
    from dbt.cli.main import cli

    cli()


def end_with_parent() -> None:
    """Interrupt this process once its parent is gone, and end it if that does not help."""
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE_SECONDS)
    os._exit(130)


if __name__ == "__main__":
    main()
