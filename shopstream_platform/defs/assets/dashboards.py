"""Layer dashboards: static pages made from the marts, in the lake and in a local folder."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from shopstream_platform.config.settings import Settings
from shopstream_platform.defs.assets.common import ONE_RUN_PER_RANGE, OWNERS, errors_for_the_user, not_while_forgetting
from shopstream_platform.defs.assets.quality import quality_of
from shopstream_platform.defs.latency import latency
from shopstream_platform.defs.resources.lake import LakeResource
from shopstream_platform.defs.resources.warehouse import WarehouseResource
from shopstream_platform.serving.kit.data import Marts
from shopstream_platform.serving.kit.declaration import Page
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.files import local_folder
from shopstream_platform.serving.render.record import builds_of_pages

if TYPE_CHECKING:
    from shopstream_platform.serving.render.publish import Published

LAYER = "dashboards"


def build_dashboard_assets(settings: Settings, checks: Iterable[dg.AssetCheckKey] = ()) -> dg.AssetsDefinition:
    """dashboards/<page> for every page, downstream of what its queries read; pages tell the results of these checks."""
    told = sorted(checks)

    @dg.multi_asset(
        name=LAYER,
        specs=[_spec(page) for page in PAGES.values()],
        can_subset=True,
        backfill_policy=ONE_RUN_PER_RANGE,
    )
    def dashboards(
        context: dg.AssetExecutionContext, lake: LakeResource, warehouse: WarehouseResource
    ) -> Iterator[dg.MaterializeResult]:
        # 0.1 s for templates and Vega's library, which whoever only loads the definitions does not need.
        from shopstream_platform.serving.render.publish import publish, remember

        selected = {key.path[-1] for key in context.selected_asset_keys}
        with (
            errors_for_the_user(context),
            not_while_forgetting(context, settings),
            warehouse.session(layer="dashboards", run=context.run_id) as session,
        ):
            objects, builds = lake.open(), builds_of_pages(session, settings.dbt)
            marts, folder = Marts(session, settings.dbt), local_folder(settings.home)
            quality = quality_of(context, told)
            for name, page in PAGES.items():
                if name in selected:
                    published = publish(page, marts, objects, folder, settings.pages, builds[name], quality)
                    remember(objects, folder, settings.pages, {name: published}, builds[name])
                    yield dg.MaterializeResult(
                        asset_key=dg.AssetKey([LAYER, name]), metadata=_metadata(published) | latency(context.run.tags)
                    )

    return dashboards


def _spec(page: Page) -> dg.AssetSpec:
    return dg.AssetSpec(
        dg.AssetKey([LAYER, page.name]),
        deps=[dg.AssetKey.from_user_string(path) for path in page.reads],
        description=f"{page.description}\n\nOne HTML file with everything inline: `shopstream dashboards` opens it.",
        group_name=LAYER,
        kinds={"html", "altair"},
        owners=OWNERS,
        tags={"layer": LAYER},
    )


def _metadata(published: "Published") -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "dagster/uri": published.uri,
        "path": dg.MetadataValue.path(published.path),
        "kilobytes": round(published.size / 1000),
        "seconds": round(published.seconds, 3),
    }
    if published.preview:
        image = b64encode(published.preview).decode()
        metadata["preview"] = dg.MetadataValue.md(f"![preview](data:image/png;base64,{image})")
    figures = {name: value for name, value in published.figures.items() if value is not None}
    return metadata | {
        name: value if isinstance(value, int) else round(float(value), 4) for name, value in figures.items()
    }
