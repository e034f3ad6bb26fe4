"""Runs of processes that are gone are failed and hold nothing any more."""

import os
import subprocess
import sys
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.utils import make_new_run_id

from shopstream_platform.cli.dead_runs import clean_up
from shopstream_platform.defs.run_launcher import PID_TAG


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as found:
        yield found


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def run_of(instance: dg.DagsterInstance, pid: int | None, status: dg.DagsterRunStatus) -> str:
    tags = {} if pid is None else {PID_TAG: str(pid)}
    run = dg.DagsterRun(job_name="everything", run_id=make_new_run_id(), tags=tags, status=status)
    return instance.add_run(run).run_id


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run
    return run.status


@pytest.mark.parametrize("found", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_a_run_whose_process_is_gone_is_failed_and_said(
    instance: dg.DagsterInstance, found: dg.DagsterRunStatus
) -> None:
    pid = dead_process()
    run_id = run_of(instance, pid, found)
    (sentence,) = clean_up(instance)
    assert f"process {pid} no longer exists" in sentence
    assert status(instance, run_id) is dg.DagsterRunStatus.FAILURE
    assert clean_up(instance) == []


@pytest.mark.parametrize("pid", [os.getpid(), None], ids=["alive", "none"])
def test_a_run_that_lives_or_names_no_process_is_left_alone(instance: dg.DagsterInstance, pid: int | None) -> None:
    run_id = run_of(instance, pid, dg.DagsterRunStatus.STARTED)
    assert clean_up(instance) == []
    assert status(instance, run_id) is dg.DagsterRunStatus.STARTED


@pytest.mark.parametrize(
    ("pid", "found", "free"),
    [
        ("dead", dg.DagsterRunStatus.STARTED, True),
        (None, dg.DagsterRunStatus.SUCCESS, True),
        ("alive", dg.DagsterRunStatus.STARTED, False),
    ],
)
def test_slots_of_pools_are_freed_with_their_run(
    instance: dg.DagsterInstance, pid: str | None, found: dg.DagsterRunStatus, free: bool
) -> None:
    storage = instance.event_log_storage
    storage.set_concurrency_slots("dbt", 1)
    pids = {"dead": dead_process(), "alive": os.getpid(), None: None}
    storage.claim_concurrency_slot("dbt", run_of(instance, pids[pid], found), "dbt")
    clean_up(instance)
    claim = storage.claim_concurrency_slot("dbt", make_new_run_id(), "dbt")
    assert claim.is_claimed is free
