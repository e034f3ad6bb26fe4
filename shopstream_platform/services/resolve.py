"""Configured or embedded: the only place that decides. Embedded services are started on demand."""

from pathlib import Path

from shopstream_platform.config.connections import PostgresConnection, S3Connection, SnowflakeConnection
from shopstream_platform.config.settings import Settings, default_home
from shopstream_platform.config.source_dsn import source_connection
from shopstream_platform.contract.declare import SHOP
from shopstream_platform.contract.tables import SOURCES
from shopstream_platform.services import embedded

INSTANCE_DATABASE = "dagster"


def postgres(settings: Settings) -> PostgresConnection:
    """The shop's database."""
    return postgres_at(settings.oltp.connection(), settings.home)


def source(settings: Settings, name: str) -> PostgresConnection:
    """The database of a source; "" is the shop's. ShopStreamError if its variable is not set."""
    if name == SHOP:
        return postgres(settings)
    (declared,) = (one for one in SOURCES if one.name == name)
    return source_connection(declared.name, declared.dsn_env)


def object_store(settings: Settings) -> S3Connection:
    """The lake."""
    return object_store_at(settings.lake.connection(), settings.home)


def warehouse(settings: Settings) -> SnowflakeConnection:
    """The warehouse."""
    return warehouse_at(settings.snowflake.connection(), settings.home)


def starting_warehouse(settings: Settings) -> SnowflakeConnection:
    """The warehouse, also while somebody is starting the embedded one; it need not answer yet."""
    return settings.snowflake.connection() or embedded.starting_warehouse(settings.home)


def postgres_at(configured: PostgresConnection | None, home: Path | str | None) -> PostgresConnection:
    """The configured server, or else the home's."""
    return configured or embedded.ensure_postgres(_folder(home))


def object_store_at(configured: S3Connection | None, home: Path | str | None) -> S3Connection:
    """The configured bucket, or else the home's."""
    return configured or embedded.ensure_object_store(_folder(home))


def warehouse_at(configured: SnowflakeConnection | None, home: Path | str | None) -> SnowflakeConnection:
    """The configured account, or else the home's warehouse."""
    return configured or embedded.ensure_warehouse(_folder(home))


def instance_database(settings: Settings) -> PostgresConnection:
    """The Dagster instance's own database on the embedded server."""
    return embedded.database(settings.home, INSTANCE_DATABASE)


def _folder(home: Path | str | None) -> Path:
    return Path(home) if home else default_home()
