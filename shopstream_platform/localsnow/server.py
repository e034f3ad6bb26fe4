"""The local warehouse's server: `python -m shopstream_platform.localsnow.server --root DIR --port N`."""

from __future__ import annotations

import argparse
import logging
import shutil
import signal
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.localsnow.credentials import load_credentials

if TYPE_CHECKING:
    from shopstream_platform.localsnow.catalogue import Folders

ADDRESS = "127.0.0.1"


def main() -> None:
    arguments = _arguments()
    try:
        serve(arguments.root.resolve(), arguments.port, arguments.memory_limit, arguments.threads)
    except ShopStreamError as error:
        sys.exit(str(error))


def serve(root: Path, port: int, memory_limit: str, threads: int | None) -> None:
    """Serve until SIGTERM or SIGINT, then roll back what is open and close the databases."""
    credentials = load_credentials(root)
    sys.meta_path.insert(0, WithoutPandas())
    import uvicorn

    from shopstream_platform.localsnow.catalogue import Catalogue, Folders, default_threads
    from shopstream_platform.localsnow.http import Warehouse, create_app

    folders = Folders(root)
    prepare_folders(folders)
    warehouse = Warehouse(Catalogue(folders, memory_limit, threads or default_threads()), credentials)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    # uvicorn raises the signal again when it has finished; the default action would skip closing the databases.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        uvicorn.run(
            create_app(warehouse, port),
            host=ADDRESS,
            port=port,
            log_level="warning",
            timeout_keep_alive=120,
            timeout_graceful_shutdown=5,
        )
    finally:
        warehouse.close()


class WithoutPandas(MetaPathFinder):
    """The connector imports pandas where it finds it, a second and a half at each start; nothing here uses it."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("The server of the local warehouse runs without pandas.", name=name)


def prepare_folders(folders: Folders) -> None:
    folders.root.chmod(0o700)
    folders.data.mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(folders.scratch, ignore_errors=True)
    folders.scratch.mkdir(mode=0o700)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A local stand-in for Snowflake.")
    parser.add_argument("--root", type=Path, required=True, help="folder of the databases, log and credentials.json")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--memory-limit", default="640MB", help="DuckDB's memory; more is spilled to ROOT/scratch")
    parser.add_argument("--threads", type=int, help="default: one for each CPU")
    return parser.parse_args()


if __name__ == "__main__":
    main()
