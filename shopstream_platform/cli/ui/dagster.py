"""Dagster's web server as an ASGI application: the one place that takes its parts instead of its command line.

Its command `dagster-webserver` takes no application around its own. What is used here is not Dagster's public
interface: a test of the UI behind the guard fails if an upgrade changes it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.version import __version__
from dagster_webserver.webserver import DagsterWebserver
from starlette.types import ASGIApp

# dagster-webserver's own defaults.
STATEMENT_TIMEOUT_MS, POOL_RECYCLE_SECONDS, POOL_MAX_OVERFLOW = 15_000, 3600, 20
LIVE_DATA_POLL_MS = 2000


@contextmanager
def application(workspace: Path, *, read_only: bool) -> Iterator[ASGIApp]:
    """The UI and its API on the instance of DAGSTER_HOME, with the code locations of a workspace.yaml."""
    with DagsterInstance.get() as instance:
        instance.optimize_for_webserver(STATEMENT_TIMEOUT_MS, POOL_RECYCLE_SECONDS, POOL_MAX_OVERFLOW)
        target = WorkspaceFileTarget([str(workspace)])
        with WorkspaceProcessContext(instance, target, version=__version__, read_only=read_only) as context:
            yield DagsterWebserver(context, live_data_poll_rate=LIVE_DATA_POLL_MS).create_asgi_app()
