"""Whether the lake still holds what was loaded: each manifest, and under its own key each object that it lists."""

from collections.abc import Iterator, Mapping
from datetime import date

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.contract.declare import Table
from shopstream_platform.pipeline.refresh.drift import Load
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import Manifest, current_snapshot_day, read_manifest, table_prefix


def lost_in_lake(
    lake: Lake, table: Table, loads: Mapping[date | None, Load], days: tuple[date, date]
) -> Iterator[date | None]:
    """The loaded partitions (None: a snapshot table) that could not be loaded from the lake again.

    Days outside `days`, the first and the last partition, are left out: they cannot be extracted either.
    """
    if not loads:
        return
    objects = lake.etags(table_prefix(table))
    wanted = [day for day in loads if day is None or days[0] <= day <= days[1]]
    found = lake.map(lambda day: _manifest(lake, table, day), wanted)
    for day, manifest in zip(wanted, found, strict=True):
        if manifest is None or not _holds(manifest, loads[day], objects):
            yield day


def _manifest(lake: Lake, table: Table, day: date | None) -> Manifest | None:
    try:
        return read_manifest(lake, table, current_snapshot_day(lake, table) if day is None else day)
    except TransientError:
        raise
    except ShopStreamError:
        return None


def _holds(manifest: Manifest, load: Load, objects: Mapping[str, str]) -> bool:
    listed = {file.key: file.etag for file in manifest.files}
    as_loaded = (manifest.rows, manifest.checksum, sorted(listed.values())) == (
        load.rows,
        load.checksum,
        sorted(load.etags),
    )
    return as_loaded and all(objects.get(key) == etag for key, etag in listed.items())
