"""Load RAW again from what the lake's manifests say, without the source."""

from datetime import date

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import contiguous_ranges
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import PARTITIONED, SNAPSHOTS
from shopstream_platform.pipeline.refresh.plan import Step
from shopstream_platform.services import resolve
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import MANIFEST_NAME, table_prefix

RAW_ONLY = ("raw",)


def rebuild_steps(settings: Settings) -> list[Step]:
    """One run per table and contiguous range of days that the lake holds, then the marts.

    Raises ShopStreamError if the lake holds no manifest at all.
    """
    lake = Lake(resolve.object_store(settings))
    days = {table: _extracted_days(lake, table) for table in PARTITIONED}
    snapshots = [table.name for table in SNAPSHOTS if _extracted_days(lake, table)]
    # Tables that have the same days share a run, as the tables of one extraction do.
    ranges = {span for found in days.values() for span in contiguous_ranges(found)}
    steps = [
        Step([t.name for t in PARTITIONED if span in contiguous_ranges(days[t])], span, build=False, layers=RAW_ONLY)
        for span in sorted(ranges)
    ]
    if snapshots:
        steps.append(Step(snapshots, None, build=False, layers=RAW_ONLY))
    if not steps:
        raise ShopStreamError(f"{lake.uri('raw/')} holds no manifest: there is nothing to rebuild RAW from")
    return [*steps, Step([], None, build=True)]


def _extracted_days(lake: Lake, table: Table) -> list[date]:
    prefix = table_prefix(table)
    folders = (key.removeprefix(prefix) for key in lake.etags(prefix) if key.endswith(MANIFEST_NAME))
    return sorted(date.fromisoformat(folder.split("/")[0]) for folder in folders)
