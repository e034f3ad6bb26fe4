"""Dagster's default run launcher, and what it lacks: it notices that the process of a run is gone.

A run whose process was killed would stay started, and hold up the queue, until its time is up. Run monitoring asks this
launcher instead and fails the run at its next look. For one machine: the daemon must see the run's process.
"""

import os
from pathlib import Path

from dagster import DagsterEventType, DagsterRun
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus

FIRST_EVENTS = 20
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
        found = self._process(run.run_id)
        if found is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "the run has not named its process yet")
        pid, named_at = found
        if is_alive(pid, named_at):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, f"process {pid} is gone: it was killed")

    def _process(self, run_id: str) -> tuple[int, float] | None:
        """The process id and when the run named it."""
        records = self._instance.get_records_for_run(
            run_id, of_type=DagsterEventType.ENGINE_EVENT, limit=FIRST_EVENTS, ascending=True
        ).records
        for record in records:
            event = record.event_log_entry.dagster_event
            if event and "pid" in (metadata := event.engine_event_data.metadata):
                return int(str(metadata["pid"].value)), record.event_log_entry.timestamp
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
