"""dbt's command line on the project, which finds its warehouse in SNOWFLAKE_* variables."""

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version as installed_version

from packaging.version import Version

from shopstream_platform.dbt.project import EXECUTABLE, PROFILES_DIR, PROJECT_DIR
from shopstream_platform.defs.dagster_dbt import DbtCliResource


class DbtResource(DbtCliResource):
    """dagster-dbt's resource without two things that cost a run several seconds each."""

    @cached_property
    def _cli_version(self) -> Version:
        """Upstream asks `dbt --version`, which loads all of dbt; the installed package knows."""
        return Version(installed_version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Upstream loads dbt into this process too, for row counts and column metadata, which are not fetched."""


def dbt_resource() -> DbtCliResource:
    """The resource of the project beside this package."""
    return DbtResource(project_dir=str(PROJECT_DIR), profiles_dir=str(PROFILES_DIR), dbt_executable=str(EXECUTABLE))
