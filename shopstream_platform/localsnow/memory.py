"""The memory of the whole process, which DuckDB's own limit does not bound: texts, results and copies lie outside.

Two lines of defence. A thread looks at the process every 20 ms and cancels a statement before the ceiling is reached.
And the kernel refuses what would go beyond it at once, so that `REPEAT('x', 3000000000)` fails for who asks for it.
"""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MB = 2**20
# Beside DuckDB's own memory: results, their copies, texts that a function builds, syntax trees.
BESIDE_DUCKDB = 768 * MB
# Statements are canceled so far below the ceiling.
MARGIN = 256 * MB
# Clients that ask for little get it, also while a statement that took all is being canceled.
ALWAYS_FREE = 8 * MB
TICK_SECONDS = 0.02
# A statement that was canceled takes some time to end.
PATIENCE_SECONDS = 1.0
# Who saw the process grow by less is not the one to cancel.
LEAST_GROWTH = 64 * MB
_STATM = Path("/proc/self/statm")


@dataclass(eq=False)
class Running:
    """A statement under way."""

    cancel: Callable[[], None]
    used_at_start: int


def largest(running: Iterable[Running], used: int) -> Running | None:
    """The statement to cancel.

    Who took how much is not known, only what the process took while each ran. Of those that saw at least half of the
    growth it is the one that began last: others had run before the growth set in.
    """
    growth = {one: used - one.used_at_start for one in running}
    most = max(growth.values(), default=0)
    suspects = [one for one, grown in growth.items() if grown >= max(LEAST_GROWTH, most / 2)]
    return suspects[-1] if suspects else None


class MemoryGuard:
    """Keeps the process below DuckDB's limit plus BESIDE_DUCKDB, on Linux; elsewhere it does nothing."""

    def __init__(self, duckdb_limit: int) -> None:
        """`duckdb_limit` in bytes."""
        self._running: list[Running] = []
        self._lock = threading.Lock()
        self._busy = threading.Event()
        self._canceled_at = 0.0
        self._works = _STATM.exists()
        if self._works:
            self.ceiling = _used()[0] + duckdb_limit + BESIDE_DUCKDB
            threading.Thread(target=self._watch, daemon=True, name="memory").start()

    @contextmanager
    def watching(self, cancel: Callable[[], None]) -> Iterator[None]:
        """For the time of a statement; `cancel` is called from another thread."""
        if not self._works:
            yield
            return
        one = Running(cancel, _used()[0])
        with self._lock:
            self._running.append(one)
        self._look()
        self._busy.set()
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(one)

    def _watch(self) -> None:
        while True:
            self._busy.wait()
            # A failure to get a little memory at a bad moment must not end the watch.
            with suppress(MemoryError):
                self._look()
            if not self._running:
                self._busy.clear()
            time.sleep(TICK_SECONDS)

    def _look(self) -> None:
        used, mapped = _used()
        _limit_mapped(mapped + max(ALWAYS_FREE, self.ceiling - used))
        if used < self.ceiling - MARGIN or time.monotonic() - self._canceled_at < PATIENCE_SECONDS:
            return
        with self._lock:
            one = largest(self._running, used)
        if one:
            self._canceled_at = time.monotonic()
            one.cancel()


def _used() -> tuple[int, int]:
    """Bytes of memory of the process's own that are in use, and that are mapped."""
    _, resident, shared, _, _, mapped, _ = map(int, _STATM.read_text().split())
    page = resource.getpagesize()
    return (resident - shared) * page, mapped * page


def _limit_mapped(size: int) -> None:
    """What is mapped and free stays mapped, so that the limit has to move with it.

    A statement can use it again beyond the ceiling until it is canceled: some hundred MB were measured.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
