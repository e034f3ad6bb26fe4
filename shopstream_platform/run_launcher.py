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
    """The process that works on a run, and when it was known to (seconds since the epoch)."""

    pid: int
    named_at: float

    @property
    def is_alive(self) -> bool:
        """Whether it still works."""
        return is_alive(self.pid, self.named_at)


def process_of(instance: DagsterInstance, run: DagsterRun) -> RunProcess | None:
    """The process that the run named as its own, by a tag at its creation or by an event; None before it did."""
    if pid := run.tags.get(PID_TAG):
        record = instance.get_run_record_by_id(run.run_id)
        return RunProcess(int(pid), record.create_timestamp.timestamp()) if record else None
    records = instance.get_records_for_run(
        run.run_id, of_type=DagsterEventType.ENGINE_EVENT, limit=FIRST_EVENTS, ascending=True
    ).records
    for record in records:
        event = record.event_log_entry.dagster_event
        if event and "pid" in (metadata := event.engine_event_data.metadata):
            return RunProcess(int(str(metadata["pid"].value)), record.event_log_entry.timestamp)
    return None


def is_alive(pid: int, at: float) -> bool:
    """Whether the process that had this id at a time still runs; one that got the id later is another."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        # No procfs, as on macOS: the id is all there is.
        return not Path("/proc/self").exists()
    state, *fields = stat.read_text().rpartition(")")[2].split()
    # Field 22 is the start, in ticks since the machine was started.
    return state != "Z" and _boot() + int(fields[18]) / os.sysconf("SC_CLK_TCK") <= at + SLACK_SECONDS


def _boot() -> float:
    lines = Path("/proc/stat").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("btime "))
