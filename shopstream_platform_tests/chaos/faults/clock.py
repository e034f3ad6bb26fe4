"""A clock that is wrong while a refresh runs; the services keep the right one."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from shopstream_platform_tests.chaos.faults.fault import Fault, Scene

SOURCE = Path(__file__).with_name("clock.c")
DAY = 86_400
# Within what an object store admits between its clock and a request's, 15 minutes, and beyond.
OFFSETS = {"10 minutes forth": 600, "10 minutes back": -600, "2 days forth": 2 * DAY, "2 days back": -2 * DAY}


@lru_cache
def library() -> Path:
    """The compiled library, for as long as this program runs."""
    built = Path(tempfile.mkdtemp(prefix="shopstream-chaos-clock-")) / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O", "-o", str(built), str(SOURCE)], check=True)
    return built


class Clock(Fault):
    """The refresh and its children see another time."""

    lies_in_wait = True

    def __init__(self, name: str, seconds: int) -> None:
        super().__init__(f"clock {name}")
        self._seconds = seconds
        if not shutil.which("cc"):
            self.unavailable = "there is no C compiler"

    def environment(self, scene: Scene) -> dict[str, str]:
        return {"LD_PRELOAD": str(library()), "CHAOS_CLOCK_SECONDS": str(self._seconds)}


def faults() -> Iterator[Fault]:
    """Back and forth."""
    for name, seconds in OFFSETS.items():
        yield Clock(name, seconds)
