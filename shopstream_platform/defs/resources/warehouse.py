"""Snowflake: a session for our assets, and dagster-snowflake's SnowflakeResource for yours."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.services import embedded
from shopstream_platform.stores.warehouse import Warehouse, open_session, session_arguments

if TYPE_CHECKING:
    from dagster_snowflake import SnowflakeResource


class WarehouseResource(dg.ConfigurableResource):
    """The platform's database in a Snowflake account; key-pair login, or a password where there is no key."""

    account: str
    user: str
    password: str | None = None
    private_key_path: str | None = None
    role: str | None = None
    database: str = "SHOPSTREAM_DWH"
    host: str | None = None
    port: int | None = None
    protocol: str | None = None

    def connection(self) -> SnowflakeConnection:
        """The account and its login, which dbt's profile takes too."""
        return SnowflakeConnection(
            account=self.account,
            user=self.user,
            password=self.password,
            private_key_path=self.private_key_path,
            role=self.role,
            database=self.database,
            host=self.host,
            port=self.port,
            protocol=self.protocol,
        )

    def snowflake(self) -> "SnowflakeResource":
        """dagster-snowflake's resource, in schema RAW on LOADING_WH: for assets that want Snowpark or pandas."""
        # Imported here: it brings Snowpark and Snowflake's Python API, which take longer than a day's load.
        from dagster_snowflake import SnowflakeResource

        return SnowflakeResource(**session_arguments(self.connection()))

    def session(self) -> AbstractContextManager[Warehouse]:
        """A session with the same arguments; always closed, and rolled back by that if a transaction is open."""
        return open_session(self.connection())


class EmbeddedWarehouseResource(WarehouseResource):
    """WarehouseResource on the embedded warehouse, started and set up on first use."""

    account: str = "local"
    user: str = "embedded"
    home: str

    def connection(self) -> SnowflakeConnection:
        return embedded.ensure_warehouse(Path(self.home))
