"""The settings of one concern each: a receiver is handed the group that it needs."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shopstream_platform.config.connections import GZIP_LEVEL, REGION, SHOP_DSN, PostgresConnection, S3Connection
from shopstream_platform.config.dsn import is_misread, misread

# Of a snapshot table with more rows than this, only the chunks that changed are extracted again.
CHUNK_ROWS = 10_000


def of_variables(prefix: str) -> SettingsConfigDict:
    """A group whose fields are the variables of that prefix."""
    return SettingsConfigDict(env_prefix=prefix, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True)


class Source(StrEnum):
    """Who fills the OLTP database: the simulator, or somebody else (then it is only read)."""

    SIMULATED = "simulated"
    EXTERNAL = "external"


class OversizedValues(StrEnum):
    """What becomes of a table with a value that is too large for the warehouse."""

    REFUSE = "refuse"
    NULL = "null"


class ChangeFeed(StrEnum):
    """How a refresh finds what has changed: it hashes the source's rows, or the source's write-ahead log names them."""

    FINGERPRINTS = "fingerprints"
    LOGICAL = "logical"


class FeedOutput(StrEnum):
    """The output plugin of the replication slot."""

    PGOUTPUT = "pgoutput"
    TEST_DECODING = "test_decoding"


class Locale(StrEnum):
    """Language of the dashboards, and how they write dates and numbers."""

    EN = "en"
    FR = "fr"


class Executor(StrEnum):
    """Where the steps of a run are executed."""

    IN_PROCESS = "in_process"
    CELERY = "celery"
    K8S = "k8s"


class CalendarSettings(BaseSettings):
    """Which days there are."""

    model_config = of_variables("SHOPSTREAM_")

    start_date: date = date(2025, 9, 1)
    source_timezone: str = "UTC"
    include_today: bool = True
    unusual_days: Annotated[frozenset[date], NoDecode] = frozenset()

    @field_validator("unusual_days", mode="before")
    @classmethod
    def _separated(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return frozenset(date.fromisoformat(day.strip()) for day in value.split(",") if day.strip())
        except ValueError as error:
            raise ValueError("SHOPSTREAM_UNUSUAL_DAYS is not a list of days, such as 2026-11-27,2026-12-24") from error

    @field_validator("source_timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        # A part of a name, such as Europe, is a folder of the database.
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("SHOPSTREAM_SOURCE_TIMEZONE is not an IANA time zone, such as Europe/Paris") from error
        return value

    @model_validator(mode="after")
    def _begun(self) -> Self:
        today = datetime.now(UTC).astimezone(ZoneInfo(self.source_timezone)).date()
        if self.start_date >= today:
            raise ValueError(
                f"SHOPSTREAM_START_DATE={self.start_date} has no complete day yet, since it is {today} in "
                f"{self.source_timezone}: set it to an earlier day"
            )
        return self


class OltpSettings(BaseSettings):
    """The source, and how it is read and compared."""

    model_config = of_variables("SHOPSTREAM_")

    source: Source = Source.SIMULATED
    postgres_dsn: SecretStr | None = None
    allow_foreign_source: bool = False
    tables_at_once: int = Field(default=2, ge=1, le=16)
    change_feed: ChangeFeed = ChangeFeed.FINGERPRINTS
    drift_days: int = Field(default=90, ge=1)
    deletion_limit: float = Field(default=0.5, ge=0, le=1)
    oversized_values: OversizedValues = OversizedValues.REFUSE

    @field_validator("postgres_dsn")
    @classmethod
    def _readable(cls, value: SecretStr | None) -> SecretStr | None:
        if value and is_misread(value.get_secret_value()):
            raise ValueError(misread(SHOP_DSN))
        return value

    def connection(self) -> PostgresConnection | None:
        """None: the server is embedded."""
        return PostgresConnection(self.postgres_dsn.get_secret_value()) if self.postgres_dsn else None


class FeedSettings(BaseSettings):
    """How the sources' write-ahead logs are read where SHOPSTREAM_CHANGE_FEED says so."""

    model_config = of_variables("SHOPSTREAM_CHANGE_FEED_")

    output: FeedOutput = FeedOutput.PGOUTPUT
    # Of the shop; those of other sources have their names behind it. Default: shopstream_<environment>.
    slot: str = Field(default="", pattern=r"^[a-z0-9_]{0,40}$")
    publication: str = Field(default="", pattern=r"^[a-z0-9_]{0,40}$")
    seconds: int = Field(default=60, ge=10, le=86_400)
    max_keys: int = Field(default=250_000, ge=1)
    max_lag_gb: float = Field(default=10, gt=0)

    @property
    def max_lag(self) -> int:
        """Bytes of write-ahead log that a source may keep for the feed before people are told."""
        return int(self.max_lag_gb * 1e9)


class SimulatorSettings(BaseSettings):
    """The simulated shop."""

    model_config = of_variables("SHOPSTREAM_")

    scale: float = Field(default=1.0, gt=0, le=1000)
    seed: int = 42


class LakeSettings(BaseSettings):
    """The bucket, and what is written to it."""

    model_config = of_variables("SHOPSTREAM_")

    chunk_rows: int = Field(default=CHUNK_ROWS, ge=1000)
    s3_bucket: str | None = None
    s3_prefix: str = ""
    s3_endpoint_url: str | None = Field(default=None, validation_alias="AWS_ENDPOINT_URL_S3")
    aws_region: str = Field(default=REGION, validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION"))
    gzip_level: int = Field(default=GZIP_LEVEL, ge=0, le=3)
    compute_logs_in_lake: bool = False

    @field_validator("s3_prefix")
    @classmethod
    def _folders(cls, value: str) -> str:
        folders = value.strip("/").split("/") if value.strip("/") else []
        if not all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", folder) for folder in folders):
            raise ValueError(
                "SHOPSTREAM_S3_PREFIX is not a folder of the bucket: letters, digits, _ and -, such as staging or "
                "teams/shop"
            )
        return "".join(f"{folder}/" for folder in folders)

    def connection(self) -> S3Connection | None:
        """None: the object store is embedded. Keys come from the standard AWS credential chain."""
        if self.s3_bucket is None:
            return None
        return S3Connection(self.s3_bucket, self.aws_region, self.s3_endpoint_url, prefix=self.s3_prefix)


class DbtSettings(BaseSettings):
    """What dbt builds, and for whom."""

    model_config = of_variables("SHOPSTREAM_")

    schema_prefix: str = Field(default="", pattern=r"^([A-Za-z][A-Za-z0-9_]*)?$")
    mask_pii: bool = False
    # Names with commas between: roles of the account that read CORE and MARTS beside the reporter's.
    reader_roles: str = ""

    @field_validator("reader_roles")
    @classmethod
    def _roles(cls, value: str) -> str:
        roles = value.upper().replace(" ", "")
        if not re.fullmatch(r"([A-Z_][A-Z0-9_$]*(,[A-Z_][A-Z0-9_$]*)*)?", roles):
            raise ValueError("SHOPSTREAM_READER_ROLES is not a list of Snowflake roles, such as ANALYST,FINANCE")
        return roles

    @property
    def readers(self) -> list[str]:
        """Roles that read CORE and MARTS beside the reporter's."""
        return self.reader_roles.split(",") if self.reader_roles else []

    def schema_of(self, layer: str) -> str:
        """The schema of a layer, behind the prefix of a developer's or CI job's own."""
        return f"{self.schema_prefix}{layer}".upper()


class PageSettings(BaseSettings):
    """The dashboards' pages."""

    model_config = of_variables("SHOPSTREAM_")

    locale: Locale = Locale.EN
    show_pii: bool = False


class OperationSettings(BaseSettings):
    """What runs by itself, and who is told."""

    model_config = of_variables("SHOPSTREAM_")

    automation: bool = False
    daily_cron: str = Field(default="0 2 * * *", pattern=r"^\S+( \S+){4}$")
    alert_webhook_url: SecretStr | None = None
    retention_days: float | None = Field(default=None, gt=0)
    code_url: str | None = Field(default=None, pattern=r"^https?://[^/]*(github|gitlab)[^/]*/.+")

    @field_validator("alert_webhook_url")
    @classmethod
    def _web_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("https://", "http://")):
            raise ValueError(
                "SHOPSTREAM_ALERT_WEBHOOK_URL is not a web address, such as https://hooks.slack.com/services/..."
            )
        return value


class LineageSettings(BaseSettings):
    """Who is told what is made from what."""

    model_config = of_variables("SHOPSTREAM_")

    openlineage_url: str | None = Field(default=None, pattern=r"^https?://[^@]+$")
    openlineage_api_key: SecretStr | None = None
    openlineage_namespace: str = Field(default="shopstream", pattern=r"^\S+$")


class ExecutionSettings(BaseSettings):
    """Who executes the steps of a run."""

    model_config = of_variables("SHOPSTREAM_")

    executor: Executor = Executor.IN_PROCESS
    celery_url: SecretStr | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.executor is Executor.CELERY and self.celery_url is None:
            raise ValueError("SHOPSTREAM_EXECUTOR=celery needs SHOPSTREAM_CELERY_URL, such as redis://host:6379/0")
        return self
