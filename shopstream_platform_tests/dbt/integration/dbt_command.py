"""dbt in a process of its own, on the embedded warehouse."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from shopstream_platform.dbt import project as dbt_project
from shopstream_platform.services import embedded

# Unit tests say nothing about what was loaded, and take longer than the rest.
BUILD = ("build", "--exclude-resource-type", "unit_test")
# One log, however long: dbt begins another one after 10 MB.
LOG_IN_JSON = {"DBT_LOG_FORMAT_FILE": "json", "DBT_LOG_FILE_MAX_BYTES": "0"}


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


@dataclass(frozen=True)
class Sent:
    """A statement that dbt sent for a node; the node is empty where it was for none."""

    node: str
    sql: str


def sent(log: Path) -> list[Sent]:
    """What dbt sent to the warehouse, by a log in JSON (LOG_IN_JSON)."""
    events = map(json.loads, log.read_text("utf-8").splitlines())
    queries = (event["data"] for event in events if event["info"]["name"] == "SQLQuery")
    return [Sent(query.get("node_info", {}).get("node_name", ""), query["sql"]) for query in queries]
