"""Run the job on two celery workers and say which of them executed which step. Needs redis-server and the extra celery.

    eval "$(shopstream env)" && python deploy/celery/two_workers.py 2025-09-01

Exit code 0 only if the run succeeded and both workers had a part in it.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socket import socket

import dagster as dg
import redis

HERE, PROGRAMS = Path(__file__).resolve().parent, Path(sys.executable).parent
JOB, MODULE, WORKERS = "everything", "shopstream_platform.definitions", ("one", "two")
START_SECONDS, STOP_SECONDS = 60, 30
# What dagster-celery calls the worker in the event that it writes when a step starts.
WORKER = "Celery worker"
MARK = "two_workers"


@contextmanager
def process(*command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that ends with the block, and with it what it has started."""
    with log.open("wb") as output:
        started = subprocess.Popen(  # noqa: S603
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGTERM)
            started.wait(STOP_SECONDS)
            os.killpg(started.pid, signal.SIGKILL)


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """The address of a redis of one's own: on this machine alone, with a password, kept in memory."""
    program = shutil.which("redis-server")
    if program is None:
        sys.exit("redis-server is missing: apt-get install redis-server")
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    password = secrets.token_urlsafe(24)
    config = folder / "redis.conf"
    config.touch(mode=0o600)
    config.write_text(f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\n')
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    with process(program, str(config), log=folder / "redis.log"):
        wait_until(lambda: answers(url), "redis")
        yield url


def answers(url: str) -> bool:
    """Whether the broker takes commands."""
    try:
        return redis.Redis.from_url(url).ping() is True
    except redis.ConnectionError:
        return False


@contextmanager
def worker(name: str, folder: Path) -> Iterator[None]:
    """A worker that takes one step at a time."""
    log = folder / f"{name}.log"
    start = ["worker", "start", "-A", "dagster_celery.app", "-y", str(HERE / "celery.yaml"), "-n", name]
    with process(
        str(PROGRAMS / "dagster-celery"), *start, "--", "--concurrency=1", "--without-gossip", log=log
    ) as started:
        wait_until(lambda: " ready." in log.read_text() or started.poll() is not None, f"worker {name}")
        if started.poll() is not None:
            sys.exit(f"worker {name} did not start:\n{log.read_text()}")
        yield


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Poll; end with a sentence if it takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not true():
        if time.monotonic() > deadline:
            sys.exit(f"{what} did not start within {START_SECONDS} s")
        time.sleep(0.2)


def steps_by_worker(run_id: str) -> dict[str, list[str]]:
    """Worker -> the steps that it executed, from the run's events."""
    found: dict[str, list[str]] = {}
    with dg.DagsterInstance.get() as instance:
        for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
            event = entry.dagster_event
            if event and (value := event.engine_event_data.metadata.get(WORKER)):
                found.setdefault(str(value.value).split("@")[0], []).append(str(event.step_key))
    return found


def run_day(day: str, url: str) -> str | None:
    """One run of the job, orchestrated by this machine; its id if it succeeded."""
    mark = secrets.token_hex(8)
    tags = {"dagster/asset_partition_range_start": day, "dagster/asset_partition_range_end": day, MARK: mark}
    execute = [str(PROGRAMS / "dagster"), "job", "execute", "-m", MODULE, "-j", JOB, "--tags", json.dumps(tags)]
    subprocess.run(execute, check=False, env=os.environ | settings(url))  # noqa: S603
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs(dg.RunsFilter(tags={MARK: mark}), limit=1)
    return run.run_id if run.is_success else None


def settings(url: str) -> dict[str, str]:
    """What tells the definitions, in this process and the workers', to execute by celery."""
    # dagster-celery looks for celery on the PATH.
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    return {"SHOPSTREAM_EXECUTOR": "celery", "SHOPSTREAM_CELERY_URL": url, "PATH": path}


def main(day: str) -> int:
    """The whole exercise."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(broker(folder))
        os.environ.update(settings(url))
        for name in WORKERS:
            stack.enter_context(worker(name, folder))
        run_id = run_day(day, url)
    if run_id is None:
        print("the run failed: see its events in the UI")
        return 1
    found = steps_by_worker(run_id)
    for name, steps in sorted(found.items()):
        print(f"worker {name}: {', '.join(steps)}")
    return 0 if set(found) == set(WORKERS) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
