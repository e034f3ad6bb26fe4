"""Snowflake: a session for our assets, and dagster-snowflake's SnowflakeResource for yours."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import dagster as dg

from shopstream_platform.config.account_names import PREFIX
from shopstream_platform.config.connections import DATABASE, SNOWFLAKE_VARIABLES, SnowflakeConnection
from shopstream_platform.services import resolve
from shopstream_platform.stores.warehouse import Warehouse, open_session, session_arguments

if TYPE_CHECKING:
    from dagster_snowflake import SnowflakeResource


class WarehouseResource(dg.ConfigurableResource):
    """The platform's database in a Snowflake account; what makes a login is in docs/deployment.md.

    Without an account: the embedded warehouse of the home, started and set up on first use.
    """

    home: str | None = None
    account: str | None = None
    user: str | None = None
    password: str | None = None
    private_key_path: str | None = None
    role: str | None = None
    transform_role: str | None = None
    database: str = DATABASE
    host: str | None = None
    port: int | None = None
    protocol: str | None = None
    prefix: str = PREFIX
    authenticator: str | None = None
    passcode: str | None = None
    private_key: str | None = None
    private_key_passphrase: str | None = None
    token: str | None = None
    token_file_path: str | None = None
    oauth_client_id: str | None = None
    oauth_client_secret: str | None = None
    oauth_token_request_url: str | None = None
    oauth_scope: str | None = None
    workload_identity_provider: str | None = None

    def connection(self) -> SnowflakeConnection:
        """The account and its login, which dbt's profile takes too."""
        own = SNOWFLAKE_VARIABLES.keys() & type(self).model_fields.keys()
        parts: dict[str, Any] = {part: getattr(self, part) for part in own}
        parts["user"] = self.user or ""
        return resolve.warehouse_at(SnowflakeConnection(**parts) if self.account else None, self.home)

    def snowflake(self) -> "SnowflakeResource":
        """dagster-snowflake's resource, in schema RAW: for assets that want Snowpark or pandas."""
        # 8 s: it brings Snowpark and Snowflake's Python API.
        from dagster_snowflake import SnowflakeResource

        return SnowflakeResource(**session_arguments(self.connection()))

    def session(self, **tag: str) -> AbstractContextManager[Warehouse]:
        """A session with the same arguments; always closed, and rolled back by that if a transaction is open.

        `tag` is written into the query history: layer, table, run.
        """
        return open_session(self.connection(), **tag)
