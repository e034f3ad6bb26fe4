"""dbt's command line on the project, which finds its warehouse in SNOWFLAKE_* variables."""

from dagster_dbt import DbtCliResource

from shopstream_platform.dbt_project import EXECUTABLE, PROFILES_DIR, PROJECT_DIR


def dbt_resource() -> DbtCliResource:
    """dagster-dbt's resource."""
    return DbtCliResource(
        project_dir=str(PROJECT_DIR),
        profiles_dir=str(PROFILES_DIR),
        dbt_executable=str(EXECUTABLE),
    )
