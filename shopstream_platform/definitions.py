"""The asset graph: oltp -> lake -> raw -> staging -> core -> marts -> dashboards and Power BI, put together; no I/O."""

import dagster as dg

from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.tables import source_names
from shopstream_platform.dbt.models import models_of
from shopstream_platform.dbt.project import read_manifest, shared_code
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

# Of each source.
_SOURCE_LAYERS = (build_oltp_assets, build_lake_assets, build_raw_assets)


def build_definitions(settings: Settings) -> dg.Definitions:
    """Everything that Dagster loads, for one configuration."""
    manifest = read_manifest(settings.dbt)
    dbt = build_dbt_assets(settings, manifest)
    fresh = with_freshness(models_of(manifest, shared_code()))
    sources = [build(settings, source) for source in source_names() for build in _SOURCE_LAYERS]
    checks = build_checks(settings)
    assets = [
        *sources,
        dbt,
        build_dashboard_assets(settings, [key for one in (*sources, dbt, *checks) for key in one.check_keys]),
        build_docs_asset(settings, dbt),
        *build_power_bi_assets(settings.power_bi),
    ]
    return dg.Definitions(
        assets=with_code_references(settings.operation.code_url, dg.map_asset_specs(fresh, assets)),
        asset_checks=checks,
        **build_automation(settings),
        resources=build_resources(settings),
        executor=build_executor(settings.execution),
    )


defs = build_definitions(load_settings())
