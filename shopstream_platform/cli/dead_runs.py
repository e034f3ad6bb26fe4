"""What a killed process leaves in the Dagster instance: runs that seem to go on, and slots of pools.

The daemon's run monitoring cleans up too; who works by command line alone has no daemon.
"""

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from shopstream_platform.defs.run_launcher import process_of

# Of runs that a process of this machine works on; queued ones belong to the daemon.
UNDER_WAY = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def clean_up(instance: DagsterInstance) -> list[str]:
    """Fail the runs whose process is gone and free their slots; one sentence a run. For an instance of this machine."""
    sentences: list[str] = []
    for run in instance.get_runs(RunsFilter(statuses=UNDER_WAY)):
        process = process_of(instance, run)
        if process and not process.is_alive:
            reason = f"its process {process.pid} no longer exists"
            instance.report_run_failed(run, f"The run was marked as failed, since {reason}.")
            sentences.append(f"an earlier run, {run.run_id.split('-')[0]}, was marked as failed: {reason}")
    _free_slots(instance)
    return sentences


def _free_slots(instance: DagsterInstance) -> None:
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return
    for run_id in storage.get_concurrency_run_ids():
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            storage.free_concurrency_slots_for_run(run_id)
