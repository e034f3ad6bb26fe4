"""A service of the platform on this machine: one long-lived server process that keeps all it owns below one folder."""

import contextlib
import fcntl
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from shopstream_platform.config.environment.process import for_servers
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import (
    DamagedFile,
    bytes_below,
    claim_home,
    explained,
    open_private,
    read_json,
    write_json,
)
from shopstream_platform.services.home_version import refuse_newer, write_version
from shopstream_platform.services.process.ports import accepts_connections, choose_ports, is_free
from shopstream_platform.services.process.process import ServerProcess, wait_until

Connection = TypeVar("Connection")
State = dict[str, Any]
LONGEST_LINE = 300


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

    The folder holds state.json (0600: ports and generated secrets), the server's `data`, its log, and `start.lock`,
    which makes starts and stops queue.

    A subclass sets `name` and, where it needs more than one port, `port_names` (the first is what clients use), and
    gives `prepare`, `command`, `is_ready` and `connection`.
    """

    name: ClassVar[str]
    port_names: ClassVar[tuple[str, ...]] = ("port",)
    # Of one that was ready once; ended and started again where that is sure to lose nothing.
    silence_timeout: ClassVar[float] = 60
    restarts_when_silent: ClassVar[bool] = False
    start_timeout: ClassVar[float] = 60
    stop_timeout: ClassVar[float] = 30
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    last_resort_signal: ClassVar[signal.Signals] = signal.SIGKILL

    def __init__(self, home: Path, *, port: int | None = None) -> None:
        """`port` fixes the clients' port; by default a free one is chosen once and remembered."""
        self.home = Path(home).resolve()
        self.folder = self.home / self.name
        self.data = self.folder / "data"
        self.fixed_port = port
        self.process = ServerProcess(self.folder)

    # What a subclass gives

    def prepare(self, state: State) -> None:
        """Create what the server needs before it starts, secrets in `state` included; saved afterwards."""

    @abstractmethod
    def command(self, state: State) -> list[str]:
        """The server's command line, in the foreground; everybody on the machine can read it: no secrets."""

    @abstractmethod
    def is_ready(self, state: State) -> bool:
        """Whether the server answers its clients now; False on any error."""

    def is_still_ready(self, state: State) -> bool:
        """The same of a server that was ready, more cheaply: it is asked at every use."""
        return accepts_connections(state["ports"][self.port_names[0]])

    @abstractmethod
    def connection(self) -> Connection:
        """Where clients find the server; a ShopStreamError if it was never started."""

    def environment(self) -> dict[str, str]:
        """The server's environment variables."""
        return for_servers()

    def process_options(self) -> dict[str, Any]:
        """More arguments for `subprocess.Popen`, such as the user to run as."""
        return {}

    def after_start(self, state: State) -> None:
        """Run once the server is ready, before anybody else may use it."""

    def after_stop(self) -> None:
        """Remove what the server leaves outside its folder."""

    # What everybody uses

    def start(self) -> Connection:
        """Start the server unless it runs, wait until it answers, and say where it is.

        ShopStreamError, with nothing written, in a home that a newer version has made.
        """
        refuse_newer(self.home)
        if not self._known_to_be_ready():
            with self._exclusively():
                write_version(self.home)
                self._start_or_wait()
        self.process.trim_log()
        return self.connection()

    def stop(self) -> bool:
        """Stop the server and wait until it is gone; False if it did not run."""
        if not self.running():
            # One that was killed left it.
            self.after_stop()
            return False
        with self._exclusively():
            if not self.running():
                return False
            self._end()
            self.after_stop()
            return True

    def running(self) -> bool:
        """Whether the server lives, ready or not."""
        return self.process.running()

    def status(self) -> ServiceStatus:
        """A look at the service; starts and changes nothing."""
        try:
            port = self.state().get("ports", {}).get(self.port_names[0])
        except DamagedFile:
            # A start says so, and what to do.
            port = None
        return ServiceStatus(self.name, self.running(), self.process.pid(), port, bytes_below(self.folder), self.folder)

    def state(self) -> State:
        """What state.json remembers: `ports` by name, and secrets under names of the subclass's own."""
        try:
            state = read_json(self._state_file)
        except DamagedFile as error:
            raise DamagedFile(self._state_file, self._without_state) from error
        ports = state.get("ports", {})
        if not isinstance(ports, dict) or not all(isinstance(port, int) for port in ports.values()):
            raise DamagedFile(self._state_file, self._without_state)
        return state

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

    def save(self, state: State) -> None:
        """Write state.json."""
        write_json(self._state_file, state)

    def start_error(self, what: str, log: str) -> ShopStreamError:
        """The error for a server that did not come up, with the line of its log that says why, or else the last."""
        if "No space left on device" in log:
            return ShopStreamError(f"The disk is full: {self.name} in {self.folder} cannot start; free some space.")
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        # PostgreSQL's hints stand below what they are about.
        fatal = [line for line in lines if "FATAL" in line]
        last = (fatal or lines or ["nothing"])[-1]
        return ShopStreamError(f"{self.name} {what}: see {self.process.log}, which says: {last[:LONGEST_LINE]}")

    # How

    @property
    def _without_state(self) -> str:
        return f", or delete {self._state_file} and run again: {self.name} keeps its data and gets new passwords"

    @property
    def _state_file(self) -> Path:
        return self.folder / "state.json"

    def _who(self) -> str:
        return f"{self.name} (process {self.process.pid()}) in {self.folder}"

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        try:
            claim_home(self.home)
            self.folder.mkdir(mode=0o700, exist_ok=True)
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
        pid, state = self.process.pid(), self.state()
        if pid is None or state.get("ready_pid") != pid:
            return False
        return self.is_still_ready(state)

    def _end(self) -> None:
        stopped = self.process.end(self.stop_signal, self.stop_timeout)
        if not stopped and not self.process.end(self.last_resort_signal, self.stop_timeout):
            raise ShopStreamError(f"{self._who()} does not stop: see {self.process.log}.")

    def _start_or_wait(self) -> None:
        state = self.state()
        if self.running() and "ports" not in state:
            # Nobody can find it, nor log in: whoever starts a server saves them first.
            self._end()
        # A server that is going down, or whose starter was killed, is waited for.
        was_ready = self.process.pid() == state.get("ready_pid")
        self._wait_until_ready_or_gone(state, self.silence_timeout if was_ready else self.start_timeout)
        if self.running() and not self._answers(state):
            if not self.restarts_when_silent:
                raise ShopStreamError(
                    f"{self._who()} runs but does not answer: end it by `shopstream down`, then run again; its log is "
                    f"{self.process.log}."
                )
            self._end()
        if not self.running():
            self._start_server(state)
        self.after_start(state)
        self.save({**state, "ready_pid": self.process.pid()})

    def _start_server(self, state: State) -> None:
        self.after_stop()
        self.prepare(state)
        for may_try_again in (True, False):
            state["ports"] = choose_ports(self.name, self.port_names, state.get("ports", {}), self.fixed_port)
            self.save(state)
            log_start = self.process.spawn(self.command(state), self.environment(), self.process_options())
            in_time = self._wait_until_ready_or_gone(state, self.start_timeout)
            if in_time and self.running():
                return
            self.process.end(signal.SIGKILL, self.stop_timeout)
            # Between choosing a port and listening on it another program may have taken it.
            if in_time and may_try_again and not all(map(is_free, state["ports"].values())):
                continue
            what = "ended at once" if in_time else f"did not answer within {self.start_timeout:.0f} s"
            raise self.start_error(what, self.process.log_since(log_start))

    def _wait_until_ready_or_gone(self, state: State, timeout: float) -> bool:
        return wait_until(lambda: not self.running() or self._answers(state), timeout)

    def _answers(self, state: State) -> bool:
        return "ports" in state and self.is_ready(state)
