"""Layer docs: dbt's documentation site, one page that needs no server."""

import os
from typing import Any

import dagster as dg

from shopstream_platform.config.settings import Settings
from shopstream_platform.dbt.coverage import coverage
from shopstream_platform.dbt.project import environment, keep_parsed, read_manifest
from shopstream_platform.defs.assets.common import ONE_RUN_PER_RANGE, OWNERS, errors_for_the_user, turn_of_dbt
from shopstream_platform.defs.assets.dbt import pool_of
from shopstream_platform.defs.dagster_dbt import DbtCliResource
from shopstream_platform.defs.resources.lake import LakeResource
from shopstream_platform.defs.resources.warehouse import WarehouseResource
from shopstream_platform.stores.dbt_login import dbt_variables

LAKE_KEY = "docs/dbt/index.html"


def build_docs_asset(settings: Settings, dbt_assets: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """docs/dbt: models, columns, tests and lineage as a page, in the lake and in SHOPSTREAM_HOME."""

    spec = dg.AssetSpec(
        ["docs", "dbt"],
        deps=list(dbt_assets.keys),
        group_name="docs",
        kinds={"dbt", "html"},
        owners=OWNERS,
        tags={"layer": "docs"},
        description="dbt's documentation site as one page: models, tests, lineage. Opened by `shopstream docs`.",
    )

    # Not partitioned, but a range of days on the command line requires a backfill policy of every selected asset.
    @dg.multi_asset(name="docs", specs=[spec], pool=pool_of(settings), backfill_policy=ONE_RUN_PER_RANGE)
    def dbt_docs(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: WarehouseResource, lake: LakeResource
    ) -> dg.MaterializeResult:
        with errors_for_the_user(context):
            os.environ.update(dbt_variables(warehouse.connection()) | environment(settings.dbt, run_id=context.run_id))
            with turn_of_dbt(context, settings):
                invocation = dbt.cli(["docs", "generate", "--static"]).wait()
            keep_parsed(invocation.target_path)
            page = (invocation.target_path / "static_index.html").read_bytes()
            objects = lake.open()
            objects.store.put(LAKE_KEY, page)
            settings.docs_page.parent.mkdir(parents=True, exist_ok=True)
            fresh = settings.docs_page.with_suffix(".new")
            fresh.write_bytes(page)
            fresh.replace(settings.docs_page)
        return dg.MaterializeResult(metadata=_metadata(objects.uri(LAKE_KEY), settings, len(page)))

    return dbt_docs


def _metadata(uri: str, settings: Settings, size: int) -> dict[str, Any]:
    shares = {share.what: round(share.percent, 1) for share in coverage(read_manifest(settings.dbt))}
    return {
        "dagster/uri": dg.MetadataValue.url(uri),
        "page": dg.MetadataValue.path(settings.docs_page),
        "bytes": size,
        **{f"{what} (%)": percent for what, percent in shares.items()},
    }
