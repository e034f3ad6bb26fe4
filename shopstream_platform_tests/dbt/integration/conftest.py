"""dbt on the embedded warehouse."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shopstream_platform_tests.dbt.integration.dbt_command import BUILD, environment, run_dbt


@pytest.fixture
def build(running_home: Path, tmp_path: Path) -> Callable[..., str]:
    """Run dbt build, with more variables by keyword; its output. `fails` expects it to."""
    variables = environment(running_home, tmp_path / "target")

    def run(*arguments: str, fails: bool = False, **more: str) -> str:
        done = run_dbt(variables | more, *BUILD, *arguments)
        assert (done.returncode != 0) == fails, done.stdout[-4000:] + done.stderr[-1000:]
        return done.stdout

    return run
