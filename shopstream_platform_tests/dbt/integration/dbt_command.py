"""dbt in a process of its own, on the embedded warehouse."""

import os
import subprocess
from pathlib import Path

from shopstream_platform.dbt import project as dbt_project
from shopstream_platform.services import embedded

# Unit tests say nothing about what was loaded, and take longer than the rest.
BUILD = ("build", "--exclude-resource-type", "unit_test")


def command(*arguments: str) -> list[str]:
    """dbt's command line."""
    return [str(dbt_project.EXECUTABLE), *arguments]


def environment(home: Path, target: Path) -> dict[str, str]:
    """Variables for a process, without those of the shell that would redirect it; results go to `target`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "SNOWFLAKE_"))}
    place = {
        "DBT_PROJECT_DIR": str(dbt_project.PROJECT_DIR),
        "DBT_PROFILES_DIR": str(dbt_project.PROFILES_DIR),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
    }
    return own | embedded.ensure_warehouse(home).environment() | place


def run_dbt(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run and wait."""
    return subprocess.run(command(*arguments), env=variables, capture_output=True, text=True, check=False, timeout=600)
