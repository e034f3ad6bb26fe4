"""How the objects of a partition become rows of RAW, whatever declaration they were extracted by."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopstream_platform.contract.checksum import Way, methods, way_of_method
from shopstream_platform.contract.declare import Column, LakeFormat, Table
from shopstream_platform.contract.former import columns_then, former, names_of_same
from shopstream_platform.pipeline.load.sql import from_document, from_field
from shopstream_platform.stores.manifest import Manifest, format_of

UNKNOWN_WAY = "summed up by a version of ShopStream that this one does not know"


@dataclass(frozen=True)
class Layout:
    """Columns of RAW -> their expressions over a row of the objects, and the objects' format.

    `measured` is the table by whose columns, as RAW calls them, the manifests were summed up; None where one of them
    is no longer declared, so that only rows can be counted; `unmeasured` says why, in words. `way` is how they were
    summed up, None if that is not known.
    """

    filled: dict[str, str]
    lake_format: LakeFormat
    measured: Table | None
    way: Way | None
    unmeasured: str = ""


def layouts(table: Table, manifests: list[Manifest]) -> list[tuple[Layout, list[Manifest]]]:
    """The manifests by their layout; one for all, unless the declaration has changed."""
    groups: dict[tuple[object, ...], list[Manifest]] = {}
    for manifest in manifests:
        read_as = (manifest.method, *manifest.columns.items(), *manifest.digits.items())
        key = (_format(table, manifest), read_as, *manifest.in_objects.items(), *manifest.constants.items())
        groups.setdefault(key, []).append(manifest)
    return [(_layout(table, group[0]), group) for group in groups.values()]


def not_compared(table: Table, manifests: list[Manifest]) -> str:
    """Which partitions RAW's checksum says nothing of, as one sentence; empty if all are compared."""
    partitions: dict[str, int] = {}
    for layout, group in layouts(table, manifests):
        if layout.measured is None and (count := sum(1 for manifest in group if manifest.rows)):
            partitions[layout.unmeasured] = partitions.get(layout.unmeasured, 0) + count
    return "; ".join(
        f"{count} partition{'s' * (count > 1)}: rows counted, checksum not comparable ({why})"
        for why, count in partitions.items()
    )


def constants(table: Table, manifest: Manifest) -> dict[str, str]:
    """Column -> its one value as Snowflake writes it, of the columns that the objects lack."""
    return {name: _constant(table.column(name), text) for name, text in manifest.constants.items()}


def _layout(table: Table, manifest: Manifest) -> Layout:
    names = _names(table, manifest)
    lake_format, filled = _format(table, manifest), dict[str, str]()
    for position, (in_object, then) in enumerate(manifest.in_objects.items(), start=1):
        if then and (today := names.get(then)):
            column = table.column(today)
            is_csv = lake_format is LakeFormat.CSV
            filled[today] = from_field(column, f"${position}") if is_csv else from_document(column, in_object)
    for then, text in manifest.constants.items():
        if text is not None and (today := names.get(then)):
            filled[today] = _constant(table.column(today), text)
    way = way_of_method(manifest.method)
    if manifest.method in methods(table):
        return Layout(filled, lake_format, table, way)
    of_then = columns_then(table, manifest.columns, manifest.digits)
    known = {today: of_then[then] for then, today in names.items() if today}
    measured = former(table, known, {name: name for name in known})
    if way is None:
        return Layout(filled, lake_format, None, way, UNKNOWN_WAY)
    if measured and len(known) == len(names):
        return Layout(filled, lake_format, measured, way)
    return Layout(filled, lake_format, None, way, _why_not(table, names))


def _why_not(table: Table, names: Mapping[str, str | None]) -> str:
    lost = [then for then, today in names.items() if not today]
    whys = [
        f"column {name} is {'declared as another type now' if name in table.column_names else 'no longer declared'}"
        for name in lost
    ]
    return "; ".join(whys) or "the table's partitions are declared otherwise now"


def _names(table: Table, manifest: Manifest) -> Mapping[str, str | None]:
    """Its columns -> what they are called now; one whose values are read otherwise now is another one."""
    if manifest.method in methods(table):
        return {name: name for name in manifest.columns}
    return names_of_same(table, columns_then(table, manifest.columns, manifest.digits))


def _constant(column: Column, text: str | None) -> str:
    if text is None:
        return "NULL"
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'::{column.snowflake_type}"


def _format(table: Table, manifest: Manifest) -> LakeFormat:
    """What the objects were written in, whatever is declared now."""
    return (format_of(manifest.files[0].key) if manifest.files else None) or table.lake_format
