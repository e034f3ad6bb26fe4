"""What dbt has built: its log of builds, and what every table held then (shopstream_dbt/macros/build_log.sql)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shopstream_platform.contract.raw import LOAD_LOG, NEWEST
from shopstream_platform.stores.warehouse import Warehouse

BUILD_LOG, BUILD_TABLES = "_BUILD_LOG", "_BUILD_TABLES"
# As models call the load log, which says which days there are; its version is that of the newest and the running day.
LOAD_LOG_TABLE = "_load_log"
_VERSIONS = f"""SELECT table_name, HASH_AGG(partition_date, load_id)::VARCHAR AS version
FROM (SELECT table_name, partition_date, load_id FROM {LOAD_LOG} {NEWEST}) AS newest_loads
GROUP BY table_name
UNION ALL
SELECT
    '{LOAD_LOG_TABLE}',
    COALESCE(MAX(partition_date)::VARCHAR, '') || '/'
    || COALESCE(MIN(IFF(COALESCE(is_complete, TRUE), NULL, partition_date))::VARCHAR, '')
FROM (SELECT partition_date, is_complete FROM {LOAD_LOG} {NEWEST}) AS newest_days
"""


@dataclass(frozen=True)
class Build:
    """A dbt build: its invocation, and when it had built and tested all it was asked for (UTC; None: it has not)."""

    invocation: str
    finished_at: datetime | None


@dataclass(frozen=True)
class NumberedBuild:
    """A build, and its place among the others."""

    number: int
    build: Build


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
    have the same number; one of them that is not complete counts.
    """
    found = warehouse.rows_if_there(
        f"SELECT invocation_id, finished_at FROM {core}.{BUILD_LOG} "
        "WHERE build_number IS NOT NULL ORDER BY build_number DESC, finished_at DESC NULLS FIRST LIMIT 1"
    )
    return Build(*found[0]) if found else None


def builds_of_tables(warehouse: Warehouse, core: str) -> dict[str, NumberedBuild]:
    """SCHEMA.NAME -> the build that has begun to build it last; without those of which the log does not say it."""
    found = _with_their_builds(warehouse, core, "log.build_number, log.invocation_id, log.finished_at")
    return {table: NumberedBuild(int(number), Build(*build)) for table, number, *build in found}


def table_versions(warehouse: Warehouse) -> dict[str, str]:
    """Table -> another text whenever one of its partitions was loaded, or the log was emptied and filled again."""
    return dict(warehouse.rows(_VERSIONS))


def built_from(warehouse: Warehouse, core: str) -> dict[str, str | None]:
    """SCHEMA.NAME -> what its last build has noted; None if that was not complete. Empty before the first build.

    A record of a version that did not note it says nothing, so that everything is built once.
    """
    found = warehouse.rows_if_there(
        f"SELECT table_schema || '.' || table_name, made_from FROM {core}.{BUILD_TABLES} ORDER BY 1"
    )
    return dict(found or [])


def passed_builds(warehouse: Warehouse, core: str) -> dict[str, tuple[str, datetime]]:
    """SCHEMA.NAME -> (what its last build has noted, when that began, UTC), of those that passed all their tests."""
    found = _with_their_builds(warehouse, core, "built.made_from, log.started_at")
    return {table: (made_from, started_at) for table, made_from, started_at in found if made_from is not None}


def _with_their_builds(warehouse: Warehouse, core: str, columns: str) -> list[tuple[Any, ...]]:
    """(SCHEMA.NAME, these columns) of each table and the build that has begun to build it last."""
    found = warehouse.rows_if_there(
        f"SELECT built.table_schema || '.' || built.table_name, {columns} "
        f"FROM {core}.{BUILD_TABLES} AS built JOIN {core}.{BUILD_LOG} AS log "
        "ON log.invocation_id = built.invocation_id"
    )
    return found or []


def forget_builds(warehouse: Warehouse, core: str, relations: list[str]) -> None:
    """Let these tables count as not built, so that they are built again. They are given as SCHEMA.NAME."""
    names = ", ".join(f"'{relation}'" for relation in relations)
    warehouse.execute(
        f"UPDATE {core}.{BUILD_TABLES} SET made_from = NULL WHERE table_schema || '.' || table_name IN ({names})"
    )


def built_tables(warehouse: Warehouse, core: str) -> list[BuiltTable]:
    """What every table held when it was built last; empty before the first build."""
    found = warehouse.rows_if_there(
        "SELECT table_schema, table_name, materialized, columns, row_count, content_hash "
        f"FROM {core}.{BUILD_TABLES} ORDER BY table_schema, table_name"
    )
    return [BuiltTable(s, n, m, c, int(rows), None if h is None else int(h)) for s, n, m, c, rows, h in found or []]
