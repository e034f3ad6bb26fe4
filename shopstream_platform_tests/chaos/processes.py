"""Which processes belong to a home, and what they are; found by their own words, never by a name alone."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

SERVICES = ("postgres", "object_store", "warehouse")
GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)
# What was killed itself ends its children only when these notice; dbt takes up to ten seconds.
ORPHANS_SECONDS = 25


def of_home(home: Path) -> list[psutil.Process]:
    """All that work for the home: by their settings, their command line or their folder."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in own and _mentions(process, home)]


def _mentions(process: psutil.Process, home: Path) -> bool:
    with suppress(*GONE, OSError):
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if process.environ().get("SHOPSTREAM_HOME") == str(home):
            return True
        words = [process.cwd(), *process.cmdline()]
        return any(word == str(home) or f"{home}/" in f"{word}/" for word in words)
    return False


def service(home: Path, name: str) -> psutil.Process | None:
    """The server of a service, if it lives."""
    with suppress(OSError, ValueError, *GONE):
        process = psutil.Process(int((home / name / "pid").read_text()))
        if _mentions(process, home):
            return process
    return None


def with_children(process: psutil.Process) -> list[psutil.Process]:
    """A process and all below it."""
    with suppress(*GONE):
        return [process, *process.children(recursive=True)]
    return []


def of_services(home: Path) -> Iterator[psutil.Process]:
    """The services' processes."""
    for name in SERVICES:
        if process := service(home, name):
            yield from with_children(process)


def dbt_of(home: Path) -> psutil.Process | None:
    """A dbt that works for the home."""
    for process in of_home(home):
        with suppress(*GONE):
            if any("shopstream-dbt" in word for word in process.cmdline()):
                return process
    return None


def orphans(home: Path, seconds: float = ORPHANS_SECONDS) -> list[str]:
    """The command lines of what still works for the home beside its services, when no command of it should."""
    end = time.monotonic() + seconds
    while True:
        kept = {process.pid for process in of_services(home)}
        found = [process for process in of_home(home) if process.pid not in kept]
        if not found or time.monotonic() > end:
            return [_described(process) for process in found]
        time.sleep(0.5)


def _described(process: psutil.Process) -> str:
    with suppress(*GONE):
        return f"{process.pid}: {' '.join(process.cmdline())[:160]}"
    return str(process.pid)


def sockets_left(ports: dict[str, int]) -> list[str]:
    """Sockets in the temporary folder that a stopped object store has left."""
    return [str(path) for port in ports.values() for path in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock")]
