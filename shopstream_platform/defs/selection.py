"""Which assets a step of a plan materializes."""

import dagster as dg

from shopstream_platform.contract.layers import SOURCE_LAYERS
from shopstream_platform.pipeline.refresh.plan import DASHBOARDS, Step

# Only where it is asked for: it takes as long as the marts.
DOCS = "docs"


def belongs(key: dg.AssetKey, step: Step) -> bool:
    """Whether the step's run takes the asset."""
    layer, name = key.path[0], key.path[-1]
    if layer == DOCS:
        return DOCS in step.layers
    if layer == DASHBOARDS and DASHBOARDS in step.layers:
        return True
    if layer not in SOURCE_LAYERS:
        return step.build
    # oltp/* are partitioned by day, so that a run without days cannot materialize them.
    return name in step.tables and layer in step.layers and (layer != "oltp" or step.days is not None)
