"""One client's session: its place, role, parameters, transaction and temporary objects."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import duckdb
from fakesnow.conn import FakeSnowflakeConnection

from shopstream_platform.localsnow import transactions
from shopstream_platform.localsnow.cursor import WarehouseCursor
from shopstream_platform.localsnow.transactions import Transaction

if TYPE_CHECKING:
    from shopstream_platform.localsnow.catalogue import Catalogue
    from shopstream_platform.localsnow.credentials import S3Credentials

DEFAULT_PARAMETERS: dict[str, str] = {
    "LOCK_TIMEOUT": "43200",
    "STATEMENT_TIMEOUT_IN_SECONDS": "172800",
    "QUERY_TAG": "",
}


class Session(FakeSnowflakeConnection):
    """fakesnow's connection with a state of its own.

    Upstream forgets a closed session without a rollback and leaves its temporary objects to everybody.
    """

    def __init__(
        self, catalogue: Catalogue, user: str, database: str | None, schema: str | None, s3: S3Credentials | None
    ) -> None:
        super().__init__(
            catalogue.duck_conn.cursor(),
            catalogue.results_cache,
            database,
            schema,
            create_database=False,
            create_schema=False,
            db_path=catalogue.db_path,
        )
        self.place(database if self.database_set else None, schema if self.schema_set else None)
        self.catalogue = catalogue
        self.s3 = s3
        self.id = secrets.randbelow(2**53)
        self.context = {"user": user.upper(), "role": "ACCOUNTADMIN", "warehouse": None, "account": "LOCAL"}
        self.parameters = dict(DEFAULT_PARAMETERS)
        self.transaction = Transaction()
        self.temporaries: dict[tuple[str, str, str], str] = {}
        self.lock = threading.Lock()
        self.closing = self.timed_out = False
        self.last_used = time.monotonic()
        catalogue.sessions.add(self)

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        return self._duck_conn

    @property
    def autocommit_on(self) -> bool:
        return self.parameters.get("AUTOCOMMIT", "true").lower() == "true"

    @property
    def lock_timeout(self) -> float:
        return float(self.parameters["LOCK_TIMEOUT"])

    @property
    def statement_timeout(self) -> float:
        """Seconds; Snowflake means its longest timeout by 0."""
        return float(self.parameters["STATEMENT_TIMEOUT_IN_SECONDS"]) or 172_800

    def place(self, database: str | None, schema: str | None) -> None:
        """Note the current database and schema; DuckDB is told apart."""
        self.database, self._schema = database, schema  # pyright: ignore[reportAttributeAccessIssue]
        self.database_set, self.schema_set = database is not None, schema is not None

    def cursor(self, cursor_class: type[Any] = WarehouseCursor) -> WarehouseCursor:
        return WarehouseCursor(self)

    @contextmanager
    def aside(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A DuckDB connection at the session's place but outside its transaction."""
        with self.catalogue.duck_conn.cursor() as connection:
            if self.database_set:
                connection.execute(f"SET schema = '{self.database}.{self._schema if self.schema_set else 'main'}'")
            yield connection

    def time_out(self) -> None:
        """Cancel the running statement for having taken longer than STATEMENT_TIMEOUT_IN_SECONDS."""
        self.timed_out = True
        self.duck.interrupt()

    def end(self) -> None:
        """Stop what is running, roll back what is open, and drop what is temporary."""
        self.closing = True
        self.duck.interrupt()
        with self.lock:
            with suppress(duckdb.Error):
                transactions.rollback(self)
            self.close()
