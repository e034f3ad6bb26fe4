"""Memory of everything that belongs to a home: services, run, dbt. Shared pages are shared out (PSS)."""

from pathlib import Path
from threading import Event, Thread
from types import TracebackType

SECONDS = 0.5


class Sampler:
    """The highest sum that was seen while it ran, in MiB."""

    def __init__(self, home: Path) -> None:
        self.peak = 0.0
        self._mark = f"SHOPSTREAM_HOME={home}".encode()
        self._over = Event()
        self._thread = Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(SECONDS):
            self.peak = max(self.peak, sum(_mebibytes(process) for process in self._ours()))

    def _ours(self) -> set[Path]:
        """The processes that carry the home in their environment, and their descendants, which may hide theirs."""
        parents = {process: _parent(process) for process in Path("/proc").glob("[0-9]*")}
        ours = {process for process in parents if self._mark in _read(process / "environ").split(b"\0")}
        while children := {process for process, parent in parents.items() if parent in ours} - ours:
            ours |= children
        return ours


def _read(file: Path) -> bytes:
    # A process may end meanwhile, and not every one is ours to read.
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _parent(process: Path) -> Path:
    words = _read(process / "stat").rpartition(b")")[2].split()
    return process.with_name(words[1].decode()) if words else process


def _mebibytes(process: Path) -> float:
    lines = _read(process / "smaps_rollup").decode().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
