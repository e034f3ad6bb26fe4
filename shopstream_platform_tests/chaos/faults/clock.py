"""A clock that is wrong while a refresh runs, by libfaketime; the services keep the right one."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from shopstream_platform_tests.chaos.faults.fault import Fault, Scene
from shopstream_platform_tests.chaos.processes import GONE, of_home

LIBRARIES = (*Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), *Path("/usr/lib/faketime").glob("*MT.so.1"))
OFFSETS = {"10 minutes forth": "+600s", "10 minutes back": "-600s", "2 days forth": "+2d", "2 days back": "-2d"}


class Clock(Fault):
    """The refresh and its children see another time."""

    lies_in_wait = True

    def __init__(self, name: str, offset: str) -> None:
        super().__init__(f"clock {name}")
        self._offset = offset
        if not LIBRARIES or not shutil.which("faketime"):
            self.unavailable = "faketime is not installed"

    def environment(self, scene: Scene) -> dict[str, str]:
        library = {"LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME": self._offset}
        return {**library, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}

    def end(self, scene: Scene) -> None:
        # Under the library Dagster's `tail` of a run's output outlives the run, which it does not without.
        for process in of_home(scene.home):
            with suppress(*GONE):
                if process.name() == "tail":
                    process.kill()


def faults() -> Iterator[Fault]:
    """Back and forth, within what an object store admits and beyond."""
    for name, offset in OFFSETS.items():
        yield Clock(name, offset)
