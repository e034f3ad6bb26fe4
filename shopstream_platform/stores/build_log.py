"""What dbt has built: its log of builds, and what every table held then (shopstream_dbt/macros/build_log.sql)."""

from dataclasses import dataclass
from datetime import datetime

from shopstream_platform.stores.warehouse import Warehouse

BUILD_LOG, BUILD_TABLES = "_BUILD_LOG", "_BUILD_TABLES"


@dataclass(frozen=True)
class Build:
    """A dbt build: its invocation, what it was made from, and when it was complete (UTC; None: it never was).

    `left_out` are the tables that could not be loaded then: what is made from them is of an earlier build.
    """

    invocation: str
    raw_version: int
    code_version: str
    finished_at: datetime | None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuiltTable:
    """What a table or view held when it was built last; a view has no hash, nor a table without declared columns."""

    schema: str
    name: str
    materialized: str
    columns: str
    rows: int
    content_hash: int | None


def newest_build(warehouse: Warehouse, core: str) -> Build | None:
    """The build that began last, complete or not; None if there is none. `core` is the schema of the log.

    By its number, which the warehouse gives: clocks of two machines may disagree. Two that began at the same moment may
    have the same number; one of them that is not complete counts. A log of a version that kept it with fewer columns
    says nothing, so that everything is built once.
    """
    found = warehouse.rows_if_there(
        f"SELECT invocation_id, raw_version, code_version, finished_at, left_out FROM {core}.{BUILD_LOG} "
        "WHERE build_number IS NOT NULL ORDER BY build_number DESC, finished_at DESC NULLS FIRST LIMIT 1"
    )
    if not found:
        return None
    invocation, raw_version, code_version, finished_at, left_out = found[0]
    tables = tuple(left_out.split(",")) if left_out else ()
    return Build(invocation, int(raw_version), code_version, finished_at, tables)


def forget_newest_build(warehouse: Warehouse, core: str) -> None:
    """Let the newest build count as incomplete, so that everything is built again."""
    log = f"{core}.{BUILD_LOG}"
    warehouse.execute(f"UPDATE {log} SET finished_at = NULL WHERE build_number = (SELECT MAX(build_number) FROM {log})")


def built_tables(warehouse: Warehouse, core: str) -> list[BuiltTable]:
    """What every table held when it was built last; empty before the first build."""
    found = warehouse.rows_if_there(
        "SELECT table_schema, table_name, materialized, columns, row_count, content_hash "
        f"FROM {core}.{BUILD_TABLES} ORDER BY table_schema, table_name"
    )
    return [BuiltTable(s, n, m, c, int(rows), None if h is None else int(h)) for s, n, m, c, rows, h in found or []]
