"""The processes of `shopstream dev`: code location, web server and daemon, started, watched and ended together.

As `dagster dev` runs them, by Dagster's public commands; but the web server is the guarded one, and the code location
is reached by a socket in a folder that only its owner may enter.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import yaml

from shopstream_platform.cli.ui.child import PARENT
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import private, write_private

MODULE = "shopstream_platform.definitions"
POLL_SECONDS, GRACE_SECONDS, LOAD_SECONDS = 0.3, 30, 300
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Processes:
    """Children in process groups of their own: what ends one of them ends its children too."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._is_ending = False

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a program of this Python's environment."""
        self._running[name] = subprocess.Popen(  # noqa: S603 - a program of ours, no shell
            [sys.executable, "-m", "shopstream_platform.cli.ui.child", *command],
            env={**os.environ, **self._variables, PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            # Dagster puts sockets of its own into the machine's temporary folder.
            umask=0o077,
            process_group=0,
        )

    def ended(self, name: str) -> int | None:
        """The exit code of a child; None while it works."""
        return self._running[name].poll()

    @property
    def is_ending(self) -> bool:
        """Whether an interrupt or another signal said so."""
        return self._is_ending

    def heed_signals(self) -> None:
        """End at the next look. The rest of the terminal's group gets the signal too; the children are none of it."""
        for ending in ENDINGS:
            signal.signal(ending, self._end)

    def stop(self) -> None:
        """End all children as Ctrl-C would, the last one started first; by force what does not end."""
        deadline = time.monotonic() + GRACE_SECONDS
        for process in reversed(self._running.values()):
            _signal(process, signal.SIGINT)
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            # The group: a child of it may be left.
            _signal(process, signal.SIGKILL)
            process.wait()

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._is_ending = True


def run(webserver: Sequence[str], variables: Mapping[str, str], folder: Path) -> None:
    """Run all three until a signal ends them; ShopStreamError if one ends by itself.

    The folder, which must be nobody else's, is made for them and deleted afterwards.
    """
    processes = Processes(variables)
    processes.heed_signals()
    with private(folder) as folder:
        code_location, workspace = folder / "code.sock", folder / "workspace.yaml"
        write_private(workspace, yaml.safe_dump(_workspace(code_location)))
        try:
            _load(processes, code_location)
            if not processes.is_ending:
                processes.start("web server", [*webserver, "--workspace", str(workspace)])
                processes.start("daemon", ["dagster-daemon", "run", "--workspace", str(workspace)])
                _watch(processes, code_location)
        finally:
            processes.stop()


def _workspace(code_location: Path) -> dict[str, Any]:
    location = {"socket": str(code_location), "location_name": MODULE, "additional_metadata": {"module_name": MODULE}}
    return {"load_from": [{"grpc_server": location}]}


def _load(processes: Processes, code_location: Path) -> None:
    """Start the code location and wait until it answers: an error in the definitions is shown by the UI."""
    code_location.unlink(missing_ok=True)
    command = ("dagster", "code-server", "start", "--socket", str(code_location), "--module-name", MODULE)
    options = ("--startup-timeout", str(LOAD_SECONDS), "--inject-env-vars-from-instance", "--log-level", "warning")
    processes.start("code location", [*command, *options])
    while not processes.is_ending and not _answers(code_location):
        if (code := processes.ended("code location")) is not None:
            raise ShopStreamError(f"the code location ended with exit code {code}; what it printed above says why")
        time.sleep(POLL_SECONDS)


def _watch(processes: Processes, code_location: Path) -> None:
    while not processes.is_ending:
        for name in ("web server", "daemon"):
            if (code := processes.ended(name)) is not None and not processes.is_ending:
                raise ShopStreamError(f"the {name} ended with exit code {code}; what it printed above says why")
        if processes.ended("code location") is not None and not processes.is_ending:
            _load(processes, code_location)
        time.sleep(POLL_SECONDS)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
