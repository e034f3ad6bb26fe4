"""Environment variables -> typed settings. Unknown or half a configuration raises; nothing falls through.

A service is embedded unless its switch is set: SHOPSTREAM_POSTGRES_DSN, SHOPSTREAM_S3_BUCKET, SNOWFLAKE_ACCOUNT.
A stray PGHOST or AWS_PROFILE therefore redirects nothing. `.env.example` lists every variable.
"""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

from shopstream_platform.config.groups import (
    CalendarSettings,
    ChangeFeed,
    DbtSettings,
    ExecutionSettings,
    FeedSettings,
    LakeSettings,
    LineageSettings,
    OltpSettings,
    OperationSettings,
    PageSettings,
    SimulatorSettings,
    of_variables,
)
from shopstream_platform.config.service_settings import PowerBiSettings, SnowflakeSettings

CHECKOUT = Path(__file__).resolve().parents[2]


class Environment(StrEnum):
    """Where the platform runs; nothing is embedded in staging and production."""

    LOCAL = "local"
    CI = "ci"
    STAGING = "staging"
    PRODUCTION = "production"


def default_home() -> Path:
    """The embedded services' folder: beside the package in a checkout, else in the working directory."""
    return (checkout() or Path.cwd()) / ".shopstream"


def checkout() -> Path | None:
    """The clone of the repository that this package lies in, if it does."""
    return CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else None


class Settings(BaseSettings):
    """Everything that is configured, in groups; a receiver is handed the group that it needs."""

    model_config = of_variables("SHOPSTREAM_")

    env: Environment = Environment.LOCAL
    home: Path = Field(default_factory=default_home)
    calendar: CalendarSettings = Field(default_factory=CalendarSettings)
    oltp: OltpSettings = Field(default_factory=OltpSettings)
    feed: FeedSettings = Field(default_factory=FeedSettings)
    simulator: SimulatorSettings = Field(default_factory=SimulatorSettings)
    lake: LakeSettings = Field(default_factory=LakeSettings)
    snowflake: SnowflakeSettings = Field(default_factory=SnowflakeSettings)
    dbt: DbtSettings = Field(default_factory=DbtSettings)
    pages: PageSettings = Field(default_factory=PageSettings)
    power_bi: PowerBiSettings = Field(default_factory=PowerBiSettings)
    operation: OperationSettings = Field(default_factory=OperationSettings)
    lineage: LineageSettings = Field(default_factory=LineageSettings)
    execution: ExecutionSettings = Field(default_factory=ExecutionSettings)

    @field_validator("home")
    @classmethod
    def _absolute_home(cls, value: Path) -> Path:
        try:
            home = value.expanduser().absolute()
            str(home).encode()
        except (RuntimeError, UnicodeEncodeError) as error:
            raise ValueError(f"SHOPSTREAM_HOME is not the path of a folder: {_printable(error)}") from None
        if not str(home).isprintable():
            raise ValueError("SHOPSTREAM_HOME has a line break or another control character in it: name another folder")
        if wrong := sorted(set("*?[]") & set(str(home))):
            # DuckDB takes a path for a pattern, and what follows a question mark for options.
            raise ValueError(f"SHOPSTREAM_HOME may not have {' '.join(wrong)} in it: name another folder")
        return home

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.warehouse_is_embedded and self.lake_is_embedded:
            raise ValueError(
                "SNOWFLAKE_ACCOUNT names a real account but the lake is embedded: Snowflake cannot read this machine, "
                "so set SHOPSTREAM_S3_BUCKET too"
            )
        if self.is_deployed and self.embedded_services:
            raise ValueError(
                f"SHOPSTREAM_ENV={self.env} embeds nothing: set {', '.join(self.embedded_services.values())}"
            )
        if self.env is Environment.PRODUCTION and self.dbt.schema_prefix:
            raise ValueError("SHOPSTREAM_SCHEMA_PREFIX is for developers and CI: production has the exact schema names")
        return self

    @property
    def is_deployed(self) -> bool:
        """Whether people rely on it: then nothing is embedded."""
        return self.env in (Environment.STAGING, Environment.PRODUCTION)

    @property
    def feed_is_on(self) -> bool:
        """Whether changes are read from the sources' write-ahead logs."""
        return self.oltp.change_feed is ChangeFeed.LOGICAL

    @property
    def docs_page(self) -> Path:
        """dbt's documentation site."""
        return self.home / "docs" / "dbt" / "index.html"

    @property
    def postgres_is_embedded(self) -> bool:
        """Whether the platform runs the source's server itself."""
        return self.oltp.postgres_dsn is None

    @property
    def lake_is_embedded(self) -> bool:
        """Whether the platform runs the object store itself."""
        return self.lake.s3_bucket is None

    @property
    def warehouse_is_embedded(self) -> bool:
        """Whether the platform runs the warehouse itself."""
        return self.snowflake.connection() is None

    @property
    def embedded_services(self) -> dict[str, str]:
        """Embedded service -> the variable that would switch it to a real one."""
        switches = {
            "postgres": ("SHOPSTREAM_POSTGRES_DSN", self.postgres_is_embedded),
            "lake": ("SHOPSTREAM_S3_BUCKET", self.lake_is_embedded),
            "warehouse": ("SNOWFLAKE_ACCOUNT", self.warehouse_is_embedded),
        }
        return {service: variable for service, (variable, embedded) in switches.items() if embedded}


def _printable(error: Exception) -> str:
    return "it cannot be written in UTF-8" if isinstance(error, UnicodeEncodeError) else str(error)
