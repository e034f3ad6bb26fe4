"""The OLTP source, read in one consistent snapshot."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import dagster as dg
from psycopg2.extensions import connection as Session

from shopstream_platform.config.connections import PostgresConnection
from shopstream_platform.config.source_dsn import source_connection
from shopstream_platform.contract.declare import SHOP
from shopstream_platform.services import resolve
from shopstream_platform.stores.postgres import connect, snapshot, snapshots


class PostgresResource(dg.ConfigurableResource):
    """A PostgreSQL server (14 or later); without a DSN the embedded one of the home, started on first use.

    A bare `postgresql://` lets libpq take the PG* variables.
    """

    home: str | None = None
    dsn: str | None = None
    source: str = SHOP
    # Of a source beside the shop; read when it is used, so that only its own tables fail without it.
    dsn_env: str | None = None

    def connection(self) -> PostgresConnection:
        """Where the server is and how to log in."""
        if self.dsn_env:
            return source_connection(self.source, self.dsn_env)
        return resolve.postgres_at(PostgresConnection(self.dsn) if self.dsn else None, self.home)

    def connect(self) -> AbstractContextManager[Session]:
        """A connection that commits when the block ends well, else rolls back; always closed."""
        return connect(self.connection().dsn)

    def snapshot(self) -> AbstractContextManager[Session]:
        """A read-only connection on which every query sees the same state of the source."""
        at = self.connection()
        return snapshot(at.dsn, setting=at.setting)

    def snapshots(
        self, number: int, warn: Callable[[str], None], locking: Sequence[str]
    ) -> AbstractContextManager[list[Session]]:
        """Read-only connections that all see the same state of the source; one, and a warning, if it is not shared.

        `locking` are the relations that nobody may truncate or rewrite meanwhile.
        """
        at = self.connection()
        return snapshots(at.dsn, number, warn, setting=at.setting, locking=locking)


def resource_key(source: str) -> str:
    """The key of a source's resource: `postgres` is the shop's."""
    return f"postgres_{source}" if source else "postgres"
