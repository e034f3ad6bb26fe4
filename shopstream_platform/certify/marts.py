"""dbt: a second build on the same RAW makes the same rows."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from shopstream_platform.certify.contents import digests, unlike
from shopstream_platform.certify.outcome import Different, Outcome, prove
from shopstream_platform.certify.site import Site, finish
from shopstream_platform.dbt.project import EXECUTABLE, PROFILES_DIR, PROJECT_DIR
from shopstream_platform.stores.dbt_login import dbt_variables


def built_twice(site: Site) -> Iterator[Outcome]:
    """The build of the last refresh, and another."""
    yield prove("dbt", "dbt builds twice with the same contents of CORE and MARTS", lambda: _twice(site))


def _twice(site: Site) -> str:
    with site.session() as warehouse:
        before = digests(warehouse, "CORE", "MARTS")
    if not before:
        raise Different("no refresh has built anything yet")
    build(site)
    with site.session() as warehouse:
        after = digests(warehouse, "CORE", "MARTS")
    if wrong := unlike(before, after):
        raise Different("; ".join(wrong))
    return f"{sum(rows for rows, _ in after.values()):,} rows of {len(after)} tables"


def build(site: Site, **variables: str) -> None:
    """`dbt build` of the whole project. Different if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        place = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROFILES_DIR)]
        # A target of its own: a partial parse forgets the severities of singular tests.
        own = ["--target-path", str(Path(folder) / "target"), "--log-path", folder, "--no-use-colors"]
        command = [str(EXECUTABLE), "--quiet", "build", *place, *own]
        environment = site.environment() | dbt_variables(site.platform) | variables
        finish(site.start_program(command, environment), "dbt build")
