"""Layers staging, core and marts: the dbt project, one invocation for all selected models.

The key of a model is its folder and its name: models/marts/mart_sales_daily.sql is marts/mart_sales_daily.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.metadata.source_code import CodeReferencesMetadataSet
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from shopstream_platform.assets.common import ONE_RUN_PER_RANGE, OWNERS, errors_for_the_user, turn_of_dbt
from shopstream_platform.dbt_project import PROJECT_DIR, drop_old_artifacts, environment, keep_parsed, manifest_path
from shopstream_platform.resources.warehouse import WarehouseResource
from shopstream_platform.settings import Settings

# One dbt at a time in an account that several machines use; the instance sets the pool's limit, and its daemon frees
# what a killed run has left. On one machine a lock does that, which needs no daemon.
POOL = "dbt"


class Translator(DagsterDbtTranslator):
    """dbt node -> asset: key [folder, name], group = layer, owners, layer tag."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([_layer(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return _layer(dbt_resource_props)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return OWNERS

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        model = dg.LocalFileCodeReference(file_path=str(PROJECT_DIR / dbt_resource_props["original_file_path"]))
        references = dg.CodeReferencesMetadataValue(code_references=[model])
        return {
            **super().get_metadata(dbt_resource_props),
            **CodeReferencesMetadataSet(code_references=references),
        }

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        return {**super().get_tags(dbt_resource_props), "layer": _layer(dbt_resource_props)}


def pool_of(settings: Settings) -> str | None:
    """The pool of what runs dbt; none where a lock of the machine does the same."""
    return None if settings.warehouse_is_embedded else POOL


def build_dbt_assets(settings: Settings) -> dg.AssetsDefinition:
    """Every model of the dbt project; its tests are asset checks."""

    @dbt_assets(
        manifest=manifest_path(settings),
        name="dbt",
        dagster_dbt_translator=Translator(),
        backfill_policy=ONE_RUN_PER_RANGE,
        pool=pool_of(settings),
    )
    def dbt_models(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: WarehouseResource
    ) -> Iterator[Any]:
        with errors_for_the_user(context):
            # dbt's profile reads the environment of its process.
            os.environ.update(warehouse.connection().environment() | environment(settings, run_id=context.run_id))
        # Unit tests are of the code, not of the data: CI runs them.
        with turn_of_dbt(context, settings):
            invocation = dbt.cli(["build", "--exclude-resource-type", "unit_test"], context=context)
            yield from invocation.stream()
        keep_parsed(invocation.target_path)
        drop_old_artifacts()

    return dbt_models


def _layer(dbt_resource_props: Mapping[str, Any]) -> str:
    """models/<layer>/<name>.sql; snapshots are a layer of their own."""
    if dbt_resource_props["resource_type"] == "snapshot":
        return "snapshots"
    return dbt_resource_props["fqn"][1]
