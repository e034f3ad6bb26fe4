"""Layer power_bi: the semantic model on core and marts, and the report on it.

Without a workspace both are external assets that show the project's files. With one, what is published there shows
instead, and models that read our tables are refreshed after each build.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.service_settings import PowerBiSettings
from shopstream_platform.defs.assets.common import ONE_RUN_PER_RANGE, OWNERS, errors_for_the_user, text_table
from shopstream_platform.defs.code_references import reference_to
from shopstream_platform.defs.resources.power_bi import KEY, power_bi_errors, workspace
from shopstream_platform.serving.power_bi import build as project
from shopstream_platform.serving.power_bi import pages, tables
from shopstream_platform.serving.power_bi.contracts import contracts

if TYPE_CHECKING:
    from dagster_powerbi import PowerBIWorkspace

LAYER = "power_bi"
_MODEL_KIND, _REPORT_KIND = "semantic_model", "report"
MODEL_KEY = dg.AssetKey([LAYER, f"{project.NAME.lower()}_{_MODEL_KIND}"])
REPORT_KEY = dg.AssetKey([LAYER, f"{project.NAME.lower()}_{_REPORT_KIND}"])
_HOW = "Declared in shopstream_platform/serving/power_bi, written by `shopstream power-bi build`; docs/power-bi.md."
Assets = Sequence[dg.AssetSpec | dg.AssetsDefinition]


def build_power_bi_assets(settings: PowerBiSettings) -> Assets:
    """power_bi/*: as published in the workspace, else as declared in the project."""
    if settings.workspace_id is None:
        return declared()
    try:
        return [_refreshed(spec) if _is_ours_to_refresh(spec) else spec for spec in _published(settings)]
    except ShopStreamError as error:
        # A workspace that does not answer must not keep the rest of the platform from loading.
        dg.get_dagster_logger().warning(
            f"{error}. Its assets show as declared, and nothing is refreshed, until the code location is loaded again"
        )
        return declared()


def declared() -> list[dg.AssetSpec]:
    """The project's semantic model and report, as external assets."""
    model, report = tables.MODEL, pages.PAGES
    measures = [(m.name, m.folder, m.description) for table in model.tables for m in table.measures]
    return [
        _spec(
            MODEL_KEY,
            _MODEL_KIND,
            f"A star of shared dimensions around the marts, imported through the warehouse for dashboards. {_HOW}",
            _lineage(),
            tables.__file__,
            {
                "tables": len(model.tables) + len(model.dimensions),
                "measures": text_table(["measure", "folder", "meaning"], measures),
            },
        ),
        _spec(
            REPORT_KEY,
            _REPORT_KIND,
            f"{', '.join(page.title for page in report)}. {_HOW}",
            [MODEL_KEY],
            pages.__file__,
            {"pages": len(report), "visuals": sum(len(page.visuals) for page in report)},
        ),
    ]


def _lineage() -> list[dg.AssetKey]:
    return [dg.AssetKey([contracts()[table.source].schema, table.source]) for table in tables.MODEL.tables]


def _spec(
    key: dg.AssetKey, kind: str, description: str, deps: list[dg.AssetKey], file: str, metadata: dict[str, Any]
) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        deps=deps,
        description=description,
        group_name=LAYER,
        kinds={"powerbi", kind},
        owners=OWNERS,
        tags={"layer": LAYER},
        metadata={
            **reference_to(file),
            "project": dg.MetadataValue.path(project.PROJECT / f"{project.NAME}.pbip"),
            **metadata,
        },
    )


def _published(settings: PowerBiSettings) -> list[dg.AssetSpec]:
    # Of the extra power-bi, which only a workspace needs.
    from dagster_powerbi import load_powerbi_asset_specs

    with power_bi_errors("list the workspace"):
        found = load_powerbi_asset_specs(workspace(settings), use_workspace_scan=settings.scan)
    return [_as_ours(spec) for spec in found]


def _as_ours(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The library's spec under power_bi/, with the lineage that leads to our tables."""
    mine = {one.key: one for one in declared()}.get(_key(spec.key))
    deps = [key for dep in spec.deps if (key := _upstream(dep.asset_key))]
    return spec.replace_attributes(
        key=_key(spec.key),
        deps=deps or (mine.deps if mine else []),
        description=mine.description if mine else f"Published in the workspace as {spec.key.path[-1]}.",
        group_name=LAYER,
        owners=OWNERS,
        tags={**spec.tags, "layer": LAYER},
        metadata={**spec.metadata, **(mine.metadata if mine else {})},
    )


def _key(key: dg.AssetKey) -> dg.AssetKey:
    # The graph shows the last part alone.
    kind, name = key.path
    return dg.AssetKey([LAYER, f"{name}_{kind}".lower()])


def _upstream(key: dg.AssetKey) -> dg.AssetKey | None:
    """Our asset of a table that the library found in M, or of content in the workspace; None for what is not ours."""
    schema, name = key.path[-2:] if len(key.path) > 1 else ("", key.path[0])
    if schema in (_MODEL_KIND, _REPORT_KIND, "dashboard"):
        return _key(key)
    table = contracts().get(name)
    return dg.AssetKey([schema, name]) if table and table.schema == schema else None


def _is_ours_to_refresh(spec: dg.AssetSpec) -> bool:
    return _MODEL_KIND in spec.kinds and bool(spec.deps)


def _refreshed(spec: dg.AssetSpec) -> dg.AssetsDefinition:
    # Of the extra, as above.
    from dagster_powerbi.translator import PowerBIMetadataSet

    model_id = PowerBIMetadataSet.extract(spec.metadata).id or ""

    # dagster-powerbi's own asset has neither our retries nor our sentences.
    @dg.multi_asset(
        name="_".join(spec.key.path),
        specs=[spec],
        required_resource_keys={KEY},
        backfill_policy=ONE_RUN_PER_RANGE,
    )
    def refresh_semantic_model(context: dg.AssetExecutionContext) -> None:
        power_bi: PowerBIWorkspace = getattr(context.resources, KEY)
        with errors_for_the_user(context), power_bi_errors(f"refresh {spec.key.to_user_string()}"):
            power_bi.trigger_and_poll_refresh(model_id)

    return refresh_semantic_model
