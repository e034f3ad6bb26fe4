"""Settings of services with variables of their own: Snowflake, and a workspace of Power BI."""

import re
from typing import Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from shopstream_platform.config.account_names import PREFIX, AccountNames
from shopstream_platform.config.connections import DATABASE, EMBEDDED_ACCOUNT, SNOWFLAKE_VARIABLES, SnowflakeConnection
from shopstream_platform.config.groups import of_variables
from shopstream_platform.config.login import CREDENTIALS, PARTS, SECRETS, Method, login_of, variable


class SnowflakeSettings(BaseSettings):
    """SNOWFLAKE_*: the names that Snowflake's own tools use. `config.login` says which of them make a login."""

    model_config = of_variables("SNOWFLAKE_")

    account: str | None = None
    user: str | None = None
    authenticator: str | None = None
    password: SecretStr | None = None
    passcode: SecretStr | None = None
    private_key_path: str | None = None
    private_key: SecretStr | None = None
    private_key_passphrase: SecretStr | None = None
    token: SecretStr | None = None
    token_file_path: str | None = None
    oauth_client_id: str | None = None
    oauth_client_secret: SecretStr | None = None
    oauth_token_request_url: str | None = None
    oauth_scope: str | None = None
    workload_identity_provider: str | None = None
    role: str | None = None
    transform_role: str | None = None
    prefix: str = PREFIX
    # Derived from the prefix, unless it is set.
    database: str = ""
    host: str | None = None
    port: int | None = None
    protocol: str | None = None

    @field_validator("prefix")
    @classmethod
    def _ends_with_an_underscore(cls, value: str) -> str:
        prefix = value.upper()
        if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,30}_", prefix):
            raise ValueError(
                "SNOWFLAKE_PREFIX is not the beginning of a name: letters, digits and _, with _ at its end, such as "
                "STAGING_"
            )
        return prefix

    @model_validator(mode="after")
    def _whole_or_nothing(self) -> Self:
        if self.account == EMBEDDED_ACCOUNT:
            self.database, self.prefix = DATABASE, PREFIX
            return self
        self.database = self.database or AccountNames(self.prefix).database
        if self.account is None:
            if alone := [variable(name) for name in ("user", *CREDENTIALS) if getattr(self, name)]:
                raise ValueError(
                    f"half a Snowflake configuration: {', '.join(alone)} is set but SNOWFLAKE_ACCOUNT is not: "
                    "set it, or unset the rest to use the embedded warehouse"
                )
            self.database, self.prefix = DATABASE, PREFIX
            return self
        login = login_of(self._parts())
        # An attested workload is a user of the account already.
        if not self.user and login.method is not Method.WORKLOAD_IDENTITY:
            raise ValueError("SNOWFLAKE_ACCOUNT is set but SNOWFLAKE_USER is not: set both, or neither")
        return self

    def connection(self) -> SnowflakeConnection | None:
        """None: the warehouse is embedded."""
        if self.account is None or self.account == EMBEDDED_ACCOUNT:
            return None
        own = [part for part in SNOWFLAKE_VARIABLES if part in type(self).model_fields and part not in PARTS]
        parts: dict[str, Any] = {part: getattr(self, part) for part in own} | self._parts()
        parts["user"] = self.user or ""
        return SnowflakeConnection(**parts)

    def _parts(self) -> dict[str, str | None]:
        given = {name: getattr(self, name) for name in PARTS}
        return {name: value.get_secret_value() if name in SECRETS and value else value for name, value in given.items()}


class PowerBiSettings(BaseSettings):
    """SHOPSTREAM_POWER_BI_*: a workspace, and the service principal that may read and refresh it."""

    model_config = of_variables("SHOPSTREAM_POWER_BI_")

    workspace_id: str | None = None
    tenant_id: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    # Scanning requires the tenant's permission for admin APIs. Without it only our own model has lineage.
    scan: bool = True
    refresh_minutes: int = Field(default=30, ge=1)

    @model_validator(mode="after")
    def _whole_or_nothing(self) -> Self:
        names = ("workspace_id", "tenant_id", "client_id", "client_secret")
        missing = [f"SHOPSTREAM_POWER_BI_{name.upper()}" for name in names if getattr(self, name) is None]
        if 0 < len(missing) < len(names):
            raise ValueError(f"half a Power BI configuration: set {', '.join(missing)} too, or none of the four")
        return self
