"""Snowflake: a session for our assets, and dagster-snowflake's SnowflakeResource for yours."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import dagster as dg

from shopstream_platform.config.connections import DATABASE, SNOWFLAKE_VARIABLES, SnowflakeConnection
from shopstream_platform.services import resolve
from shopstream_platform.stores.warehouse import Warehouse, open_session, session_arguments

if TYPE_CHECKING:
    from dagster_snowflake import SnowflakeResource


class WarehouseResource(dg.ConfigurableResource):
    """The platform's database in a Snowflake account; key-pair login, or a password where there is no key.

    Without an account: the embedded warehouse of the home, started and set up on first use.
    """

    home: str | None = None
    account: str | None = None
    user: str | None = None
    password: str | None = None
    private_key_path: str | None = None
    role: str | None = None
    database: str = DATABASE
    host: str | None = None
    port: int | None = None
    protocol: str | None = None

    def connection(self) -> SnowflakeConnection:
        """The account and its login, which dbt's profile takes too."""
        parts = {part: getattr(self, part) for part in SNOWFLAKE_VARIABLES if part in type(self).model_fields}
        return resolve.warehouse_at(SnowflakeConnection(**parts) if self.account else None, self.home)

    def snowflake(self) -> "SnowflakeResource":
        """dagster-snowflake's resource, in schema RAW on LOADING_WH: for assets that want Snowpark or pandas."""
        # 8 s: it brings Snowpark and Snowflake's Python API.
        from dagster_snowflake import SnowflakeResource

        return SnowflakeResource(**session_arguments(self.connection()))

    def session(self, **tag: str) -> AbstractContextManager[Warehouse]:
        """A session with the same arguments; always closed, and rolled back by that if a transaction is open.

        `tag` is written into the query history: layer, table, run.
        """
        return open_session(self.connection(), **tag)
