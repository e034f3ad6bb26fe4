"""The resources of the asset graph: the same classes on embedded services and on real ones."""

from typing import Any

import dagster as dg

from shopstream_platform.config.login import SECRETS, variable
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.tables import SOURCES
from shopstream_platform.defs.resources.dbt import dbt_resource
from shopstream_platform.defs.resources.lake import LakeResource
from shopstream_platform.defs.resources.postgres import PostgresResource, resource_key
from shopstream_platform.defs.resources.power_bi import power_bi_resource
from shopstream_platform.defs.resources.warehouse import WarehouseResource


def build_resources(settings: Settings) -> dict[str, Any]:
    """Resource key -> resource. Secrets are EnvVars, so that they show nowhere."""
    return {
        "postgres": postgres_resource(settings),
        **{resource_key(s.name): PostgresResource(source=s.name, dsn_env=s.dsn_env) for s in SOURCES},
        "lake": lake_resource(settings),
        "warehouse": warehouse_resource(settings),
        "dbt": dbt_resource(),
        **power_bi_resource(settings.power_bi),
    }


def postgres_resource(settings: Settings) -> PostgresResource:
    """The source's server."""
    dsn = None if settings.postgres_is_embedded else dg.EnvVar("SHOPSTREAM_POSTGRES_DSN")
    return PostgresResource(home=str(settings.home), dsn=dsn)


def lake_resource(settings: Settings) -> LakeResource:
    """The lake's bucket; AWS_ENDPOINT_URL_S3 and the AWS credential chain apply to a configured one."""
    at = settings.lake.connection()
    parts = ("bucket", "prefix", "region", "endpoint_url")
    place = {part: getattr(at, part) for part in parts} if at else {}
    return LakeResource(home=str(settings.home), gzip_level=settings.lake.gzip_level, **place)


def warehouse_resource(settings: Settings) -> WarehouseResource:
    """The warehouse's account."""
    at = settings.snowflake.connection()
    login = {part: value for part, value in vars(at).items() if value is not None} if at else {}
    secrets: dict[str, Any] = {part: dg.EnvVar(variable(part)) for part in SECRETS & login.keys()}
    return WarehouseResource(home=str(settings.home), **login | secrets)
