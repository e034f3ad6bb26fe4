"""A run is alive as long as the process that it named is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.launcher import WorkerStatus

from shopstream_platform.defs.run_launcher import LocalRunLauncher, is_alive


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield started
    started.kill()
    started.wait()


def test_a_process_lives_until_it_is_killed(process: subprocess.Popen[bytes]) -> None:
    assert is_alive(process.pid, time.time())
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(process.pid, time.time()), "a zombie does no work"
    process.wait()
    assert not is_alive(process.pid, time.time())


def test_a_process_that_got_the_id_later_is_another(process: subprocess.Popen[bytes]) -> None:
    assert not is_alive(process.pid, time.time() - 60)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    launcher = {"module": LocalRunLauncher.__module__, "class": LocalRunLauncher.__name__}
    with dg.instance_for_test(overrides={"run_launcher": launcher}) as found:
        yield found


def _health(instance: dg.DagsterInstance, run: dg.DagsterRun) -> WorkerStatus:
    assert instance.run_launcher.supports_check_run_worker_health
    return instance.run_launcher.check_run_worker_health(run).status


def test_the_process_is_the_one_that_the_run_named(
    instance: dg.DagsterInstance, process: subprocess.Popen[bytes]
) -> None:
    run = instance.create_run_for_job(_job())
    assert _health(instance, run) is WorkerStatus.RUNNING, "it has named none yet"
    instance.report_engine_event("started", run, EngineEventData.in_process(process.pid))
    assert _health(instance, run) is WorkerStatus.RUNNING
    process.kill()
    process.wait()
    assert _health(instance, run) is WorkerStatus.NOT_FOUND


def test_a_run_of_this_process_names_it(instance: dg.DagsterInstance) -> None:
    run = instance.get_run_by_id(_job().execute_in_process(instance=instance).run_id)
    assert run
    assert _health(instance, run) is WorkerStatus.RUNNING


def _job() -> dg.JobDefinition:
    @dg.op
    def nothing() -> None:
        pass

    @dg.job
    def short() -> None:
        nothing()

    return short
