"""The databases of the local warehouse: files in ROOT/data, all attached at start, and nothing else reachable."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import duckdb

from shopstream_platform.localsnow import databases, functions, metadata, patches, upstream
from shopstream_platform.localsnow.credentials import S3Credentials
from shopstream_platform.localsnow.errors import sql_error
from shopstream_platform.localsnow.folders import Folders, quoted
from shopstream_platform.localsnow.interfaces import Session
from shopstream_platform.localsnow.locks import TableLocks
from shopstream_platform.localsnow.memory import MemoryGuard
from shopstream_platform.localsnow.object_store import ObjectStore
from shopstream_platform.localsnow.plans import Plans

DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED = {"SYSTEM", "TEMP", "MEMORY", upstream.GLOBAL_DATABASE.upper()}


class DamagedDatabase(Exception):
    """A file of the warehouse is not, or no longer, a database. The message is one line and names the file."""


class RecentResults(OrderedDict[str, Any]):
    """The results of the last statements, for RESULT_SCAN.

    Upstream keeps the result of every statement for ever: a loader's server grows without bound.
    """

    def __init__(self, limit: int = 64, rows: int = 10_000, size: int = 2**20) -> None:
        """Of so many statements, those results that have neither more rows nor more bytes."""
        super().__init__()
        self._limit, self._rows, self._size = limit, rows, size

    def __setitem__(self, query_id: str, result: Any) -> None:
        table = result[0]
        if table is not None and (table.num_rows > self._rows or table.nbytes > self._size):
            return
        super().__setitem__(query_id, result)
        while len(self) > self._limit:
            self.popitem(last=False)


class LocalCatalogue:
    """All databases, kept in files.

    Upstream keeps the catalogue of stages, file formats, comments and text lengths in memory and attaches a database
    only when somebody connects to it by name, so both are lost at a restart.
    """

    def __init__(
        self,
        folders: Folders,
        memory_limit: str,
        threads: int,
        s3: Callable[[], S3Credentials | None],
        plans: Plans,
    ) -> None:
        self.folders = folders
        self.results = RecentResults()
        self.plans = plans
        self.lock = threading.Lock()
        self.sessions: WeakSet[Session] = WeakSet()
        self.locks = TableLocks()
        self._s3 = s3
        self._object_store: tuple[S3Credentials, ObjectStore] | None = None
        patches.apply()
        upstream.keep_stages_in(folders.data / "stages")
        self.duck = self._open(memory_limit, threads)
        self.memory = MemoryGuard(_memory_limit(self.duck))
        self._attach_all()
        self._lock_down()

    @property
    def scratch(self) -> Path:
        return self.folders.scratch

    @property
    def object_store(self) -> ObjectStore:
        """The one that the credentials name now: it may have moved since the start."""
        at = self._s3()
        if at is None:
            raise sql_error("The local warehouse was started without an object store.", 2003, "02000")
        if self._object_store is None or self._object_store[0] != at:
            # Imported here: 0.07 s of CPU (measured) that a start does without.
            from shopstream_platform.localsnow.s3 import S3

            self._object_store = (at, S3(at))
        return self._object_store[1]

    def _open(self, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
        settings: dict[str, Any] = {
            "lambda_syntax": "ENABLE_SINGLE_ARROW",
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(self.folders.scratch / "spill"),
            # Or what one statement has freed would count against the next: it gives free memory back within a second.
            "allocator_background_threads": True,
            # Room for honest sorts and joins; a join of everything with everything must not fill the disk.
            "max_temp_directory_size": "20GB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        return duckdb.connect(":memory:", config=settings)

    def _attach_all(self) -> None:
        run = self.duck.execute
        shared = self.folders.data / "catalogue.duckdb"
        with _naming(shared):
            run(f"ATTACH '{quoted(shared)}' AS {upstream.GLOBAL_DATABASE}")
            run(upstream.global_creation_sql())
            run(functions.CREATION_SQL)
        for file in sorted(self.folders.data.glob("*.db")):
            with _naming(file):
                run(f"ATTACH '{quoted(file)}' AS {file.stem}")
                run(databases.creation_sql(file.stem))

    def _lock_down(self) -> None:
        """No SQL of any session reaches a file outside the warehouse's own folders, nor changes this."""
        allowed = ", ".join(f"'{quoted(path)}'" for path in (self.folders.data, self.folders.scratch))
        run = self.duck.execute
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
        self.duck.close()


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """What DuckDB cannot read of its own files is said of the file."""
    try:
        yield
    except duckdb.Error as error:
        if "No space left on device" in str(error):
            raise
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise DamagedDatabase(f"{file} cannot be read as a database: {reason}.") from error


def _memory_limit(duck: duckdb.DuckDBPyConnection) -> int:
    """DuckDB's limit in bytes; it understands more forms than are worth reading here, and says what it made of one."""
    duck.execute("SELECT current_setting('memory_limit')")
    number, unit = str((duck.fetchone() or ("0 bytes",))[0]).split()
    return int(float(number) * 1024 ** ("bytes", "KiB", "MiB", "GiB", "TiB").index(unit))
