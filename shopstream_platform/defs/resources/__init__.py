"""The resources of the asset graph: the same classes on embedded services and on real ones."""

from typing import Any

import dagster as dg

from shopstream_platform.config.settings import Settings
from shopstream_platform.defs.resources.dbt import dbt_resource
from shopstream_platform.defs.resources.lake import EmbeddedLakeResource, LakeResource
from shopstream_platform.defs.resources.postgres import EmbeddedPostgresResource, PostgresResource
from shopstream_platform.defs.resources.power_bi import power_bi_resource
from shopstream_platform.defs.resources.warehouse import EmbeddedWarehouseResource, WarehouseResource


def build_resources(settings: Settings) -> dict[str, Any]:
    """Resource key -> resource. Secrets are EnvVars, so that they show nowhere."""
    return {
        "postgres": postgres_resource(settings),
        "lake": lake_resource(settings),
        "warehouse": warehouse_resource(settings),
        "dbt": dbt_resource(),
        **power_bi_resource(settings),
    }


def postgres_resource(settings: Settings) -> PostgresResource:
    """The source's server."""
    if settings.postgres_is_embedded:
        return EmbeddedPostgresResource(home=str(settings.home))
    return PostgresResource(dsn=dg.EnvVar("SHOPSTREAM_POSTGRES_DSN"))


def lake_resource(settings: Settings) -> LakeResource:
    """The lake's bucket; AWS_ENDPOINT_URL_S3 and the AWS credential chain apply to a configured one."""
    at = settings.s3_connection()
    if at is None:
        return EmbeddedLakeResource(home=str(settings.home), gzip_level=settings.gzip_level)
    return LakeResource(
        bucket=at.bucket, region=at.region, endpoint_url=at.endpoint_url, gzip_level=settings.gzip_level
    )


def warehouse_resource(settings: Settings) -> WarehouseResource:
    """The warehouse's account."""
    at = settings.snowflake.connection()
    if at is None:
        return EmbeddedWarehouseResource(home=str(settings.home))
    return WarehouseResource(
        account=at.account,
        user=at.user,
        password=dg.EnvVar("SNOWFLAKE_PASSWORD") if at.password else None,
        private_key_path=at.private_key_path,
        role=at.role,
        database=at.database,
        host=at.host,
        port=at.port,
        protocol=at.protocol,
    )
