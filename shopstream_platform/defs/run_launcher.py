"""Dagster's default run launcher, and what it lacks: it notices that the process of a run is gone.

A run whose process was killed would stay started, and hold up the queue, until its time is up. Run monitoring asks this
launcher instead and fails the run at its next look. For one machine: the daemon must see the run's process.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from dagster import DagsterEventType, DagsterInstance, DagsterRun
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus

FIRST_EVENTS = 20
# Of a run that a `shopstream` command works on itself.
PID_TAG = "shopstream/pid"
# A process starts before it says so; the clock of processes and that of events differ by less than this.
SLACK_SECONDS = 2.0


class LocalRunLauncher(DefaultRunLauncher):
    """DefaultRunLauncher whose runs are failed when their process is gone; set in dagster.yaml."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring asks for every started run."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the process that the run named as its own still lives, whoever started it."""
        process = process_of(self._instance, run)
        if process is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "the run has not named its process yet")
        if process.is_alive:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, f"process {process.pid} is gone: it was killed")


@dataclass(frozen=True)
class RunProcess:
    """The process that works on a run: its start (ticks since boot) or, as an event tells, when it was known to run."""

    pid: int
    started: int | None = None
    named_at: float = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether it still works."""
        if self.started is None:
            return is_alive(self.pid, self.named_at)
        # By ticks since boot: the clock may be set while the run goes on.
        return _start_of(self.pid) == self.started


def own_process() -> str:
    """This process, as the value of PID_TAG."""
    started = _start_of(os.getpid())
    return str(os.getpid()) if started is None else f"{os.getpid()}/{started}"


def process_of(instance: DagsterInstance, run: DagsterRun) -> RunProcess | None:
    """The process that the run named as its own, by a tag at its creation or by an event; None before it did."""
    if tag := run.tags.get(PID_TAG):
        pid, _, started = tag.partition("/")
        if started:
            return RunProcess(int(pid), int(started))
        record = instance.get_run_record_by_id(run.run_id)
        return RunProcess(int(pid), named_at=record.create_timestamp.timestamp()) if record else None
    records = instance.get_records_for_run(
        run.run_id, of_type=DagsterEventType.ENGINE_EVENT, limit=FIRST_EVENTS, ascending=True
    ).records
    for record in records:
        event = record.event_log_entry.dagster_event
        if event and "pid" in (metadata := event.engine_event_data.metadata):
            return RunProcess(int(str(metadata["pid"].value)), named_at=record.event_log_entry.timestamp)
    return None


def is_alive(pid: int, at: float) -> bool:
    """Whether the process that had this id at a time still runs; one that got the id later is another."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # Another user's, which some machines hide from procfs.
        return True
    if not Path("/proc/self").exists():
        # No procfs, as on macOS: the id is all there is.
        return True
    started = _start_of(pid)
    return started is not None and _boot() + started / os.sysconf("SC_CLK_TCK") <= at + SLACK_SECONDS


def _start_of(pid: int) -> int | None:
    """When the process started, in ticks since the machine did; None if it does not work, or without procfs."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # Field 22 of the whole line.
    return None if state == "Z" else int(fields[18])


def _boot() -> float:
    lines = Path("/proc/stat").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("btime "))
