"""Which assets a step of a plan materializes."""

from collections.abc import Iterable

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

from shopstream_platform.config.graph import reached
from shopstream_platform.contract.layers import SOURCE_LAYERS
from shopstream_platform.contract.tables import BY_NAME
from shopstream_platform.defs.assets.common import table_key, table_of
from shopstream_platform.pipeline.refresh.plan import DASHBOARDS, Step

# Only where it is asked for: it takes as long as the marts.
DOCS = "docs"


def keys_of_step(step: Step, graph: BaseAssetGraph) -> list[dg.AssetKey]:
    """The assets that the step's run takes, sorted: without those made from tables that could not be loaded."""
    wanted = {key for key in graph.materializable_asset_keys if belongs(key, step)} - left_as_they_are(step, graph)
    if step.build and step.models is not None:
        wanted -= _of_other_models(wanted, set(step.models), graph) - {key for key in wanted if _is_stale(key, step)}
    return sorted(wanted)


def _of_other_models(wanted: set[dg.AssetKey], names: set[str], graph: BaseAssetGraph) -> set[dg.AssetKey]:
    """What neither is one of these models nor is made from one."""
    built = {key for key in wanted if key.path[0] not in (*SOURCE_LAYERS, DOCS)}
    models = {key for key in built if key.path[-1] in names and key.path[0] != DASHBOARDS}
    return built - models - _made_from(models, graph)


def _is_stale(key: dg.AssetKey, step: Step) -> bool:
    return key.path[0] == DASHBOARDS and key.path[-1] in step.pages


def left_as_they_are(step: Step, graph: BaseAssetGraph) -> set[dg.AssetKey]:
    """What is made from tables that could not be loaded."""
    return _made_from([table_key("raw", BY_NAME[name]) for name in step.without], graph)


def _made_from(keys: Iterable[dg.AssetKey], graph: BaseAssetGraph) -> set[dg.AssetKey]:
    return reached(keys, lambda key: graph.get(key).child_keys)


def belongs(key: dg.AssetKey, step: Step) -> bool:
    """Whether the step's run takes the asset."""
    layer = key.path[0]
    if layer == DOCS:
        return DOCS in step.layers
    if layer == DASHBOARDS and DASHBOARDS in step.layers:
        return _is_stale(key, step)
    if layer not in SOURCE_LAYERS:
        return step.build
    # oltp/* are partitioned by day, so that a run without days cannot materialize them.
    return table_of(key).name in step.tables and layer in step.layers and (layer != "oltp" or step.days is not None)
