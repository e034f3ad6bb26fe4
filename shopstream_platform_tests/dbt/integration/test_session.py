"""What dbt's sessions say of themselves and pin, on whichever connection a model is built."""

import json
import re
from pathlib import Path

import pytest

from shopstream_platform.stores.warehouse import FORMATS, LONGEST_TAG
from shopstream_platform_tests.dbt.integration.dbt_command import BUILD, environment, run_dbt

SETTING = re.compile(r"alter session set query_tag = '(.*?)' (timezone = .*)$", re.MULTILINE)


@pytest.mark.slow
def test_every_model_and_test_has_a_tag_and_pinned_formats(running_home: Path, tmp_path: Path) -> None:
    variables = environment(running_home, tmp_path) | {"SHOPSTREAM_RUN_ID": "it's a run"}
    done = run_dbt(variables, *BUILD, "--select", "stg_users", "--indirect-selection", "cautious")
    assert done.returncode == 0, done.stdout[-4000:]
    found = SETTING.findall((tmp_path / "dbt.log").read_text())
    tags = [json.loads(tag.replace("''", "'")) for tag, _ in found]
    assert {(tag["layer"], tag["model"]) for tag in tags} >= {
        ("staging", "stg_users"),
        ("test", "unique_stg_users_user_id"),
    }
    assert {(tag["app"], tag["run"]) for tag in tags} == {("shopstream", "it's a run")}
    assert max(len(tag) for tag, _ in found) <= LONGEST_TAG
    # The same as the platform's own sessions.
    pinned = {name.lower(): value for name, value in FORMATS.items()}
    assert [dict(re.findall(r"(\w+) = '([^']*)'", formats)) for _, formats in found] == [pinned] * len(found)
