"""The dbt project's personal columns: which relations have them, and the history that only this module changes.

Tables and views are made anew from RAW by the refresh; a snapshot (SCD2) is not, so its rows are changed here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import BY_NAME
from shopstream_platform.pipeline.forget.person import PERSONAL, Person
from shopstream_platform.stores.build_log import BUILD_TABLES
from shopstream_platform.stores.warehouse import Warehouse

CURRENT, DELETED = "dbt_valid_to IS NULL", "dbt_is_deleted = 'True'"


@dataclass(frozen=True)
class History:
    """A snapshot with personal columns: where it lies, the table that its rows are of, and the column of their ids."""

    schema: str
    name: str
    table: Table
    key: str
    columns: tuple[str, ...]
    declared: tuple[str, ...]
    records_deletions: bool

    @property
    def relation(self) -> str:
        """SCHEMA.NAME."""
        return f"{self.schema}.{self.name}"

    def rows_of(self, ids: set[int]) -> str:
        """The rows of these ids."""
        return f"{self.key} IN ({_listed(ids)})"

    def is_past(self) -> str:
        """Rows that do not say what the source holds now."""
        return f"NOT ({CURRENT}){f' OR {DELETED}' if self.records_deletions else ''}"


def histories(manifest: dict[str, Any]) -> list[History]:
    """The project's snapshots with columns tagged `pii`, as its manifest has them."""
    return [
        History(
            schema=node["schema"].upper(),
            name=node["alias"].upper(),
            table=table,
            key=node["config"]["unique_key"],
            columns=columns,
            declared=tuple(sorted(node["columns"])),
            records_deletions=node["config"].get("hard_deletes") == "new_record",
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "snapshot" and (columns := _tagged(node))
        for table in _personal_sources(manifest, node)
    ]


def present(warehouse: Warehouse, wanted: list[History]) -> list[History]:
    """Those that were built."""
    found = set(warehouse.rows("SELECT table_schema, table_name FROM INFORMATION_SCHEMA.TABLES"))
    return [history for history in wanted if (history.schema, history.name) in found]


def rows_in(warehouse: Warehouse, history: History, person: Person) -> int:
    """How many rows of the past still hold something of the person."""
    ids = person.ids_of(history.table)
    if not ids:
        return 0
    filled = " OR ".join(f"{name} IS NOT NULL" for name in history.columns)
    where = f"{history.rows_of(ids)} AND ({history.is_past()}) AND ({filled})"
    return int(warehouse.value(f"SELECT COUNT(*) FROM {history.relation} WHERE {where}"))


def erase(warehouse: Warehouse, history: History, person: Person, kept_ids: set[int]) -> int:
    """Erase the past of the person and note what the table now holds, in one transaction; how many rows it concerned.

    Where the source keeps the row, its id stays as a pseudonym and the personal columns of the past become NULL; where
    it does not, all rows go. Run it again, and it finds nothing.
    """
    ids = person.ids_of(history.table)
    kept, gone = ids & kept_ids, ids - kept_ids
    changed = 0
    with warehouse.transaction():
        if kept:
            changed += rows_in(warehouse, history, person)
            sets = ", ".join(f"{name} = NULL" for name in history.columns)
            where = f"{history.rows_of(kept)} AND ({history.is_past()})"
            warehouse.execute(f"UPDATE {history.relation} SET {sets} WHERE {where}")
        if gone:
            of_them = history.rows_of(gone)
            changed += int(warehouse.value(f"SELECT COUNT(*) FROM {history.relation} WHERE {of_them}"))
            warehouse.execute(f"DELETE FROM {history.relation} WHERE {of_them}")
        if ids:
            _note_contents(warehouse, history)
    return changed


def _note_contents(warehouse: Warehouse, history: History) -> None:
    """What `shopstream verify` compares with; macros/build_log.sql notes the same after a build."""
    digest = f"HASH_AGG({', '.join(history.declared)})"
    warehouse.execute(
        f"UPDATE {history.schema}.{BUILD_TABLES} SET row_count = (SELECT COUNT(*) FROM {history.relation}), "
        f"content_hash = (SELECT {digest} FROM {history.relation}) "
        f"WHERE table_schema = '{history.schema}' AND table_name = '{history.name}'"
    )


def _tagged(node: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, column in node["columns"].items() if "pii" in column["config"].get("tags", ()))


def _personal_sources(manifest: dict[str, Any], node: dict[str, Any]) -> Iterator[Table]:
    """The tables with personal columns that the node is made of."""
    seen: list[str] = [*node["depends_on"]["nodes"]]
    # The list grows while it is read.
    for name in seen:
        if name in manifest["sources"]:
            # By the name in RAW: a source beside the shop may have a table of the same name.
            table = BY_NAME.get(manifest["sources"][name]["identifier"].lower())
            if table in PERSONAL:
                yield table
        else:
            parents = manifest["nodes"].get(name, {}).get("depends_on", {}).get("nodes", ())
            seen.extend(parent for parent in parents if parent not in seen)


def _listed(ids: set[int]) -> str:
    return ", ".join(map(str, sorted(ids)))
