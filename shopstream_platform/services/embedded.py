"""The zero-account services: PostgreSQL, an object store and a warehouse on this machine, below one home folder.

A service starts when it is asked for and stays until `down`; asking for a running one costs some milliseconds.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from shopstream_platform.config.connections import PostgresConnection, S3Connection, SnowflakeConnection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import HOME_MARKER, explained, is_claimed
from shopstream_platform.services.object_store import EmbeddedObjectStore
from shopstream_platform.services.postgres import EmbeddedPostgres, find_binaries
from shopstream_platform.services.process.service import Service, ServiceStatus
from shopstream_platform.services.warehouse import EmbeddedWarehouse

POLL_SECONDS = 0.1


def ensure_postgres(home: Path) -> PostgresConnection:
    """The database `shopstream` of the embedded PostgreSQL, started if need be."""
    return EmbeddedPostgres(home).start()


def database(home: Path, name: str) -> PostgresConnection:
    """Another database of the embedded PostgreSQL, created if need be."""
    return EmbeddedPostgres(home).create_database(name)


def ensure_object_store(home: Path) -> S3Connection:
    """The bucket of the embedded object store, started and created if need be."""
    at = EmbeddedObjectStore(home).start()
    if _can_import_warehouse():
        EmbeddedWarehouse(home, lambda: at).note_store(at)
    return at


def ensure_warehouse(home: Path) -> SnowflakeConnection:
    """The embedded warehouse with the platform's schemas and tables, started and set up if need be."""
    return _warehouse(home).start()


def starting_warehouse(home: Path) -> SnowflakeConnection:
    """Where the warehouse will answer that somebody is starting, which is known before it does."""
    warehouse = _warehouse(home)
    deadline = time.monotonic() + warehouse.start_timeout
    while True:
        try:
            return warehouse.connection()
        except ShopStreamError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def compact_lake(home: Path) -> None:
    """Let the object store's files hold nothing of what was deleted."""
    EmbeddedObjectStore(home).compact()


def drop_changes_of_lake(home: Path) -> None:
    """Delete what the object store has logged of its own changes, but for the newest day."""
    EmbeddedObjectStore(home).drop_changes()


def compact_warehouse(home: Path) -> None:
    """Let the warehouse's files hold nothing of what was deleted; its server starts again."""
    _warehouse(home).compact()


def postgres_files(home: Path) -> Path:
    """The folder of the embedded PostgreSQL's own files."""
    return EmbeddedPostgres(home).data


def psql_program() -> Path:
    """psql of the embedded server's binaries, or of the machine."""
    found = shutil.which("psql")
    if found:
        return Path(found)
    return find_binaries(None) / "psql"


def up(home: Path) -> list[ServiceStatus]:
    """Start all services, side by side."""
    _side_by_side([partial(start, home) for start in (ensure_postgres, ensure_object_store, ensure_warehouse)])
    return status(home)


def down(home: Path) -> bool:
    """Stop all services; False if none ran."""
    return any(_side_by_side([service.stop for service in _installed(home)]))


def status(home: Path) -> list[ServiceStatus]:
    """A look at all services; starts and changes nothing."""
    return [service.status() for service in _installed(home)]


def reset(home: Path) -> None:
    """Stop the services and delete all that lies in the home, which must be one that they made."""
    home = Path(home).resolve()
    if not home.exists() or not any(home.iterdir()):
        return
    if not is_claimed(home):
        raise ShopStreamError(
            f"{home} was not made by ShopStream (it has no {HOME_MARKER} file), so nothing in it is deleted: "
            "check SHOPSTREAM_HOME, or delete what you no longer need by hand."
        )
    down(home)
    try:
        # The marker goes last: a reset that was killed can be run again.
        for entry in sorted(home.iterdir(), key=lambda entry: entry.name == HOME_MARKER):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    except OSError as error:
        raise explained(error, home) from error


def _side_by_side(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))


def _installed(home: Path) -> list[Service[Any]]:
    # The first two need nothing installed to find, and stop, what an earlier installation started.
    return [EmbeddedPostgres(home), EmbeddedObjectStore(home), *([_warehouse(home)] if _can_import_warehouse() else [])]


def _can_import_warehouse() -> bool:
    return all(find_spec(package) for package in ("fakesnow", "duckdb"))


def _warehouse(home: Path) -> EmbeddedWarehouse:
    if not _can_import_warehouse():
        raise ShopStreamError(
            "The embedded warehouse is not installed: pip install 'shopstream-platform[embedded]', "
            "or set SNOWFLAKE_ACCOUNT to use a Snowflake account."
        )
    return EmbeddedWarehouse(home, lambda: ensure_object_store(home))
