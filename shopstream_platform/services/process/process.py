"""A long-lived server process that any other process can find, wait for and signal."""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shopstream_platform.config.files import explained, open_private, trim_log

POLL_SECONDS = 0.02

# Kept so that Python reaps a server that ended while the process that started it still lives.
_children: list[subprocess.Popen[Any]] = []


def wait_until(condition: Callable[[], bool], timeout: float) -> bool:
    """Poll until the condition holds; False if it does not within `timeout` seconds."""
    end = time.monotonic() + timeout
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        _children[:] = [child for child in _children if child.poll() is None]
    return met


class ServerProcess:
    """The one server process of a folder, with its `server.log`, `pid` and `alive.lock`.

    The lock is inherited by the server, so it is held exactly as long as the server or one of its children lives,
    whatever becomes of process ids (reuse, zombies, reboots).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        self._alive_lock = folder / "alive.lock"
        self._pid_file = folder / "pid"

    def running(self) -> bool:
        """Whether the server or a child of it lives."""
        try:
            descriptor = os.open(self._alive_lock, os.O_RDONLY)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise explained(error, self._alive_lock) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def pid(self) -> int | None:
        """The process id of the running server."""
        return self.last_pid() if self.running() else None

    def last_pid(self) -> int | None:
        """The process id that the server has or had."""
        try:
            return int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None

    def spawn(self, command: list[str], environment: dict[str, str], options: dict[str, Any]) -> int:
        """Start the server, detached from this process; the position in the log where its part begins.

        `options` are more arguments for `subprocess.Popen`. Call it only while no server runs.
        """
        alive, log = open_private(self._alive_lock), open_private(self.log, os.O_APPEND)
        try:
            fcntl.flock(alive, fcntl.LOCK_EX)
            self._pid_file.unlink(missing_ok=True)
            # The shell notes its own process id and becomes the server: no server without a pid file.
            note_and_become = ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self._pid_file)]
            log_start = os.fstat(log).st_size
            process = subprocess.Popen(
                [*note_and_become, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=environment,
                # Whatever the shell allows: what a server writes is its owner's alone.
                umask=0o077,
                pass_fds=(alive,),
                start_new_session=True,
                **options,
            )
        finally:
            os.close(alive)
            os.close(log)
        _children.append(process)
        return log_start

    def trim_log(self) -> None:
        """Move a log that has grown too long aside; the server, which may run, goes on with an empty one."""
        trim_log(self.log)

    def log_since(self, start: int) -> str:
        """The log from a position on."""
        with self.log.open(errors="replace") as log:
            log.seek(start)
            return log.read()

    def end(self, number: signal.Signals, timeout: float) -> bool:
        """Send the signal and wait; True once neither the server nor a child of it lives."""
        wait_until(lambda: self.pid() is not None or not self.running(), timeout=5)
        if (pid := self.pid()) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return wait_until(lambda: not self.running(), timeout)
