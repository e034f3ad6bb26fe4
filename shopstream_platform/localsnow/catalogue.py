"""The databases of the local warehouse: files in ROOT/data, all attached at start, and nothing else reachable."""

import os
import re
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

import duckdb
from fakesnow import info_schema, macros
from fakesnow.instance import GLOBAL_DATABASE_NAME, FakeSnow
from fakesnow.transforms import show, stage

from shopstream_platform.localsnow import (
    functions,
    metadata,
    patches,
    variants,
)
from shopstream_platform.localsnow.errors import sql_error

DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED = {"SYSTEM", "TEMP", "MEMORY", GLOBAL_DATABASE_NAME.upper()}


@dataclass(frozen=True)
class Folders:
    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def scratch(self) -> Path:
        """Downloads of running COPY statements, and what DuckDB spills; emptied at every start."""
        return self.root / "scratch"


class RecentResults(OrderedDict[str, Any]):
    """The results of the last statements, for RESULT_SCAN.

    Upstream keeps the result of every statement for ever: a loader's server grows without bound.
    """

    def __init__(self, limit: int = 64, rows: int = 10_000) -> None:
        super().__init__()
        self._limit, self._rows = limit, rows

    def __setitem__(self, query_id: str, result: Any) -> None:
        if result[0] is not None and result[0].num_rows > self._rows:
            return
        super().__setitem__(query_id, result)
        while len(self) > self._limit:
            self.popitem(last=False)


class Catalogue(FakeSnow):
    """fakesnow's instance, kept in files.

    Upstream keeps the catalogue of stages, file formats, comments and text lengths in memory and attaches a database
    only when somebody connects to it by name, so both are lost at a restart.
    """

    def __init__(self, folders: Folders, memory_limit: str, threads: int) -> None:
        self.folders = folders
        self.create_database_on_connect = False
        self.create_schema_on_connect = False
        self.db_path = folders.data
        self.nop_regexes = None
        self.results_cache = RecentResults()
        patches.apply()
        self.metadata_lock = threading.Lock()
        self.sessions: WeakSet[Any] = WeakSet()
        self.s3_client: Any = None
        # Upstream keeps internal stages in a directory of its own under /tmp, which DuckDB may not reach here.
        # It makes one whenever it is imported, and never removes it.
        with suppress(OSError):
            Path(stage.LOCAL_BUCKET_PATH).rmdir()
        stage.LOCAL_BUCKET_PATH = str(folders.data / "stages")
        self.duck_conn = self._open(memory_limit, threads)
        self._attach_all()
        self._lock_down()

    def _open(self, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
        settings: dict[str, Any] = {
            "lambda_syntax": "ENABLE_SINGLE_ARROW",
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(self.folders.scratch / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        return duckdb.connect(":memory:", config=settings)

    def _attach_all(self) -> None:
        run = self.duck_conn.execute
        run(f"ATTACH '{_quoted(self.folders.data / 'catalogue.duckdb')}' AS {GLOBAL_DATABASE_NAME}")
        run(info_schema.fs_global_creation_sql())
        run(show.fs_global_creation_sql())
        run(functions.CREATION_SQL)
        for file in sorted(self.folders.data.glob("*.db")):
            run(f"ATTACH '{_quoted(file)}' AS {file.stem}")
            run(database_creation_sql(file.stem))

    def _lock_down(self) -> None:
        """No SQL of any session reaches a file outside the warehouse's own folders, nor changes this."""
        allowed = ", ".join(f"'{_quoted(path)}'" for path in (self.folders.data, self.folders.scratch))
        run = self.duck_conn.execute
        run("SET GLOBAL TimeZone = 'UTC'")
        run(f"SET allowed_directories = [{allowed}]")
        run("SET enable_external_access = false")
        run("SET lock_configuration = true")

    def database_file(self, name: str) -> Path:
        """Where the database of this name is kept; a name that could leave the folder is refused."""
        if not DATABASE_NAME.fullmatch(name) or name.upper() in RESERVED:
            raise sql_error(f"SQL compilation error:\ninvalid database name '{name}'.", 1003, "42000")
        return self.folders.data / f"{name}.db"

    def forget_database(self, name: str) -> None:
        """Upstream detaches a dropped database but leaves its file, which would be back at the next start."""
        path = self.database_file(name)
        for file in (path, path.with_suffix(".db.wal")):
            file.unlink(missing_ok=True)
        metadata.forget(self, name)

    def close(self) -> None:
        """Checkpoints every database."""
        self.duck_conn.close()


def database_creation_sql(name: str) -> str:
    """The views and macros that fakesnow needs in a database.

    Upstream replaces its macros at every connect, which fails once a column default depends on one.
    """
    upstream = macros.creation_sql(name).replace("CREATE OR REPLACE MACRO", "CREATE MACRO IF NOT EXISTS")
    parts = (info_schema.per_db_creation_sql(name), upstream, metadata.database_sql(name), variants.database_sql(name))
    return ";".join(parts)


def default_threads() -> int:
    return os.cpu_count() or 1


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
