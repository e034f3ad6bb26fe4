"""RAW on its way to the declaration: what loses nothing is done before a load, the rest waits for `shopstream migrate`.

DDL commits by itself on Snowflake, so it runs before a load's transaction. Every statement may run again, and what a
kill leaves between two of them is a difference that the next run finds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.listing import first_of
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import LOCK_PREFIX, SCHEMA
from shopstream_platform.contract.raw_changes import (
    ASKED,
    AUTOMATIC,
    LOSING,
    Change,
    Found,
    What,
    found_columns,
    raw_changes,
)
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform.stores.warehouse_errors import says_forbidden

NAMES_SHOWN = 6
# SHOW lists no more, and does not say so.
LONGEST_LISTING = 10_000
# How the message of a run that has changed RAW begins.
CHANGED = "changed RAW:"


@dataclass(frozen=True)
class Prepared:
    """What was done, as sentences, and the tables that cannot be loaded: name in the catalogue -> why."""

    done: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def find_raw(warehouse: Warehouse, tables: Iterable[Table]) -> Found:
    """The tables of RAW with their columns. SHOW needs no running warehouse, as INFORMATION_SCHEMA does."""
    rows = warehouse.records(f"SHOW COLUMNS IN SCHEMA {SCHEMA}")
    if len(rows) >= LONGEST_LISTING:
        known = {str(row["name"]) for row in warehouse.records(f"SHOW TABLES IN SCHEMA {SCHEMA}")}
        wanted = [name for t in tables for name in (t.name.upper(), f"{LOCK_PREFIX}{t.name.upper()}") if name in known]
        rows = [row for name in wanted for row in warehouse.records(f"SHOW COLUMNS IN TABLE {SCHEMA}.{name}")]
    return found_columns(rows)


def changes_of(warehouse: Warehouse, tables: Iterable[Table]) -> list[Change]:
    """What RAW lacks, has otherwise or has too much of."""
    declared = list(tables)
    return raw_changes(declared, find_raw(warehouse, declared))


def prepare(warehouse: Warehouse, tables: Iterable[Table]) -> Prepared:
    """Do what loses nothing for these tables; refuse those that a person decides about, or that may not be changed."""
    declared = list(tables)
    prepared = Prepared(refused=refusals(changes := changes_of(warehouse, declared)))
    for table in declared:
        if table.name not in prepared.refused:
            try:
                prepared.done.extend(apply(warehouse, _automatic(changes, table)))
            except ShopStreamError as error:
                prepared.refused[table.name] = str(error)
    return prepared


def pending(changes: Iterable[Change]) -> list[str]:
    """What a load would do by itself, and what RAW keeps that nobody declares, as sentences."""
    found = list(changes)
    lines = [str(change) for change in found if change.what in AUTOMATIC]
    if kept := [change.table for change in found if change.what is What.DROP_TABLE]:
        shown = first_of(kept, NAMES_SHOWN)
        lines.append(
            f"{SCHEMA} keeps tables that are not declared ({shown}): `shopstream migrate --drop-old` drops them"
        )
    return lines


def to_create(changes: Iterable[Change]) -> set[str]:
    """The tables that are not there, whatever the load log says of them."""
    return {change.table.lower() for change in changes if change.what is What.CREATE}


def refusals(changes: Iterable[Change]) -> dict[str, str]:
    """Table -> why it cannot be loaded as RAW is."""
    found: dict[str, list[str]] = {}
    for change in changes:
        if change.what in ASKED:
            found.setdefault(change.table.lower(), []).append(f"{change.column} {change.undecided}")
    return {
        table: f"{SCHEMA}.{table.upper()} is not as declared, so nothing of {table} was loaded: {'; '.join(details)}. "
        "`shopstream migrate` shows what it would do, and does it"
        for table, details in found.items()
    }


def wanted(changes: Iterable[Change], *, drop_old: bool) -> list[Change]:
    """What `shopstream migrate` does: all but what needs nothing, and but what drops data unless that is meant."""
    kinds = AUTOMATIC | ASKED | (LOSING if drop_old else frozenset())
    return [change for change in changes if change.what in kinds]


def apply(warehouse: Warehouse, changes: Iterable[Change]) -> list[str]:
    """Run the changes in their order; what was done. ShopStreamError where the role may not: only owners alter."""
    done = []
    for change in changes:
        try:
            for statement in change.statements:
                warehouse.execute(statement)
        except Exception as error:
            if not says_forbidden(error):
                raise
            cure = (
                "`shopstream provision snowflake` does it as the owner"
                if change.what in AUTOMATIC
                else "run `shopstream migrate` with the owner of RAW's tables as SNOWFLAKE_ROLE (SYSADMIN)"
            )
            raise ShopStreamError(f"{change}, which the role of this session may not do: {cure}") from None
        done.append(f"{CHANGED} {change}")
    return done


def _automatic(changes: list[Change], table: Table) -> list[Change]:
    names = {table.name.upper(), f"{LOCK_PREFIX}{table.name.upper()}"}
    return [change for change in changes if change.what in AUTOMATIC and change.table in names]
