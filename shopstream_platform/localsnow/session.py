"""One client's session: its place, role, parameters, transaction and temporary objects."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from shopstream_platform.localsnow import transactions
from shopstream_platform.localsnow.catalogue import LocalCatalogue
from shopstream_platform.localsnow.state import Parameters, Transaction
from shopstream_platform.localsnow.upstream import UpstreamSession


class LocalSession(UpstreamSession):
    """Upstream's session with a state of its own.

    Upstream forgets a closed session without a rollback and leaves its temporary objects to everybody.
    """

    def __init__(self, catalogue: LocalCatalogue, user: str, database: str | None, schema: str | None) -> None:
        super().__init__(catalogue.duck.cursor(), catalogue.results, database, schema, catalogue.folders.data)
        self.catalogue = catalogue
        self.id = secrets.randbelow(2**53)
        self.context: dict[str, str | None] = {
            "user": user.upper(),
            "role": "ACCOUNTADMIN",
            "warehouse": None,
            "account": "LOCAL",
        }
        self.parameters = Parameters()
        self.transaction = Transaction()
        self.temporaries: dict[tuple[str, str, str], str] = {}
        self.lock = threading.Lock()
        self.closing = self.timed_out = self.canceled = self.out_of_memory = False
        self.last_used = time.monotonic()
        catalogue.sessions.add(self)

    @contextmanager
    def aside(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A DuckDB connection at the session's place but outside its transaction."""
        with self.catalogue.duck.cursor() as connection:
            if self.place_sql is not None:
                connection.execute(f"SET schema = '{self.place_sql}'")
            yield connection

    def time_out(self) -> None:
        """Cancel the running statement for having taken longer than STATEMENT_TIMEOUT_IN_SECONDS."""
        self.timed_out = True
        self.duck.interrupt()

    def cancel(self) -> None:
        """Cancel the running statement because its client asks for it."""
        self.canceled = True
        self.duck.interrupt()

    def take_too_much(self) -> None:
        """Cancel the running statement for the memory that it takes."""
        self.out_of_memory = True
        self.duck.interrupt()

    def end(self) -> None:
        """Stop what is running, roll back what is open, and drop what is temporary."""
        self.closing = True
        self.duck.interrupt()
        with self.lock:
            with suppress(duckdb.Error):
                transactions.rollback(self)
            self.close()
