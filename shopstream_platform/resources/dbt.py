"""dbt's command line on the project, which finds its warehouse in SNOWFLAKE_* variables."""

import sys
from pathlib import Path

from dagster_dbt import DbtCliResource

from shopstream_platform.dbt_project import PROFILES_DIR, PROJECT_DIR


def dbt_resource() -> DbtCliResource:
    """dagster-dbt's resource, with the dbt of this Python, whether or not its folder is on the PATH."""
    return DbtCliResource(
        project_dir=str(PROJECT_DIR),
        profiles_dir=str(PROFILES_DIR),
        dbt_executable=str(Path(sys.executable).parent / "dbt"),
    )
