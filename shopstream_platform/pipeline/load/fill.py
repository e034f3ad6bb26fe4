"""A range of RAW becomes what its manifests say: by COPY, or where RAW has the objects' rows already, by an UPDATE.

Of a large snapshot table, only chunks whose objects RAW does not have are copied.
"""

from dataclasses import dataclass
from datetime import date

from shopstream_platform.contract.chunks import ranges
from shopstream_platform.contract.days import Days, contiguous_ranges
from shopstream_platform.contract.declare import Kind, Table
from shopstream_platform.contract.former import kind_of
from shopstream_platform.pipeline.load import sql
from shopstream_platform.pipeline.load.contents import Contents, Found, contents_of, difference, reconcile
from shopstream_platform.pipeline.load.layout import constants, layouts
from shopstream_platform.stores.manifest import Manifest
from shopstream_platform.stores.warehouse import Warehouse


@dataclass(frozen=True)
class Filled:
    """What the range holds then; how many partitions were updated in place, and how many chunks were replaced.

    `chunks` is None where all rows of the range were.
    """

    found: Found
    in_place: int = 0
    chunks: int | None = None


def fill(warehouse: Warehouse, table: Table, days: Days | None, manifests: list[Manifest]) -> Filled:
    """Let the range hold what its manifests say; ReconciliationError if it does not.

    Where an update in place, or of some chunks, does not lead to that, everything is copied.
    """
    if days is None and (replaced := _replace_chunks(warehouse, table, manifests[0])) is not None:
        return replaced
    documents = _of_same_objects(warehouse, table, manifests)
    in_place = [manifest for manifest in manifests if manifest.day in documents]
    if in_place:
        _replace(warehouse, table, days, [manifest for manifest in manifests if manifest.day not in documents])
        _update(warehouse, table, days, in_place)
        found = contents_of(warehouse, table, days, manifests)
        same = all(found[day].documents == digest for day, digest in documents.items() if digest and day in found)
        if same and difference(manifests, found) is None:
            return Filled(found, len(in_place))
    warehouse.execute(sql.delete_range(table, days))
    _copy(warehouse, table, manifests)
    found = contents_of(warehouse, table, days, manifests)
    reconcile(table, manifests, found)
    return Filled(found)


def _replace_chunks(warehouse: Warehouse, table: Table, manifest: Manifest) -> Filled | None:
    """Replace the rows of the chunks whose objects the newest load did not copy.

    None if it copied no chunk that is still listed, or all of them (RAW is loaded again to repair it), or if RAW then
    does not hold what the manifest says. Chunks that stay are counted, not summed up again: their sums were compared by
    the loads that copied them, and `shopstream verify` compares all.
    """
    kept = _chunks_in_raw(warehouse, table, manifest)
    if not kept or kept == manifest.chunks.keys():
        return None
    stay = ranges(kept, manifest.chunk_width)
    warehouse.execute(sql.delete_but(table, stay))
    files = [file for file in manifest.files if file.chunk not in kept]
    _copy(warehouse, table, [manifest.model_copy(update={"files": files})])
    replaced = [chunk for number, chunk in manifest.chunks.items() if number not in kept]
    expected = (sum(one.rows for one in replaced), sum(one.checksum for one in replaced), manifest.rows)
    ((rows, check, whole),) = warehouse.rows(sql.reconcile_but(table, stay))
    if (int(rows), int(check), int(whole)) != expected:
        return None
    return Filled({manifest.day: Contents(manifest.rows, manifest.checksum)}, chunks=len(replaced))


def _chunks_in_raw(warehouse: Warehouse, table: Table, manifest: Manifest) -> set[int]:
    """The chunks all of whose objects the newest load copied or kept."""
    if not manifest.chunks or any(column.kind is Kind.JSON for column in table.columns):
        # Documents are proven by a digest of all rows.
        return set()
    whole = [etags for day, etags, *_ in warehouse.rows(sql.loaded_objects(table)) if day is None]
    loaded = {etag for etags in whole for etag in etags.split(",")}
    return {n for n, files in manifest.files_by_chunk.items() if all(file.etag in loaded for file in files)}


def _of_same_objects(warehouse: Warehouse, table: Table, manifests: list[Manifest]) -> dict[date, str | None]:
    """Days whose newest load copied the very objects of a manifest that was proven for a new declaration.

    With the digest of their documents, which stays as it is, unless the documents themselves are others.
    """
    proven = {manifest.day: manifest for manifest in manifests if manifest.held is not None}
    if not proven:
        return {}
    loaded = {day: (etags, int(rows), digest) for day, etags, rows, digest in warehouse.rows(sql.loaded_objects(table))}
    found: dict[date, str | None] = {}
    for day, manifest in proven.items():
        etags, rows, digest = loaded.get(None if manifest.snapshot else day, ("", -1, None))
        if (sorted(etags.split(",")), rows) == (sorted(f.etag for f in manifest.files) or [""], manifest.rows):
            found[day] = None if _documents_differ(table, manifest) else digest
    return found


def _documents_differ(table: Table, manifest: Manifest) -> bool:
    """Whether a JSON column or a key is new, renamed or dropped: what the digest is made of."""
    digested = {column.name for column in table.columns if column.kind is Kind.JSON or column.primary_key}
    renamed = {today for name, today in manifest.in_objects.items() if today and name != today}
    dropped = [name for name, today in manifest.in_objects.items() if today is None]
    # What an earlier version dropped may have been a document.
    were = [kind_of(type_) if (type_ := manifest.dropped.get(name)) else Kind.JSON for name in dropped]
    return bool(digested & {*renamed, *manifest.constants}) or Kind.JSON in were


def _replace(warehouse: Warehouse, table: Table, days: Days | None, manifests: list[Manifest]) -> None:
    if days is None:
        return
    for first, last in contiguous_ranges(manifest.day for manifest in manifests):
        warehouse.execute(sql.delete_range(table, Days(first, last, days.start)))
    _copy(warehouse, table, manifests)


def _copy(warehouse: Warehouse, table: Table, manifests: list[Manifest]) -> None:
    for layout, group in layouts(table, manifests):
        keys = [file.key for manifest in group for file in manifest.files]
        for start in range(0, len(keys), sql.FILES_PER_COPY):
            some = keys[start : start + sql.FILES_PER_COPY]
            warehouse.execute(sql.copy_into(table, some, layout.filled, layout.lake_format))


def _update(warehouse: Warehouse, table: Table, days: Days | None, manifests: list[Manifest]) -> None:
    """One statement for each contiguous range of days that have the same constants."""
    same: dict[tuple[tuple[str, str], ...], list[Manifest]] = {}
    for manifest in manifests:
        same.setdefault(tuple(constants(table, manifest).items()), []).append(manifest)
    for values, group in same.items():
        if not values:
            continue
        ranges = [None] if days is None else contiguous_ranges(manifest.day for manifest in group)
        for one in ranges:
            span = Days(*one, days.start) if one and days else None
            warehouse.execute(sql.set_constants(table, dict(values), span))
