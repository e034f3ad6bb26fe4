"""The local warehouse's server: `python -m shopstream_platform.localsnow.server --root DIR --port N`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from functools import partial
from importlib.abc import MetaPathFinder
from pathlib import Path

from shopstream_platform.localsnow import logs
from shopstream_platform.localsnow.credentials import CredentialsError, S3Credentials, load_credentials
from shopstream_platform.localsnow.folders import Folders

ADDRESS = "127.0.0.1"


def main() -> None:
    arguments = _arguments()
    try:
        serve(arguments)
    except CredentialsError as error:
        sys.exit(str(error))


def serve(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT, then roll back what is open and close the databases."""
    root, port = arguments.root.resolve(), arguments.port
    credentials = load_credentials(root)
    sys.meta_path.insert(0, WithoutPandas())
    # Imported here, behind the line above: with pandas in sight they take 1.0 s of CPU more (measured).
    import uvicorn

    from shopstream_platform.localsnow.catalogue import DamagedDatabase, LocalCatalogue
    from shopstream_platform.localsnow.connections import (
        BACKLOG,
        LONGEST_HEAD,
        Connections,
        WatchedProtocol,
        raise_file_limit,
    )
    from shopstream_platform.localsnow.http import Warehouse, create_app
    from shopstream_platform.localsnow.plans import MB, Plans

    folders = Folders(root)
    folders.prepare()
    try:
        plans = Plans(arguments.plans_mb * MB)
        threads = arguments.threads or os.cpu_count() or 1
        catalogue = LocalCatalogue(folders, arguments.memory_limit, threads, partial(_s3_now, root), plans)
    except DamagedDatabase as error:
        sys.exit(str(error))
    connections = Connections(raise_file_limit())
    warehouse = Warehouse(catalogue, credentials, connections)
    logs.configure()
    # uvicorn raises the signal again when it has finished; the default action would skip closing the databases.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        uvicorn.run(
            create_app(warehouse, port, connections),
            host=ADDRESS,
            port=port,
            # Called for each connection, like the class that uvicorn expects.
            http=partial(WatchedProtocol, connections),  # pyright: ignore[reportArgumentType]
            ws="none",
            lifespan="off",
            backlog=BACKLOG,
            h11_max_incomplete_event_size=LONGEST_HEAD,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            log_config=None,
            log_level="warning",
            timeout_keep_alive=120,
            timeout_graceful_shutdown=5,
        )
    finally:
        warehouse.close()


def _s3_now(root: Path) -> S3Credentials | None:
    # Here, for the connector's sake: see `serve`.
    from shopstream_platform.localsnow.errors import INTERNAL, sql_error

    try:
        return load_credentials(root).s3
    except CredentialsError as error:
        raise sql_error(str(error), INTERNAL, "XX000") from error


class WithoutPandas(MetaPathFinder):
    """The connector imports pandas where it finds it, a second and a half at each start; nothing here uses it."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("The server of the local warehouse runs without pandas.", name=name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A local stand-in for Snowflake.")
    parser.add_argument("--root", type=Path, required=True, help="folder of the databases, log and credentials.json")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--memory-limit", default="640MB", help="DuckDB's memory; more is spilled to ROOT/scratch")
    parser.add_argument("--threads", type=int, help="default: one for each CPU")
    parser.add_argument("--plans-mb", type=int, default=16, help="for translated statements; 0 keeps none")
    return parser.parse_args()


if __name__ == "__main__":
    main()
