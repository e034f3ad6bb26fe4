"""The asset graph: oltp -> lake -> raw -> staging -> core -> marts -> dashboards and Power BI, put together; no I/O."""

import dagster as dg

from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.source import Source
from shopstream_platform.contract.tables import SOURCES
from shopstream_platform.defs.assets.dashboards import build_dashboard_assets
from shopstream_platform.defs.assets.dbt import build_dbt_assets
from shopstream_platform.defs.assets.docs import build_docs_asset
from shopstream_platform.defs.assets.lake import build_lake_assets
from shopstream_platform.defs.assets.oltp import build_oltp_assets
from shopstream_platform.defs.assets.power_bi import build_power_bi_assets
from shopstream_platform.defs.assets.raw import build_raw_assets
from shopstream_platform.defs.automation import build_automation
from shopstream_platform.defs.checks import build_checks, with_freshness
from shopstream_platform.defs.code_references import with_code_references
from shopstream_platform.defs.executors import build_executor
from shopstream_platform.defs.resources import build_resources


def source_layers(settings: Settings, source: Source) -> list[dg.AssetsDefinition]:
    """The first three layers of a database beside the shop's."""
    return [
        build_oltp_assets(settings, source),
        build_lake_assets(settings, source.name),
        build_raw_assets(settings, source.name),
    ]


def build_definitions(settings: Settings) -> dg.Definitions:
    """Everything that Dagster loads, for one configuration."""
    dbt = build_dbt_assets(settings)
    assets = [
        build_oltp_assets(settings),
        build_lake_assets(settings),
        build_raw_assets(settings),
        *(layer for source in SOURCES for layer in source_layers(settings, source)),
        dbt,
        build_dashboard_assets(settings),
        build_docs_asset(settings, dbt),
        *build_power_bi_assets(settings.power_bi),
    ]
    return dg.Definitions(
        assets=with_code_references(settings.operation.code_url, dg.map_asset_specs(with_freshness, assets)),
        asset_checks=build_checks(settings),
        **build_automation(settings),
        resources=build_resources(settings),
        executor=build_executor(settings.execution),
    )


defs = build_definitions(load_settings())
