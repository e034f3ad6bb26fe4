"""Running code in other processes, also as a user who is not root."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shopstream_platform.services.process.service import Service

NOBODY = 65534

Run = Callable[..., subprocess.CompletedProcess[str]]


def kill(service: Service) -> int:
    """SIGKILL the server, wait until nothing of it lives, and say which process it was."""
    pid = service.status().pid
    assert pid is not None
    assert service.process.end(signal.SIGKILL, timeout=10)
    return pid


def python_for_anybody() -> str:
    """An interpreter that any user may run; that of the virtual environment may be below root's home."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}"):
        if os.geteuid() != 0 or _everybody_may_reach(Path(python).resolve()):
            return python
    pytest.skip("no Python that other users may run")


def _everybody_may_reach(path: Path) -> bool:
    return path.exists() and all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter and use; pytest's own temporary ones admit only their owner."""
    folder = Path(tempfile.mkdtemp(prefix="shopstream-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def run_as_normal_user() -> Run:
    """Run Python code in a process of its own, as `nobody` when the tests run as root."""

    def run(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        command = [python_for_anybody(), "-c", code, *map(str, arguments)]
        environment = {
            **os.environ,
            "HOME": "/nonexistent",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
        }
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, **user)

    return run
