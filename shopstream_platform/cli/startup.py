"""What a demo does beside the start of the services: imports that take as long, and the parse of the dbt project."""

import os
from contextlib import suppress
from importlib import import_module

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings


def preload() -> None:
    """Import what a run needs."""
    for library in ("snowflake.connector", "dagster", "dagster_dbt", "altair", "vl_convert"):
        import_module(library)


def parse_dbt(settings: Settings) -> None:
    """Parse the dbt project with the profile that the run will have."""
    from shopstream_platform.dbt.project import manifest_path
    from shopstream_platform.services import resolve as services

    os.environ.update(services.warehouse(settings).environment())
    # The definitions ask for the manifest too, wait for this one, and say what is wrong.
    with suppress(ShopStreamError):
        manifest_path(settings.dbt)
