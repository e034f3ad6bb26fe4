"""Environment variables -> typed settings. Unknown or half a configuration raises; nothing falls through.

A service is embedded unless its switch is set: SHOPSTREAM_POSTGRES_DSN, SHOPSTREAM_S3_BUCKET, SNOWFLAKE_ACCOUNT.
A stray PGHOST or AWS_PROFILE therefore redirects nothing. `.env.example` lists every variable.
"""

import os
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shopstream_platform.config.connections import GZIP_LEVEL, REGION, PostgresConnection, S3Connection
from shopstream_platform.config.environment.dotenv import last_read
from shopstream_platform.config.environment.process import settle
from shopstream_platform.config.environment.variables import unknown
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.service_settings import PowerBiSettings, SnowflakeSettings

CHECKOUT = Path(__file__).resolve().parents[2]


class Environment(StrEnum):
    """Where the platform runs; nothing is embedded in staging and production."""

    LOCAL = "local"
    CI = "ci"
    STAGING = "staging"
    PRODUCTION = "production"


class Source(StrEnum):
    """Who fills the OLTP database: the simulator, or somebody else (then it is only read)."""

    SIMULATED = "simulated"
    EXTERNAL = "external"


class Locale(StrEnum):
    """Language of the dashboards, and how they write dates and numbers."""

    EN = "en"
    FR = "fr"


def default_home() -> Path:
    """The embedded services' folder: beside the package in a checkout, else in the working directory."""
    return (checkout() or Path.cwd()) / ".shopstream"


def checkout() -> Path | None:
    """The clone of the repository that this package lies in, if it does."""
    return CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else None


class OversizedValues(StrEnum):
    """What becomes of a table with a value that is too large for the warehouse."""

    REFUSE = "refuse"
    NULL = "null"


class Executor(StrEnum):
    """Where the steps of a run are executed."""

    IN_PROCESS = "in_process"
    CELERY = "celery"
    K8S = "k8s"


class Settings(BaseSettings):
    """SHOPSTREAM_*: everything that is the platform's own."""

    model_config = SettingsConfigDict(
        env_prefix="SHOPSTREAM_", extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    env: Environment = Environment.LOCAL
    home: Path = Field(default_factory=default_home)
    source: Source = Source.SIMULATED
    start_date: date = date(2025, 9, 1)
    source_timezone: str = "UTC"
    postgres_dsn: SecretStr | None = None
    s3_bucket: str | None = None
    gzip_level: int = Field(default=GZIP_LEVEL, ge=0, le=3)
    tables_at_once: int = Field(default=2, ge=1, le=6)
    drift_days: int = Field(default=90, ge=1)
    deletion_limit: float = Field(default=0.5, ge=0, le=1)
    oversized_values: OversizedValues = OversizedValues.REFUSE
    automation: bool = False
    daily_cron: str = Field(default="0 2 * * *", pattern=r"^\S+( \S+){4}$")
    alert_webhook_url: SecretStr | None = None
    compute_logs_in_lake: bool = False
    executor: Executor = Executor.IN_PROCESS
    celery_url: SecretStr | None = None
    code_url: str | None = Field(default=None, pattern=r"^https?://[^/]*(github|gitlab)[^/]*/.+")
    scale: float = Field(default=1.0, gt=0, le=1000)
    seed: int = 42
    show_pii: bool = False
    mask_pii: bool = False
    locale: Locale = Locale.EN
    schema_prefix: str = Field(default="", pattern=r"^([A-Za-z][A-Za-z0-9_]*)?$")
    s3_endpoint_url: str | None = Field(default=None, validation_alias="AWS_ENDPOINT_URL_S3")
    allow_foreign_source: bool = False
    snowflake: SnowflakeSettings = Field(default_factory=SnowflakeSettings)
    power_bi: PowerBiSettings = Field(default_factory=PowerBiSettings)
    aws_region: str = Field(default=REGION, validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION"))

    @field_validator("source_timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        # A part of a name, such as Europe, is a folder of the database.
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("SHOPSTREAM_SOURCE_TIMEZONE is not an IANA time zone, such as Europe/Paris") from error
        return value

    @field_validator("alert_webhook_url")
    @classmethod
    def _web_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("https://", "http://")):
            raise ValueError(
                "SHOPSTREAM_ALERT_WEBHOOK_URL is not a web address, such as https://hooks.slack.com/services/..."
            )
        return value

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
    def _begun(self) -> Self:
        today = datetime.now(UTC).astimezone(ZoneInfo(self.source_timezone)).date()
        if self.start_date >= today:
            raise ValueError(
                f"SHOPSTREAM_START_DATE={self.start_date} has no complete day yet, since it is {today} in "
                f"{self.source_timezone}: set it to an earlier day"
            )
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.warehouse_is_embedded and self.lake_is_embedded:
            raise ValueError(
                "SNOWFLAKE_ACCOUNT names a real account but the lake is embedded: Snowflake cannot read this machine, "
                "so set SHOPSTREAM_S3_BUCKET too"
            )
        if self.env in (Environment.STAGING, Environment.PRODUCTION) and self.embedded_services:
            raise ValueError(
                f"SHOPSTREAM_ENV={self.env} embeds nothing: set {', '.join(self.embedded_services.values())}"
            )
        if self.executor is Executor.CELERY and self.celery_url is None:
            raise ValueError("SHOPSTREAM_EXECUTOR=celery needs SHOPSTREAM_CELERY_URL, such as redis://host:6379/0")
        if self.env is Environment.PRODUCTION and self.schema_prefix:
            raise ValueError("SHOPSTREAM_SCHEMA_PREFIX is for developers and CI: production has the exact schema names")
        return self

    def dbt_schema(self, layer: str) -> str:
        """The schema of a dbt layer: STAGING, CORE or MARTS, behind the prefix of a developer's or CI job's own."""
        return f"{self.schema_prefix}{layer}".upper()

    @property
    def docs_page(self) -> Path:
        """dbt's documentation site."""
        return self.home / "docs" / "dbt" / "index.html"

    @property
    def postgres_is_embedded(self) -> bool:
        """Whether the platform runs the source's server itself."""
        return self.postgres_dsn is None

    @property
    def lake_is_embedded(self) -> bool:
        """Whether the platform runs the object store itself."""
        return self.s3_bucket is None

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

    def postgres_connection(self) -> PostgresConnection | None:
        """None: the server is embedded."""
        return PostgresConnection(self.postgres_dsn.get_secret_value()) if self.postgres_dsn else None

    def s3_connection(self) -> S3Connection | None:
        """None: the object store is embedded. Keys come from the standard AWS credential chain."""
        if self.s3_bucket is None:
            return None
        return S3Connection(bucket=self.s3_bucket, region=self.aws_region, endpoint_url=self.s3_endpoint_url)


_PREFIXES = {SnowflakeSettings.__name__: "SNOWFLAKE", PowerBiSettings.__name__: "SHOPSTREAM_POWER_BI"}


def known_variables() -> set[str]:
    """The variable of every setting that is the platform's own."""
    return {
        f"{model.model_config.get('env_prefix', '')}{name.upper()}"
        for model in (Settings, PowerBiSettings)
        for name, field in model.model_fields.items()
        if field.validation_alias is None and name not in NESTED
    }


NESTED = ("snowflake", "power_bi")


def load_settings() -> Settings:
    """Settings of this process's environment, from which everything that they do not ask for is taken away.

    Raises ShopStreamError with one sentence a problem, variables that nothing reads included.
    """
    problems = list(unknown(os.environ, known_variables()))
    try:
        settings = Settings()
    except ValidationError as error:
        settings = None
        prefix = _PREFIXES.get(error.title, "SHOPSTREAM")
        problems += [_sentence(prefix, problem["loc"], problem["msg"]) for problem in error.errors()]
    if problems or settings is None:
        file = last_read().path
        read = f" ({file} was read too)" if file else ""
        raise ShopStreamError(f"bad configuration: {'; '.join(problems)}. See .env.example for every variable{read}")
    settle(settings)
    return settings


def _printable(error: Exception) -> str:
    return "it cannot be written in UTF-8" if isinstance(error, UnicodeEncodeError) else str(error)


def _sentence(prefix: str, location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    if not location or "SHOPSTREAM_" in text or "SNOWFLAKE_" in text:
        return text
    return f"{prefix}_{'_'.join(str(part) for part in location).upper()}: {text[0].lower()}{text[1:]}"
