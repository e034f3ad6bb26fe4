"""A range of RAW becomes what its manifests say: by COPY, or where RAW has the objects' rows already, by an UPDATE."""

from datetime import date

from shopstream_platform.contract.days import Days, contiguous_ranges
from shopstream_platform.contract.declare import Kind, Table
from shopstream_platform.contract.former import kind_of
from shopstream_platform.pipeline.load import sql
from shopstream_platform.pipeline.load.contents import Found, contents_of, difference, reconcile
from shopstream_platform.pipeline.load.layout import constants, layouts
from shopstream_platform.stores.manifest import Manifest
from shopstream_platform.stores.warehouse import Warehouse


def fill(warehouse: Warehouse, table: Table, days: Days | None, manifests: list[Manifest]) -> tuple[Found, int]:
    """What the range holds then, and how many partitions were updated in place; ReconciliationError if it differs.

    Where an update in place does not lead to what the manifests say, everything is copied.
    """
    documents = _of_same_objects(warehouse, table, manifests)
    in_place = [manifest for manifest in manifests if manifest.day in documents]
    if in_place:
        _replace(warehouse, table, days, [manifest for manifest in manifests if manifest.day not in documents])
        _update(warehouse, table, days, in_place)
        found = contents_of(warehouse, table, days, manifests)
        same = all(found[day].documents == digest for day, digest in documents.items() if digest and day in found)
        if same and difference(manifests, found) is None:
            return found, len(in_place)
    warehouse.execute(sql.delete_range(table, days))
    _copy(warehouse, table, manifests)
    found = contents_of(warehouse, table, days, manifests)
    reconcile(table, manifests, found)
    return found, 0


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
