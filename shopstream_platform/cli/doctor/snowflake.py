"""What the platform's role may do in Snowflake, found by doing it: nothing is left behind."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.config.account_names import AccountNames
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.contract.layers import AUDIT_SCHEMA, DBT_SCHEMAS
from shopstream_platform.contract.raw import (
    LOAD_LOG,
    STAGE,
    lock_name,
    raw_name,
)
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.pipeline.load.sql import delete_range
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform.stores.warehouse_errors import translated

PROVISION = "run `shopstream provision snowflake` as an administrator"
DEVELOPERS = "run `shopstream provision snowflake --developers` as an administrator"
TRUST = "run `shopstream provision all`, which repairs the trust between Snowflake and AWS"


@dataclass(frozen=True)
class Proof:
    """Statements that succeed only if the subject is as it should be, and what to do if one does not."""

    subject: str
    shows: str
    statements: list[str]
    cure: str


def loading_findings(warehouse: Warehouse, names: AccountNames) -> Iterator[Finding]:
    """Of the role that loads: its virtual warehouse, RAW's columns and rights, the stage with its integration."""
    yield from (_finding(warehouse, proof) for proof in _of_loading(names))


def building_findings(warehouse: Warehouse, names: AccountNames, dbt: DbtSettings) -> Iterator[Finding]:
    """Of dbt's role: its virtual warehouse, and what it reads and builds."""
    yield from (_finding(warehouse, proof) for proof in _of_building(names, dbt))


def _of_loading(names: AccountNames) -> Iterator[Proof]:
    yield _usable(names.loading)
    columns = [f"SELECT {', '.join(table.column_names)} FROM {raw_name(table)} LIMIT 0" for table in TABLES]
    yield Proof("warehouse.RAW", "tables have the declared columns", columns, PROVISION)
    changes = [f"{delete_range(table, None)} WHERE FALSE" for table in TABLES]
    changes += [f"UPDATE {lock_name(table)} SET locked_by = NULL WHERE FALSE" for table in TABLES]
    changes += [f"DELETE FROM {LOAD_LOG} WHERE FALSE"]
    yield Proof("warehouse.RAW", "tables may be changed", changes, PROVISION)
    yield Proof("warehouse.stage", f"{STAGE} can be listed", [f"LIST @{STAGE}/_probe/"], TRUST)


def _of_building(names: AccountNames, dbt: DbtSettings) -> Iterator[Proof]:
    yield _usable(names.transforming)
    reads = [f"SELECT 1 FROM {raw_name(table)} LIMIT 0" for table in TABLES]
    yield Proof("warehouse.RAW", "dbt may read it", reads, PROVISION)
    if dbt.schema_prefix:
        # dbt creates schemas of one's own when it first builds.
        schema = dbt.schema_of("_DOCTOR")
        probe = [f"CREATE SCHEMA IF NOT EXISTS {schema}", f"DROP SCHEMA {schema}"]
        yield Proof(f"warehouse.{schema}", "dbt may make schemas of one's own", probe, DEVELOPERS)
    for layer in (*DBT_SCHEMAS, AUDIT_SCHEMA):
        schema = dbt.schema_of(layer)
        if not dbt.schema_prefix:
            view = f"{schema}._DOCTOR"
            probe = [f"CREATE OR REPLACE VIEW {view} AS SELECT 1 AS one", f"DROP VIEW {view}"]
            yield Proof(f"warehouse.{schema}", "dbt may build here", probe, PROVISION)


def _usable(name: str) -> Proof:
    return Proof(f"warehouse.{name}", "may be used", [f"USE WAREHOUSE {name}"], PROVISION)


def _finding(warehouse: Warehouse, proof: Proof) -> Finding:
    try:
        _try(warehouse, proof.statements)
    except ShopStreamError as error:
        if _works_by_secondary_roles(warehouse, proof.statements):
            detail = "works by secondary roles alone, which a token restricted to one role does not have"
            return Finding(proof.subject, "warning", f"{detail} ({error}); {proof.cure}")
        return Finding(proof.subject, "error", f"{error}; {proof.cure}")
    return Finding(proof.subject, "ok", proof.shows)


def _works_by_secondary_roles(warehouse: Warehouse, statements: list[str]) -> bool:
    try:
        _try(warehouse, ["USE SECONDARY ROLES ALL", *statements])
    except ShopStreamError:
        return False
    finally:
        with suppress(ShopStreamError):
            _try(warehouse, ["USE SECONDARY ROLES NONE"])
    return True


def _try(warehouse: Warehouse, statements: list[str]) -> None:
    with translated():
        for statement in statements:
            warehouse.execute(statement)
