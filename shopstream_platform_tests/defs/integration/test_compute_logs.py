"""What runs print, kept in the lake: written by the machine of the run, read by any other."""

import os
from pathlib import Path

import dagster as dg
import pytest
import yaml

from shopstream_platform.cli.environment import COMPUTE_LOGS_PREFIX, dagster_home
from shopstream_platform.config.groups import LakeSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake

PRINTED = "rows: a thousand"


@dg.op
def printing() -> None:
    print(PRINTED)


@dg.job
def talkative() -> None:
    printing()


def test_another_machine_reads_what_a_run_printed(running_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "DAGSTER_", "SHOPSTREAM_"))]:
        monkeypatch.delenv(name)
    variables = dagster_home(Settings(home=running_home, lake=LakeSettings(compute_logs_in_lake=True)))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    written = yaml.safe_load((Path(variables["DAGSTER_HOME"]) / "dagster.yaml").read_text())
    overrides = {"compute_logs": written["compute_logs"]}

    with dg.instance_for_test(overrides=overrides) as here:
        result = talkative.execute_in_process(instance=here)
        (captured,) = here.all_logs(result.run_id, of_type=dg.DagsterEventType.LOGS_CAPTURED)
    assert captured.dagster_event
    key = [result.run_id, "compute_logs", captured.dagster_event.logs_captured_data.file_key]
    with dg.instance_for_test(overrides=overrides) as elsewhere:
        read = elsewhere.compute_log_manager.get_log_data(key).stdout
    assert read
    assert PRINTED in read.decode()
    lake = Lake(embedded.ensure_object_store(running_home))
    assert any(result.run_id in name for name in lake.etags(COMPUTE_LOGS_PREFIX))
