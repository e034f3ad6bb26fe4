"""One table's load: lock, delete, COPY, reconcile with the manifests, log, commit; or nothing at all."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.days import Days, days_between
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import LOAD_LOG, LOAD_LOG_COLUMNS, lock_name, raw_name
from shopstream_platform.pipeline.load import sql
from shopstream_platform.pipeline.load.contents import Contents
from shopstream_platform.pipeline.load.fill import fill
from shopstream_platform.pipeline.load.layout import not_compared
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import Manifest, current_snapshot_day, read_manifest, table_prefix
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform.stores.warehouse_errors import says_missing

RESTART = "`shopstream down` and the same command again on the embedded warehouse"


@dataclass(frozen=True)
class Loaded:
    """One committed load; `in_place` partitions had their objects' rows already, and got the constants alone.

    `not_compared` says of which partitions only the rows were counted; empty if all checksums were compared. `chunks`
    is how many chunks of a large snapshot table were replaced; None if all of its rows were.
    """

    load_id: str
    manifests: list[Manifest]
    in_place: int = 0
    not_compared: str = ""
    chunks: int | None = None

    @property
    def rows(self) -> int:
        """Rows of all partitions of the load."""
        return sum(manifest.rows for manifest in self.manifests)

    @property
    def checksum(self) -> int:
        """Sum of the partitions' checksums; equal on both sides, but for what was `not_compared`."""
        return sum(manifest.checksum for manifest in self.manifests)


def load(warehouse: Warehouse, lake: Lake, table: Table, days: Days | None, *, start_date: date, run_id: str) -> Loaded:
    """Replace a range of partitions, or a snapshot table (days is None), by what the lake's manifests say.

    Raises ReconciliationError on any difference in rows, or in a checksum that can be compared, ShopStreamError if the
    lake is incomplete; the previous state stays then. A second load of the table waits for the first.
    """
    with warehouse.transaction():
        _take_lock(warehouse, table, run_id)
        # Drawn behind the lock: the order of load ids is the order of commits, whatever clocks say.
        ((newest, now, of_other_shape),) = warehouse.rows(sql.newest_load(table))
        load_id = sql.next_load_id(newest, uuid4().hex[:8])
        # Read after taking the lock: while this load waited, another may have been extracted and loaded.
        manifests = read_partitions(lake, table, days)
        if of_other_shape:
            for statement in sql.forget_other_shape(table):
                warehouse.execute(statement)
        filled = fill(warehouse, table, days, manifests)
        rows = [
            _log_row(table, manifest, filled.found.get(manifest.day, Contents()).documents)
            | {"load_id": load_id, "start_date": start_date, "run_id": run_id, "loaded_at": now}
            for manifest in manifests
        ]
        warehouse.execute_many(sql.insert_log(), [tuple(row[name] for name in LOAD_LOG_COLUMNS) for row in rows])
    return Loaded(load_id, manifests, filled.in_place, not_compared(table, manifests), filled.chunks)


def _take_lock(warehouse: Warehouse, table: Table, run_id: str) -> None:
    lock, again = f"{lock_name(table)}, the lock of {raw_name(table)},", "`shopstream provision snowflake` makes it"
    try:
        rows = warehouse.execute(sql.take_lock(table), (run_id,)).rowcount
    except Exception as error:
        if not says_missing(error):
            raise
        raise ShopStreamError(f"{lock} does not exist: {again} in an account, {RESTART}") from None
    # An UPDATE of no row would lock nothing, and two loads could both write.
    if rows != 1:
        raise ShopStreamError(f"{lock} has {rows or 'no'} rows, not one: empty it; then {again} anew, {RESTART}")


def read_partitions(lake: Lake, table: Table, days: Days | None) -> list[Manifest]:
    """The manifests of a range, or the newest snapshot's; ShopStreamError unless the lake holds what they list."""
    wanted = [current_snapshot_day(lake, table)] if days is None else days_between(days.first, days.last)
    manifests = lake.map(lambda day: read_manifest(lake, table, day), wanted)
    # Objects of kept chunks lie where an earlier extraction put them.
    single = len(wanted) == 1 and not manifests[0].chunks
    present = lake.etags(f"{table_prefix(table)}{wanted[0]}/" if single else table_prefix(table))
    for file in (file for manifest in manifests for file in manifest.files):
        if present.get(file.key) != file.etag:
            raise ShopStreamError(
                f"{lake.uri(file.key)} is not the object that its manifest lists (an extraction was cut short or is "
                f"running): materialize lake/{table.name} for that day again"
            )
    return manifests


def check_load_log(warehouse: Warehouse) -> None:
    """ShopStreamError if the load log is missing or lacks a column: only provisioning creates them."""
    found = warehouse.rows_if_there(f"DESCRIBE TABLE {LOAD_LOG}")
    if found is None:
        raise ShopStreamError(
            f"{LOAD_LOG} does not exist: `shopstream provision snowflake` makes it in an account, {RESTART}"
        )
    present = {str(row[0]).lower() for row in found}
    missing = [name for name in LOAD_LOG_COLUMNS if name not in present]
    if missing:
        raise ShopStreamError(
            f"{LOAD_LOG} has no column {', '.join(missing)}: it was made by an earlier version, so run "
            "`shopstream provision snowflake` again"
        )


def check_start_date(warehouse: Warehouse, start_date: date) -> None:
    """ShopStreamError if RAW was loaded with another start date: its first partition would mean another thing."""
    known = warehouse.value(f"SELECT MIN(start_date) FROM {LOAD_LOG}")
    if known is not None and known != start_date:
        raise ShopStreamError(
            f"RAW was loaded with SHOPSTREAM_START_DATE={known}, now it is {start_date}: set it back, "
            "or empty schema RAW to begin anew"
        )


def _log_row(table: Table, manifest: Manifest, documents: str | None) -> dict[str, Any]:
    return {
        "table_name": table.name,
        "partition_date": None if manifest.snapshot else manifest.day,
        "row_count": manifest.rows,
        "checksum": str(manifest.checksum),
        "documents": documents,
        "fingerprint": str(manifest.fingerprint),
        "method": manifest.method,
        "server_version": manifest.server_version,
        "etags": ",".join(file.etag for file in manifest.files),
        "is_complete": manifest.complete,
    }
