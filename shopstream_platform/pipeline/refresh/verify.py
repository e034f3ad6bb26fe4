"""The proof that nothing was changed behind the platform's back: RAW, lake and marts against the logs of what was made.

A comparison with the source takes the load log's word for what RAW holds. Here RAW is counted and summed again, the
lake's objects are looked for by their ETags, and every built table is counted and hashed again.
"""

from dataclasses import dataclass, field
from datetime import date

from shopstream_platform.contract.checksum import methods
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.contract.raw_changes import UNREADABLE
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.pipeline.evolve.raw import changes_of
from shopstream_platform.pipeline.load.contents import Contents, read_contents
from shopstream_platform.pipeline.refresh.drift import Drift, Load, Loads, Why
from shopstream_platform.pipeline.refresh.verify_lake import lost_in_lake
from shopstream_platform.stores.build_log import BuiltTable, built_tables
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.warehouse import Warehouse

# Set in rows of an incremental model, so that its next build makes every partition again.
STALE_CODE = "changed behind the platform"


@dataclass
class Damage:
    """What is not as it was made: partitions to load again, tables to build again, and what only a person can mend."""

    drift: Drift = field(default_factory=Drift)
    tables: dict[str, str] = field(default_factory=dict)
    incremental: list[str] = field(default_factory=list)
    beyond_repair: list[str] = field(default_factory=list)
    counted: str = ""

    def add(self, table: Table, day: date | None, why: Why) -> None:
        """A partition, or a snapshot table (day is None), to load again; the first reason found is kept."""
        if day is None:
            self.drift.snapshots.setdefault(table.name, why)
        else:
            self.drift.days.setdefault(table.name, {}).setdefault(day, why)


def find_damage(
    warehouse: Warehouse, lake: Lake, loads: Loads, core: str, days: tuple[date, date], models: set[str]
) -> Damage:
    """Count, sum and hash everything again.

    `core` is the build log's schema, `days` the first and last partition, `models` are the project's, as SCHEMA.NAME.
    """
    damage = Damage()
    rows = 0
    missing = {change.table for change in changes_of(warehouse, TABLES) if change.what in UNREADABLE}
    for table in TABLES:
        logged = {day: load for (name, day), load in loads.items() if name == table.name}
        current = {day: load for day, load in logged.items() if load.method in methods(table)}
        contents = {} if table.name.upper() in missing else read_contents(warehouse, table, None)
        rows += sum(one.rows for one in contents.values())
        # What an earlier declaration has loaded is due to be loaded again, and sums up other columns.
        earlier = logged.keys() - current.keys()
        _check_raw(damage, table, current, {day: one for day, one in contents.items() if day not in earlier}, days)
        for day in lost_in_lake(lake, table, logged, days):
            damage.add(table, day, Why.LOST)
    built = built_tables(warehouse, core)
    present = _present(warehouse)
    for one in built:
        _check_built(damage, one, warehouse, present)
    for name in sorted(models - {f"{one.schema}.{one.name}" for one in built}):
        damage.tables[name] = "is not in the record of what was built"
    hashed = sum(one.content_hash is not None for one in built)
    damage.counted = (
        f"{rows:,} rows of {len(TABLES)} RAW tables, the lake's objects of {len(loads):,} loads, "
        f"{len(built)} models ({hashed} by content, views by rows)"
    )
    return damage


def make_stale(warehouse: Warehouse, damage: Damage) -> None:
    """Let the next build make the damaged incremental models again as a whole; other models always are."""
    for name in damage.incremental:
        warehouse.execute(f"UPDATE {name} SET _code_version = '{STALE_CODE}'")


def _check_raw(
    damage: Damage,
    table: Table,
    logged: dict[date | None, Load],
    found: dict[date | None, Contents],
    days: tuple[date, date],
) -> None:
    if not table.partitioned:
        load = logged.get(None)
        if load and _differs(load, list(found.values())):
            damage.add(table, None, Why.DAMAGED)
        return
    for day in sorted(found.keys() | logged.keys(), key=str):
        load = logged.get(day)
        # A column of dates may hold NULL, whatever its name promises.
        held = [contents for at, contents in found.items() if at == day]
        if load and not _differs(load, held):
            continue
        if day is not None and days[0] <= day <= days[1]:
            damage.add(table, day, Why.DAMAGED)
        elif load:
            damage.beyond_repair.append(
                f"{raw_name(table)} of {day} does not hold what was loaded, and that day is not over: a clock or "
                "SHOPSTREAM_SOURCE_TIMEZONE was set back; it can be loaded again when the day is over"
            )
        else:
            where = f"_partition_date = '{day}'" if day else "_partition_date IS NULL"
            damage.beyond_repair.append(
                f"{raw_name(table)} holds {sum(one.rows for one in held):,} rows that no load has put there: "
                f"DELETE FROM {raw_name(table)} WHERE {where}"
            )


def _differs(load: Load, held: list[Contents]) -> bool:
    if len(held) > 1:
        return True
    contents = held[0] if held else Contents()
    # A log of before documents were digested says nothing of them.
    documents = load.documents in (None, contents.documents)
    return (contents.rows, contents.checksum) != (load.rows, load.checksum) or not documents


def _present(warehouse: Warehouse) -> set[tuple[str, str]]:
    return set(warehouse.rows("SELECT table_schema, table_name FROM INFORMATION_SCHEMA.TABLES"))


def _check_built(damage: Damage, built: BuiltTable, warehouse: Warehouse, present: set[tuple[str, str]]) -> None:
    name, is_there = f"{built.schema}.{built.name}", (built.schema, built.name) in present
    problem = _difference(built, name, warehouse) if is_there else "is gone"
    if problem is None:
        return
    if built.materialized == "snapshot":
        damage.beyond_repair.append(
            f"{name} {problem}: it holds history that the source no longer has, so restore it by Time Travel"
        )
        return
    damage.tables[name] = problem
    if is_there and "_code_version" in built.columns.split(", "):
        damage.incremental.append(name)


def _difference(built: BuiltTable, name: str, warehouse: Warehouse) -> str | None:
    digest = f"HASH_AGG({built.columns})" if built.content_hash is not None else "NULL"
    ((rows, now),) = warehouse.rows(f"SELECT COUNT(*), {digest} FROM {name}")
    if int(rows) != built.rows:
        return f"has {int(rows):,} rows, and had {built.rows:,} when it was built"
    if built.content_hash is not None and int(now) != built.content_hash:
        return "does not hold what was built"
    return None
