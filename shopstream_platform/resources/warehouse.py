"""Snowflake, through dagster-snowflake's SnowflakeResource."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from shopstream_platform import embedded
from shopstream_platform.connections import SnowflakeConnection
from shopstream_platform.load.warehouse import Warehouse, session_arguments, translated

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
        """dagster-snowflake's resource, in schema RAW on LOADING_WH."""
        # Imported here: dagster-snowflake brings Snowpark and Snowflake's Python API, three seconds of imports.
        from dagster_snowflake import SnowflakeResource

        return SnowflakeResource(**session_arguments(self.connection()))

    @contextmanager
    def session(self) -> Iterator[Warehouse]:
        """A session; rolled back if the block fails, always closed."""
        with translated(), self.snowflake().get_connection() as session:
            try:
                yield Warehouse(session)
            except BaseException:
                # dagster-snowflake commits and closes only after a block that ends well.
                session.rollback()
                session.close()
                raise


class EmbeddedWarehouseResource(WarehouseResource):
    """WarehouseResource on the embedded warehouse, started and set up on first use."""

    account: str = "local"
    user: str = "embedded"
    home: str

    def connection(self) -> SnowflakeConnection:
        return embedded.ensure_warehouse(Path(self.home))
