"""A dbt that waits: it is the dbt of who asks, sees no more than it is handed, and outlives nobody."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest

from shopstream_platform.dbt.ahead import dbt_ahead, offered
from shopstream_platform.dbt.child import LOCK, WAITING
from shopstream_platform.dbt.project import EXECUTABLE

pytestmark = pytest.mark.timeout(900)

# dbt's imports take 3 s of CPU, which a busy machine makes minutes.
SECONDS = 240
# A dbt that nobody asked, in a process to be killed.
PARENT = """
import sys, time
from pathlib import Path
from shopstream_platform.dbt.ahead import dbt_ahead
with dbt_ahead(Path(sys.argv[1])):
    print("waiting", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[psutil.Process]:
    before = dbts(os.getpid())
    with dbt_ahead(tmp_path):
        (process,) = [one for one in dbts(os.getpid()) if one not in before]
        yield process


def dbts(parent: int) -> list[psutil.Process]:
    """The children that are dbt."""
    return [one for one in psutil.Process(parent).children() if "shopstream-dbt" in " ".join(one.cmdline())]


def ask(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    """dbt's command line, as dagster-dbt starts it."""
    with offered():
        return subprocess.Popen(
            [str(EXECUTABLE), *arguments],
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def has_ended(process: psutil.Process, seconds: float) -> bool:
    with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        process.wait(seconds)
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_it_is_the_dbt_of_the_first_that_asks(waiting: psutil.Process) -> None:
    first = ask("--version")
    said, _ = first.communicate(timeout=SECONDS)
    assert (first.returncode, version("dbt-core") in said) == (0, True)
    # That its asker goes first, once it is answered, is no interrupt.
    assert "Traceback" not in said
    assert has_ended(waiting, 10)
    # Nobody waits any more: it is its own dbt.
    second = ask("--version")
    assert (second.communicate(timeout=SECONDS)[0], second.returncode) == (said, 0)


def test_the_exit_code_is_dbts(waiting: psutil.Process) -> None:
    asked = ask("there-is-no-such-command")
    asked.communicate(timeout=SECONDS)
    assert asked.returncode == 2
    assert has_ended(waiting, 10)


def test_a_dbt_that_ended_before_it_was_asked_is_not_missed(waiting: psutil.Process) -> None:
    waiting.kill()
    assert has_ended(waiting, 10)
    asked = ask("--version")
    assert (version("dbt-core") in asked.communicate(timeout=SECONDS)[0], asked.returncode) == (True, 0)


def test_who_is_not_offered_it_is_his_own_dbt(waiting: psutil.Process) -> None:
    assert WAITING not in os.environ
    subprocess.run([str(EXECUTABLE), "--version"], check=True, capture_output=True, timeout=SECONDS)
    assert waiting.is_running()
    assert waiting.status() != psutil.STATUS_ZOMBIE


def test_what_it_is_handed_is_on_no_command_line_and_an_interrupt_ends_it(
    waiting: psutil.Process, tmp_path: Path
) -> None:
    lock = tmp_path / "held"
    with lock.open("a") as held:
        # It has taken its environment, and waits for the lock that this names.
        fcntl.flock(held, fcntl.LOCK_EX)
        asked = ask("parse", SNOWFLAKE_PASSWORD="not-for-others", **{LOCK: str(lock)})
        wait_for_file(waiting, lock)
        assert waiting.cmdline()[1:] == [str(EXECUTABLE)]
        assert "not-for-others" not in " ".join([*waiting.cmdline(), *psutil.Process(asked.pid).cmdline()])
        asked.send_signal(signal.SIGINT)
        asked.communicate(timeout=SECONDS)
    assert asked.returncode not in (0, None)
    assert has_ended(waiting, 10)


def test_it_ends_when_its_asker_is_killed(waiting: psutil.Process, tmp_path: Path) -> None:
    lock = tmp_path / "held"
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        asked = ask("parse", **{LOCK: str(lock)})
        wait_for_file(waiting, lock)
        asked.kill()
        asked.communicate(timeout=SECONDS)
        assert has_ended(waiting, 10)


def test_it_ends_with_the_block_also_where_that_fails(tmp_path: Path) -> None:
    found: list[psutil.Process] = []
    with pytest.raises(RuntimeError, match="the run"), dbt_ahead(tmp_path):
        found += dbts(os.getpid())
        raise RuntimeError("the run has failed")
    (process,) = found
    assert has_ended(process, 0)
    assert not (tmp_path / "dbt.waiting").exists()


@pytest.mark.parametrize("seconds", [0.1, 6])
def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path: Path, seconds: float) -> None:
    """Neither while it imports dbt nor after."""
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "waiting\n"
        (process,) = dbts(parent.pid)
        time.sleep(seconds)
        assert process.is_running()
        parent.kill()
    assert has_ended(process, 5)


def test_only_one_waits_in_a_home(waiting: psutil.Process, tmp_path: Path) -> None:
    """Another command in the same home does without, at once; a block in a block has the same one."""
    with dbt_ahead(tmp_path):
        assert dbts(os.getpid()) == [waiting]
    assert waiting.is_running()
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "waiting\n"
        assert dbts(other.pid) == []
        other.kill()


def test_its_socket_is_its_owners(waiting: psutil.Process, tmp_path: Path) -> None:
    assert (tmp_path / "dbt.waiting").stat().st_mode & 0o777 == 0o700


def wait_for_file(process: psutil.Process, path: Path) -> None:
    end = time.monotonic() + SECONDS
    while str(path) not in [file.path for file in process.open_files()]:
        assert time.monotonic() < end
        time.sleep(0.1)
