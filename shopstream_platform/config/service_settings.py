"""Settings of services with variables of their own: Snowflake, and a workspace of Power BI."""

from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from shopstream_platform.config.account_names import PREFIX, AccountNames
from shopstream_platform.config.connections import DATABASE, EMBEDDED_ACCOUNT, SNOWFLAKE_VARIABLES, SnowflakeConnection
from shopstream_platform.config.groups import of_variables


class SnowflakeSettings(BaseSettings):
    """SNOWFLAKE_*: the names that Snowflake's own tools use."""

    model_config = of_variables("SNOWFLAKE_")

    account: str | None = None
    user: str | None = None
    password: SecretStr | None = None
    private_key_path: str | None = None
    role: str | None = None
    prefix: str = Field(default=PREFIX, pattern=r"^[A-Z][A-Z0-9_]{0,30}_$")
    # Derived from the prefix, unless it is set.
    database: str = ""
    host: str | None = None
    port: int | None = None
    protocol: str | None = None

    @model_validator(mode="after")
    def _whole_or_nothing(self) -> Self:
        if self.account == EMBEDDED_ACCOUNT:
            self.database, self.prefix = DATABASE, PREFIX
            return self
        self.database = self.database or AccountNames(self.prefix).database
        if self.account is None:
            if self.user or self.password or self.private_key_path:
                raise ValueError(
                    "half a Snowflake configuration: SNOWFLAKE_USER, SNOWFLAKE_PASSWORD or SNOWFLAKE_PRIVATE_KEY_PATH "
                    "is set but SNOWFLAKE_ACCOUNT is not: set it, or unset them to use the embedded warehouse"
                )
            self.database, self.prefix = DATABASE, PREFIX
            return self
        if not self.user:
            raise ValueError("SNOWFLAKE_ACCOUNT is set but SNOWFLAKE_USER is not: set both, or neither")
        if (self.password is None) == (self.private_key_path is None):
            raise ValueError(
                "Snowflake needs exactly one of SNOWFLAKE_PRIVATE_KEY_PATH (recommended) and SNOWFLAKE_PASSWORD"
            )
        return self

    def connection(self) -> SnowflakeConnection | None:
        """None: the warehouse is embedded."""
        if self.account is None or self.account == EMBEDDED_ACCOUNT or self.user is None:
            return None
        parts = {part: getattr(self, part) for part in SNOWFLAKE_VARIABLES if part in type(self).model_fields}
        if self.password:
            parts["password"] = self.password.get_secret_value()
        return SnowflakeConnection(**parts)


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
