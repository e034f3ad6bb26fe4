"""Old snapshots in the lake: a table without days is extracted whole each time, and only the newest is ever loaded."""

from datetime import date

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import SNAPSHOTS
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import current_snapshot_day, is_manifest, read_manifest, table_prefix


def drop_old_snapshots(lake: Lake, before: date) -> int:
    """Delete snapshots that were taken before a day, but for each table's newest; how many objects they were.

    Objects of their days that a snapshot which stays goes on listing stay too.
    """
    keys = [key for table in SNAPSHOTS for key in _old_keys(lake, table, before)]
    lake.delete(keys)
    return len(keys)


def _old_keys(lake: Lake, table: Table, before: date) -> list[str]:
    prefix = table_prefix(table)
    found = {key: day for key in lake.etags(prefix) if (day := _day(key.removeprefix(prefix)))}
    try:
        current = current_snapshot_day(lake, table)
        # A newer one than the current is being written.
        until = min(before, current)
        listed = _listed(lake, table, {day for key, day in found.items() if day >= until and is_manifest(key)})
    except TransientError:
        raise
    except ShopStreamError:
        # None is complete, or one is damaged, which the next load tells: nothing is known to be old.
        return []
    return [key for key, day in found.items() if day < until and key not in listed]


def _listed(lake: Lake, table: Table, days: set[date]) -> set[str]:
    """The objects that the manifests of these days list."""
    manifests = lake.map(lambda day: read_manifest(lake, table, day), days)
    return {file.key for manifest in manifests for file in manifest.files}


def _day(path: str) -> date | None:
    """The day of an object in a snapshot's folder; None for one that lies elsewhere."""
    folder, slash, _ = path.partition("/")
    try:
        return date.fromisoformat(folder) if slash else None
    except ValueError:
        return None
