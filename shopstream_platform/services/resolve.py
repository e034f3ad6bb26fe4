"""Connections for code outside Dagster: configured ones, or the embedded services started on demand."""

from shopstream_platform.config.connections import PostgresConnection, S3Connection, SnowflakeConnection
from shopstream_platform.config.settings import Settings
from shopstream_platform.services import embedded

INSTANCE_DATABASE = "dagster"


def postgres(settings: Settings) -> PostgresConnection:
    """The source."""
    return settings.postgres_connection() or embedded.ensure_postgres(settings.home)


def object_store(settings: Settings) -> S3Connection:
    """The lake."""
    return settings.s3_connection() or embedded.ensure_object_store(settings.home)


def warehouse(settings: Settings) -> SnowflakeConnection:
    """The warehouse."""
    return settings.snowflake.connection() or embedded.ensure_warehouse(settings.home)


def instance_database(settings: Settings) -> PostgresConnection:
    """The Dagster instance's own database on the embedded server."""
    return embedded.database(settings.home, INSTANCE_DATABASE)
