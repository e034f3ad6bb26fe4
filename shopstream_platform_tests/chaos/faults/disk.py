"""A disk without room, and one that takes nothing: the home lies on a small file system of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from shopstream_platform.services import embedded
from shopstream_platform_tests.chaos.faults.fault import Fault, Scene

LEFT_BYTES = 200_000


def mounted(folder: Path, size_mb: int = 900) -> bool:
    """Mount a file system in memory on the folder; False where this user may not."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0711", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class _OfADisk(Fault):
    """Needs a home on a disk of its own."""

    lies_in_wait = False

    def __init__(self, name: str, *, lies_in_wait: bool) -> None:
        super().__init__(name)
        self.lies_in_wait = lies_in_wait
        if os.geteuid() != 0:
            self.unavailable = "only root may mount a disk"


class FullDisk(_OfADisk):
    """Somebody else has filled it."""

    def strike(self, scene: Scene) -> None:
        disk = scene.home.parent
        if not os.path.ismount(disk):
            scene.notes.append("no disk of its own")
            return
        free = shutil.disk_usage(disk).free
        subprocess.run(["fallocate", "-l", str(max(1, free - LEFT_BYTES)), disk / "filler"], check=True)

    def end(self, scene: Scene) -> None:
        (scene.home.parent / "filler").unlink(missing_ok=True)


class ReadOnlyDisk(_OfADisk):
    """The system has mounted it read-only, as it does after errors of a disk."""

    def strike(self, scene: Scene) -> None:
        disk = scene.home.parent
        if not os.path.ismount(disk):
            scene.notes.append("no disk of its own")
            return
        done = subprocess.run(["mount", "-o", "remount,ro", str(disk)], capture_output=True, text=True, check=False)
        if done.returncode:
            # A file that is open for writing forbids it; with the services stopped none is.
            scene.notes.append(f"not remounted: {done.stderr.strip()}")

    def end(self, scene: Scene) -> None:
        subprocess.run(["mount", "-o", "remount,rw", str(scene.home.parent)], capture_output=True, check=False)


class ReadOnlyStoppedDisk(ReadOnlyDisk):
    """The same while no service runs: the kernel refuses it while a file is open for writing."""

    def strike(self, scene: Scene) -> None:
        embedded.down(scene.home)
        super().strike(scene)


def faults() -> Iterator[Fault]:
    """In the middle of a refresh, and before it."""
    yield FullDisk("full disk", lies_in_wait=False)
    yield FullDisk("full disk before", lies_in_wait=True)
    yield ReadOnlyStoppedDisk("read-only disk", lies_in_wait=True)
