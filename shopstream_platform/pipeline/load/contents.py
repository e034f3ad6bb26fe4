"""What RAW holds of each partition, counted and summed in the warehouse."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.checksum import Way
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.pipeline.load import sql
from shopstream_platform.pipeline.load.layout import layouts
from shopstream_platform.stores.manifest import Manifest
from shopstream_platform.stores.warehouse import Warehouse


class ReconciliationError(ShopStreamError):
    """What was copied is not what the manifests say; the transaction was rolled back."""


class Contents(NamedTuple):
    """What RAW holds of a partition; `documents` is a digest of its JSON columns, None without rows or columns."""

    rows: int = 0
    checksum: int = 0
    documents: str | None = None


Found = dict[date, Contents]


def read_contents(
    warehouse: Warehouse, table: Table, days: Days | None, way: Way | None = None
) -> dict[date | None, Contents]:
    """Partition date (None: a snapshot table) -> what RAW holds of it, if it holds rows; summed up by today's way."""
    found = warehouse.rows(sql.reconcile(table, days, way))
    return {day: Contents(int(rows), int(check), documents) for day, rows, check, documents in found if rows}


def contents_of(warehouse: Warehouse, table: Table, days: Days | None, manifests: list[Manifest]) -> Found:
    """The same, each partition by the declaration of its manifest; a day without a manifest by today's."""
    found: dict[date | None, Contents] = {}
    groups = layouts(table, manifests)
    for layout, group in groups:
        contents = read_contents(warehouse, layout.measured or table, days, layout.way)
        of_group = {manifest.day if table.partitioned else None: manifest for manifest in group}
        for day, one in contents.items():
            if day in of_group or len(groups) == 1:
                # Of a column that is no longer declared RAW has nothing that could be summed up.
                check = one.checksum if layout.measured or day not in of_group else of_group[day].checksum
                found[day] = one._replace(checksum=check)
    return {manifests[0].day if day is None else day: contents for day, contents in found.items()}


def difference(manifests: Iterable[Manifest], found: Found) -> date | None:
    """The first day of which RAW does not hold what its manifest says."""
    actual = {day: (contents.rows, contents.checksum) for day, contents in found.items()}
    expected = {manifest.day: (manifest.rows, manifest.checksum) for manifest in manifests if manifest.rows}
    return min((d for d in actual.keys() | expected.keys() if actual.get(d) != expected.get(d)), default=None)


def reconcile(table: Table, manifests: list[Manifest], found: Found) -> None:
    """ReconciliationError unless RAW holds what the manifests say."""
    day = difference(manifests, found)
    if day is None:
        return
    actual = found.get(day, Contents())
    expected = next(((m.rows, m.checksum) for m in manifests if m.day == day), (0, 0))
    raise ReconciliationError(
        f"{raw_name(table)} of {day} would hold (rows, checksum) {(actual.rows, actual.checksum)} but the manifest "
        f"says {expected}: the load was rolled back; materialize lake/{table.name} for that day again"
    )
