"""Partitions of an earlier declaration that need not be extracted again: their manifests are written anew instead."""

from collections.abc import Mapping
from datetime import date

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.contract.days import Days, days_between
from shopstream_platform.contract.declare import Table
from shopstream_platform.pipeline.extract.proof import proven
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import (
    Manifest,
    NewerManifest,
    current_snapshot_day,
    folder,
    manifest_key,
    read_manifest,
    write_manifest,
)

# Folder -> key -> ETag.
Existing = Mapping[str, Mapping[str, str]]


def keep_what_holds(
    conn: connection,
    lake: Lake,
    table: Table,
    method: str,
    days: Days | None,
    existing: Existing,
    columns: dict[str, str],
    run_id: str,
) -> list[Manifest]:
    """The range's manifests of an earlier declaration that were proven for this one, written as such.

    `existing` are the objects of the range, `columns` the source's types. Nothing is proven of an object that is gone.
    """
    found = [one for one in _manifests(lake, table, days, existing) if one.method != method]
    whole = [one for one in found if _has_its_objects(lake, table, one, existing)]
    kept = [one.model_copy(update={"run_id": run_id}) for one in proven(conn, table, method, whole, days, columns)]
    lake.map(lambda manifest: write_manifest(lake, table, manifest), kept)
    return kept


def _manifests(lake: Lake, table: Table, days: Days | None, existing: Existing) -> list[Manifest]:
    if days is None:
        return [found] if (found := current_manifest(lake, table)) else []
    there = days_between(days.first, days.last)
    wanted = [day for day in there if manifest_key(table, day) in existing.get(folder(table, day), ())]
    return [found for found in lake.map(lambda day: _readable(lake, table, day), wanted) if found]


def _readable(lake: Lake, table: Table, day: date) -> Manifest | None:
    """What cannot be read is extracted again."""
    try:
        return read_manifest(lake, table, day)
    except (TransientError, NewerManifest):
        raise
    except ShopStreamError:
        return None


def current_manifest(lake: Lake, table: Table) -> Manifest | None:
    """The manifest of a snapshot table's newest extraction; None if there is none that can be read."""
    try:
        day = current_snapshot_day(lake, table)
    except TransientError:
        raise
    except ShopStreamError:
        return None
    return _readable(lake, table, day)


def _has_its_objects(lake: Lake, table: Table, manifest: Manifest, existing: Existing) -> bool:
    where = folder(table, manifest.day)
    present = lake.etags(where) if manifest.snapshot else existing.get(where, {})
    return all(present.get(file.key) == file.etag for file in manifest.files)
