"""Why the marts must be built although nothing has drifted."""

from collections.abc import Container

from shopstream_platform.contract.raw import RAW_VERSION
from shopstream_platform.dbt.project import code_version
from shopstream_platform.stores.build_log import Build
from shopstream_platform.stores.warehouse import Warehouse

INCOMPLETE = "the last build of the marts was not complete"


def why_build(warehouse: Warehouse, build: Build | None) -> str | None:
    """Why dbt must run; None if the newest build is complete and of the newest loads and code."""
    if build is None:
        return "the marts have not been built by this version yet"
    if build.finished_at is None:
        return INCOMPLETE
    if build.raw_version != int(warehouse.value(RAW_VERSION)):
        return "RAW was loaded after the last complete build"
    if build.code_version != code_version():
        return "the dbt project has changed since the last complete build"
    return None


def why_complete(build: Build | None, refused: Container[str]) -> str | None:
    """Why dbt must run after a build that left out tables: some of them are not refused any more."""
    if back := [name for name in (build.left_out if build else ()) if name not in refused]:
        return f"the last build left out what is made from {', '.join(back)}"
    return None
