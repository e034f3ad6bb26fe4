"""What the handlers of statements need of a session, of its cursor and of the catalogue, and no more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
from sqlglot import Expr

from shopstream_platform.localsnow.object_store import ObjectStore
from shopstream_platform.localsnow.state import Parameters, Transaction


class Catalogue(Protocol):
    """All databases, shared by the sessions."""

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        """The connection that those of the sessions are made from."""
        ...

    @property
    def lock(self) -> threading.Lock:
        """Held by whoever writes to what the sessions share."""
        ...

    @property
    def sessions(self) -> Iterable[Session]: ...

    @property
    def locks(self) -> Locks: ...

    @property
    def object_store(self) -> ObjectStore: ...

    @property
    def scratch(self) -> Path:
        """A folder for files that a statement needs while it runs."""
        ...

    def database_file(self, name: str) -> Path: ...

    def forget_database(self, name: str) -> None: ...


class Locks(Protocol):
    """Of tables, by transactions."""

    def take(self, session: Session, name: tuple[str, str, str], end_if_idle: Callable[[Session], None]) -> None: ...

    def release(self, session: Session) -> None: ...


class Session(Protocol):
    """One client's session."""

    transaction: Transaction
    # (database, schema, name) -> the name that DuckDB keeps the temporary object under.
    temporaries: dict[tuple[str, str, str], str]
    last_used: float

    @property
    def id(self) -> int: ...

    @property
    def duck(self) -> duckdb.DuckDBPyConnection: ...

    @property
    def catalogue(self) -> Catalogue: ...

    @property
    def database(self) -> str | None: ...

    @property
    def schema(self) -> str | None: ...

    @property
    def context(self) -> dict[str, str | None]:
        """User, role, warehouse and account."""
        ...

    @property
    def parameters(self) -> Parameters: ...

    @property
    def lock(self) -> threading.Lock:
        """Held while a statement runs."""
        ...

    @property
    def timed_out(self) -> bool: ...

    @property
    def canceled(self) -> bool: ...

    @property
    def closing(self) -> bool: ...

    def place(self, database: str | None, schema: str | None) -> None:
        """Note the current database and schema; DuckDB is told apart."""
        ...

    def aside(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A DuckDB connection at the session's place but outside its transaction."""
        ...


class Cursor(Protocol):
    """One statement of a session."""

    @property
    def session(self) -> Session: ...

    @property
    def table(self) -> pa.Table:
        """The result of the statement."""
        ...

    def answer(self, sql: str) -> None:
        """Make the result of this DuckDB query the result of the statement."""
        ...

    def translate(self, expression: Expr, params: Any = None) -> Expr:
        """The statement, or part of one, for DuckDB."""
        ...

    def execute_translated(self, expression: Expr, params: Any = None) -> None:
        """Translate, and run the one or several DuckDB statements that come of it."""
        ...
