"""A service of the platform on this machine: one long-lived server process that keeps all it owns below one folder."""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from shopstream_platform.embedded.files import bytes_below, claim_home, explained, open_private, read_json, write_json
from shopstream_platform.embedded.ports import accepts_connections, choose_ports, is_free
from shopstream_platform.errors import ShopStreamError

Connection = TypeVar("Connection")
State = dict[str, Any]

LOG_BYTES_KEPT = 10_000_000
POLL_SECONDS = 0.02

# Kept so that Python reaps a server that ended while the process that started it still lives.
_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class ServiceStatus:
    """What `shopstream status` shows of one service; `port` is None until it was started once."""

    name: str
    running: bool
    pid: int | None
    port: int | None
    bytes_on_disk: int
    folder: Path


class Service(ABC, Generic[Connection]):
    """One server process below `home/<name>/`; any number of processes may start and stop it, there is one at most.

    The folder holds state.json (0600: ports and generated secrets), a log, the server's `data` and two locks:
    `start.lock` makes starts and stops queue; `alive.lock` is inherited by the server, so it is held exactly as
    long as the server or one of its children lives, whatever becomes of process ids (reuse, zombies, reboots).

    A subclass sets `name` and, where it needs more than one port, `port_names` (the first is what clients use), and
    gives `prepare`, `command`, `is_ready` and `connection`.
    """

    name: ClassVar[str]
    port_names: ClassVar[tuple[str, ...]] = ("port",)
    start_timeout: ClassVar[float] = 60
    stop_timeout: ClassVar[float] = 30
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT
    last_resort_signal: ClassVar[signal.Signals] = signal.SIGKILL

    def __init__(self, home: Path, *, port: int | None = None) -> None:
        """`port` fixes the clients' port; by default a free one is chosen once and remembered."""
        self.home = Path(home).resolve()
        self.folder = self.home / self.name
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.fixed_port = port

    # What a subclass gives

    def prepare(self, state: State) -> None:
        """Create what the server needs before it starts, secrets in `state` included; saved afterwards."""

    @abstractmethod
    def command(self, state: State) -> list[str]:
        """The server's command line, in the foreground; everybody on the machine can read it: no secrets."""

    @abstractmethod
    def is_ready(self, state: State) -> bool:
        """Whether the server answers its clients now; False on any error."""

    @abstractmethod
    def connection(self) -> Connection:
        """Where clients find the server; a ShopStreamError if it was never started."""

    def environment(self) -> dict[str, str]:
        """The server's environment variables."""
        return dict(os.environ)

    def process_options(self) -> dict[str, Any]:
        """More arguments for `subprocess.Popen`, such as the user to run as."""
        return {}

    def after_start(self, state: State) -> None:
        """Run once the server is ready, before anybody else may use it."""

    # What everybody uses

    def start(self) -> Connection:
        """Start the server unless it runs, wait until it answers, and say where it is."""
        if not self._known_to_be_ready():
            with self._exclusively():
                self._start_or_wait()
        return self.connection()

    def stop(self) -> bool:
        """Stop the server and wait until it is gone; False if it did not run."""
        if not self.folder.exists():
            return False
        with self._exclusively():
            if not self.running():
                return False
            self._signal(self.stop_signal)
            if not self._wait_until(lambda: not self.running(), self.stop_timeout):
                self._signal(self.last_resort_signal)
                self._wait_until(lambda: not self.running(), self.stop_timeout)
            if self.running():
                raise ShopStreamError(f"{self.name} (process {self.pid()}) does not stop: see {self.log}.")
            self.after_stop()
            return True

    def after_stop(self) -> None:
        """Remove what the server leaves outside its folder."""

    def running(self) -> bool:
        """Whether a server process lives, ready or not."""
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
        try:
            return int(self._pid_file.read_text()) if self.running() else None
        except (OSError, ValueError):
            return None

    def status(self) -> ServiceStatus:
        """A look at the service; starts and changes nothing."""
        port = self.state().get("ports", {}).get(self.port_names[0])
        pid = self.pid()
        return ServiceStatus(self.name, self.running(), pid, port, bytes_below(self.folder), self.folder)

    def state(self) -> State:
        """What state.json remembers: `ports` by name, and secrets under names of the subclass's own."""
        return read_json(self._state_file)

    def remembered(self, *path: str) -> Any:
        """One entry of the state; a ShopStreamError if the service was never started."""
        value: Any = self.state()
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            raise ShopStreamError(
                f"{self.name} in {self.folder} has never been started: `shopstream up` starts the embedded services."
            )
        return value

    # How

    @property
    def _state_file(self) -> Path:
        return self.folder / "state.json"

    @property
    def _alive_lock(self) -> Path:
        return self.folder / "alive.lock"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        try:
            claim_home(self.home)
            self.folder.mkdir(mode=0o755, exist_ok=True)
            descriptor = open_private(self.folder / "start.lock")
        except OSError as error:
            raise explained(error, self.folder) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise explained(error, self.folder) from error
        finally:
            os.close(descriptor)

    def _known_to_be_ready(self) -> bool:
        """The cheap question of a start on a running server: did this very process once become ready?"""
        pid, state = self.pid(), self.state()
        return pid is not None and state.get("ready_pid") == pid and accepts_connections(self._main_port(state))

    def _start_or_wait(self) -> None:
        state = self.state()
        # A server that is going down, or whose starter was killed, is waited for.
        self._wait_until(lambda: not self.running() or self.is_ready(state), self.start_timeout)
        if self.running():
            if not self.is_ready(state):
                raise ShopStreamError(f"{self.name} (process {self.pid()}) runs but does not answer: see {self.log}.")
        else:
            self._start_server(state)
        self.after_start(state)
        write_json(self._state_file, {**state, "ready_pid": self.pid()})

    def _start_server(self, state: State) -> None:
        self.prepare(state)
        for last_attempt in (False, True):
            state["ports"] = choose_ports(self.name, self.port_names, state.get("ports", {}), self.fixed_port)
            write_json(self._state_file, state)
            log_start = self._spawn(state)
            if self._wait_until(lambda: not self.running() or self.is_ready(state), self.start_timeout):
                if self.running():
                    return
                # Between choosing a port and listening on it another program may have taken it.
                if not last_attempt and not all(map(is_free, state["ports"].values())):
                    continue
                raise self.start_error("ended at once", self._log_since(log_start))
            self._signal(signal.SIGKILL)
            self._wait_until(lambda: not self.running(), self.stop_timeout)
            raise self.start_error(f"did not answer within {self.start_timeout:.0f} s", self._log_since(log_start))

    def start_error(self, what: str, log: str) -> ShopStreamError:
        """The error for a server that did not come up, with the end of its log."""
        if "No space left on device" in log:
            return ShopStreamError(f"The disk is full: {self.name} in {self.folder} cannot start; free some space.")
        return ShopStreamError(f"{self.name} {what}: see {self.log}, which ends with:\n{log[-1500:].strip()}")

    def _spawn(self, state: State) -> int:
        """Start the process; where its part of the log begins."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_KEPT:
            self.log.replace(self.log.with_suffix(".log.1"))
        alive, log = open_private(self._alive_lock), open_private(self.log, os.O_APPEND)
        try:
            fcntl.flock(alive, fcntl.LOCK_EX)
            log_start = os.fstat(log).st_size
            # The shell notes its own process id and becomes the server: no moment without a pid file.
            note_and_become = ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self._pid_file)]
            self._pid_file.unlink(missing_ok=True)
            process: subprocess.Popen[bytes] = subprocess.Popen(
                [*note_and_become, *self.command(state)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self.environment(),
                pass_fds=(alive,),
                start_new_session=True,
                **self.process_options(),
            )
        finally:
            os.close(alive)
            os.close(log)
        _children.append(process)
        return log_start

    def _log_since(self, start: int) -> str:
        with self.log.open(errors="replace") as log:
            log.seek(start)
            return log.read()

    def _main_port(self, state: State) -> int:
        return state["ports"][self.port_names[0]]

    def _signal(self, number: signal.Signals) -> None:
        self._wait_until(lambda: self.pid() is not None or not self.running(), timeout=5)
        if (pid := self.pid()) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    @staticmethod
    def _wait_until(condition: Callable[[], bool], timeout: float) -> bool:
        end = time.monotonic() + timeout
        while not (met := condition()) and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
            _children[:] = [child for child in _children if child.poll() is None]
        return met
