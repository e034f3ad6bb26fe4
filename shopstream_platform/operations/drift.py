"""Which partitions and snapshot tables of RAW are no longer what the source holds."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from psycopg2.extensions import connection

from shopstream_platform.errors import ShopStreamError
from shopstream_platform.extract import sql
from shopstream_platform.extract.extract import check_holdable, method
from shopstream_platform.extract.schema import check_columns, source_columns
from shopstream_platform.extract.sql import Days
from shopstream_platform.load.sql import current_loads
from shopstream_platform.load.warehouse import Warehouse
from shopstream_platform.partitions import days_between
from shopstream_platform.tables import TABLES, Table


class Why(StrEnum):
    """Why a partition must be loaded."""

    NEW = "new"
    CHANGED = "changed"
    EMPTIED = "emptied"
    METHOD = "fingerprint method, server version or declaration changed"


@dataclass(frozen=True)
class Load:
    """The newest load-log row of a partition (day is None for a snapshot table)."""

    rows: int
    fingerprint: int
    method: str
    server_version: int


@dataclass(frozen=True)
class Drift:
    """What must be loaded again: days of partitioned tables, whole snapshot tables.

    `refused` has the tables that cannot be loaded, with the reason; `undeclared` the columns that are left out.
    """

    days: dict[str, dict[date, Why]] = field(default_factory=dict)
    snapshots: dict[str, Why] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    undeclared: dict[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.days or self.snapshots)

    @property
    def all_days(self) -> set[date]:
        """Days on which any partitioned table drifted."""
        return {day for days in self.days.values() for day in days}

    def add(self, other: "Drift") -> None:
        """Take in what another comparison of the same source found."""
        for table, reasons in other.days.items():
            self.days.setdefault(table, {}).update(reasons)
        self.snapshots.update(other.snapshots)
        self.refused.update(other.refused)
        self.undeclared.update(other.undeclared)


Loads = dict[tuple[str, date | None], Load]


def read_loads(warehouse: Warehouse) -> Loads:
    """The current loads: (table, day) -> load."""
    return {
        (table, day): Load(int(rows), int(print_), how, int(version))
        for table, day, _load_id, rows, print_, how, version in warehouse.rows(current_loads())
    }


def find_drift(conn: connection, loads: Loads, days: Days) -> Drift:
    """Compare source and load log for every table; one grouped query a table.

    `conn` is a REPEATABLE READ snapshot of the source; `days` bounds the comparison of partitioned tables.
    """
    drift = Drift()
    for table in TABLES:
        try:
            drift.add(_drift_of(conn, loads, table, days))
        except ShopStreamError as error:
            # The other tables are compared and loaded all the same.
            drift.refused[table.name] = str(error)
    return drift


def _drift_of(conn: connection, loads: Loads, table: Table, days: Days) -> Drift:
    drift = Drift()
    if undeclared := check_columns(table, source_columns(conn, table)):
        drift.undeclared[table.name] = undeclared
    found = _fingerprints(conn, table, days if table.partitioned else None)
    if table.partitioned:
        reasons = {
            day: why
            for day in days_between(days.first, days.last)
            if (why := _why(conn, table, loads.get((table.name, day)), found.get(day, (0, 0))))
        }
        if reasons:
            check_holdable(conn, table, Days(min(reasons), max(reasons), days.start))
            drift.days[table.name] = reasons
    elif why := _why(conn, table, loads.get((table.name, None)), found.get(None, (0, 0))):
        check_holdable(conn, table, None)
        drift.snapshots[table.name] = why
    return drift


def _fingerprints(conn: connection, table: Table, days: Days | None) -> dict[Any, tuple[int, int]]:
    with conn.cursor() as cursor:
        cursor.execute(sql.fingerprints(table, days))
        return {day: (rows, int(print_)) for day, rows, print_ in cursor}


def _why(conn: connection, table: Table, load: Load | None, found: tuple[int, int]) -> Why | None:
    if load is None:
        return Why.NEW
    if (load.method, load.server_version) != (method(table), conn.server_version):
        return Why.METHOD
    if (load.rows, load.fingerprint) == found:
        return None
    return Why.EMPTIED if found[0] == 0 else Why.CHANGED
