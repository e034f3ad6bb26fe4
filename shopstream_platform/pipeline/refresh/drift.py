"""Which partitions and snapshot tables of RAW are no longer what the source holds."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.contract.checksum import method
from shopstream_platform.contract.chunks import Named
from shopstream_platform.contract.days import Days, days_between
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.earlier import as_now
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.pipeline.extract import sql
from shopstream_platform.pipeline.extract.limits import check_holdable, oversized
from shopstream_platform.pipeline.extract.schema import as_found, check_columns, limits_of_sight, source_columns
from shopstream_platform.pipeline.load.sql import current_loads
from shopstream_platform.stores.postgres import savepoint
from shopstream_platform.stores.warehouse import Warehouse


class Why(StrEnum):
    """Why a partition must be loaded."""

    NEW = "new"
    CHANGED = "changed"
    EMPTIED = "emptied"
    METHOD = "fingerprint method, server version or declaration changed"
    DAMAGED = "RAW does not hold what was loaded"
    LOST = "objects or manifest are missing in the lake"
    ENDED = "was loaded before it was over"


@dataclass(frozen=True)
class Load:
    """The newest load-log row of a partition (day is None for a snapshot table)."""

    rows: int
    fingerprint: int
    method: str
    server_version: int
    checksum: int = 0
    documents: str | None = None
    etags: tuple[str, ...] = ()
    complete: bool = True
    load_id: str = ""


@dataclass
class Seen:
    """How much of a table the comparison saw: rows that were loaded, rows that are there, partitions of both."""

    loaded_rows: int = 0
    found_rows: int = 0
    loaded_parts: int = 0
    emptied_parts: int = 0

    def add(self, other: "Seen") -> None:
        """Take in another part of the table."""
        self.loaded_rows += other.loaded_rows
        self.found_rows += other.found_rows
        self.loaded_parts += other.loaded_parts
        self.emptied_parts += other.emptied_parts


@dataclass(frozen=True)
class Drift:
    """What must be loaded again: days of partitioned tables, whole snapshot tables.

    `refused` has the tables that cannot be loaded, with the reason; `undeclared` the columns that are left out;
    `blind` what the comparison could not see, as sentences; `missed` what the change feed has not named though it has
    changed; `seen` how much the comparison saw of each table; `named` the chunks that can have changed of snapshot
    tables of which that is known.
    """

    days: dict[str, dict[date, Why]] = field(default_factory=dict)
    snapshots: dict[str, Why] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    undeclared: dict[str, list[str]] = field(default_factory=dict)
    blind: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    seen: dict[str, Seen] = field(default_factory=dict, compare=False)
    named: dict[str, Named] = field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        return bool(self.days or self.snapshots)

    @property
    def reasons(self) -> list[str]:
        """Why tables are refused, each reason once: a source that is down is one for all of its tables."""
        return list(dict.fromkeys(self.refused.values()))

    @property
    def all_days(self) -> set[date]:
        """Days on which any partitioned table drifted."""
        return {day for days in self.days.values() for day in days}

    def add(self, other: "Drift") -> None:
        """Take in what another comparison of the same source found; a table that either refuses is refused."""
        for table, reasons in other.days.items():
            self.days.setdefault(table, {}).update(reasons)
        self.snapshots.update(other.snapshots)
        self.undeclared.update(other.undeclared)
        self.blind.extend(one for one in other.blind if one not in self.blind)
        self.missed.extend(other.missed)
        self.named.update(other.named)
        for table, seen in other.seen.items():
            self.seen.setdefault(table, Seen()).add(seen)
        for table, reason in {**other.refused, **self.refused}.items():
            self.refuse(table, reason)

    def refuse(self, table: str, reason: str) -> None:
        """Leave a table out, whatever was found of it."""
        self.days.pop(table, None)
        self.snapshots.pop(table, None)
        self.named.pop(table, None)
        self.refused[table] = reason


Loads = dict[tuple[str, date | None], Load]
# Partition of one table (None: a snapshot table) -> its newest load.
LoadsOfTable = dict[date | None, Load]


def read_loads(warehouse: Warehouse) -> Loads:
    """The current loads: (table, day) -> load."""
    return {
        (table, day): Load(
            *(int(rows), int(print_), as_now(how), int(version), int(check), documents),
            etags=tuple(etags.split(",")) if etags else (),
            complete=bool(complete),
            load_id=load_id,
        )
        for (
            *(table, day, load_id, rows, print_, how, version, check, documents, etags),
            complete,
        ) in warehouse.rows(current_loads())
    }


def by_table(loads: Loads) -> dict[str, LoadsOfTable]:
    """Table -> its loads; with hundreds of tables, a million loads are not walked through for each."""
    found: dict[str, LoadsOfTable] = {}
    for (name, day), load in loads.items():
        found.setdefault(name, {})[day] = load
    return found


def ended_days(
    loads: Mapping[str, LoadsOfTable], tables: Iterable[Table], days: Days, running: date
) -> dict[str, set[date]]:
    """Partitioned table -> the days of the range that were loaded before they were over, and are over now."""
    last = min(days.last, running - timedelta(days=1))
    return {
        table.name: {
            day
            for day, load in loads.get(table.name, {}).items()
            if day is not None and not load.complete and days.first <= day <= last
        }
        for table in tables
        if table.partitioned
    }


def find_drift(conn: connection, loads: Loads, days: Days, tables: tuple[Table, ...] = TABLES) -> Drift:
    """Compare source and load log for every table; one grouped query a table.

    `conn` is a REPEATABLE READ snapshot of the source; `days` bounds the comparison of partitioned tables. A table that
    cannot be compared is refused, and the others go on.
    """
    drift = Drift()
    for table in tables:
        with refusing(conn, drift, table):
            drift.add(_drift_of(conn, loads, table, days))
    return drift


@contextmanager
def refusing(conn: connection, drift: Drift, table: Table) -> Iterator[None]:
    """A fault of the table in this block refuses it, and the others go on; one that may pass is raised."""
    try:
        with savepoint(conn, table.name):
            yield
    except TransientError:
        raise
    except ShopStreamError as error:
        drift.refuse(table.name, str(error))


def sight(conn: connection, table: Table) -> tuple[Drift, Table]:
    """What a comparison of the table will not see, and the table as the source has it.

    ShopStreamError if its columns are not the declared ones.
    """
    drift, columns = Drift(), source_columns(conn, table)
    if undeclared := check_columns(table, columns):
        drift.undeclared[table.name] = undeclared
    if limits := limits_of_sight(conn, table):
        drift.blind.append(limits)
    return drift, as_found(table, columns)


def _drift_of(conn: connection, loads: Loads, table: Table, days: Days) -> Drift:
    drift, table = sight(conn, table)
    parts: list[date | None] = [*days_between(days.first, days.last)] if table.partitioned else [None]
    found = _fingerprints(conn, table, days if table.partitioned else None)
    drift.seen[table.name] = _seen(table, loads, parts, found)
    reasons = {
        part: why
        for part in parts
        if (why := _why(conn, table, loads.get((table.name, part)), found.get(part, (0, 0))))
    }
    if not reasons:
        return drift
    by_day = {day: why for day, why in reasons.items() if day is not None}
    span = Days(min(by_day), max(by_day), days.start) if by_day else None
    check_holdable(conn, table, span)
    if large := oversized(conn, table, span):
        drift.blind.append(large)
    if table.partitioned:
        drift.days[table.name] = by_day
    else:
        drift.snapshots[table.name] = reasons[None]
    return drift


def _fingerprints(conn: connection, table: Table, days: Days | None) -> dict[Any, tuple[int, int]]:
    with conn.cursor() as cursor:
        cursor.execute(sql.fingerprints(table, days))
        return {day: (rows, int(print_)) for day, rows, print_ in cursor}


def _seen(table: Table, loads: Loads, parts: list[date | None], found: dict[Any, tuple[int, int]]) -> Seen:
    loaded = {part: load.rows for part in parts if (load := loads.get((table.name, part))) and load.rows}
    return Seen(
        loaded_rows=sum(loaded.values()),
        found_rows=sum(rows for rows, _ in found.values()),
        loaded_parts=len(loaded),
        emptied_parts=sum(1 for part in loaded if part not in found or not found[part][0]),
    )


def _why(conn: connection, table: Table, load: Load | None, found: tuple[int, int]) -> Why | None:
    if load is None:
        return Why.NEW
    if (load.method, load.server_version) != (method(table), conn.server_version):
        return Why.METHOD
    if (load.rows, load.fingerprint) == found:
        return None
    return Why.EMPTIED if found[0] == 0 else Why.CHANGED
