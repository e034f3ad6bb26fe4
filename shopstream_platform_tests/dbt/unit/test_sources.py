"""The dbt project reads what the catalogue declares, and nothing else."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlglot import exp

from shopstream_platform.contract.declare import SHOP, Table
from shopstream_platform.contract.raw import LOAD_COLUMNS
from shopstream_platform.contract.tables import PARTITIONED, SHOP_TABLES, SOURCES, TABLES
from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform_tests.dbt.rendering import parsed

STAGING = PROJECT_DIR / "models" / "staging"
# What dbt adds to a snapshot of these settings.
OF_A_SNAPSHOT = {"dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_is_deleted"}
every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def model(table: Table) -> Path:
    """The table's staging model: in the folder of its source, unless it is the shop's."""
    return STAGING / table.source / f"stg_{table.name}.sql"


def sources(table_source: str) -> dict[str, Any]:
    """The declaration of a source of dbt; the shop's is called raw."""
    path = STAGING / table_source / (f"_{table_source}__sources.yml" if table_source else "_sources.yml")
    (source,) = yaml.safe_load(path.read_text())["sources"]
    return source


def renamed(table: Table) -> exp.Select:
    """The CTE `renamed`: what the model makes of the table's columns."""
    ctes = {cte.alias: cte.this for cte in parsed(model(table)).ctes}
    return ctes["renamed"]


def columns_read(table: Table) -> set[str]:
    """Columns that the model reads; the members of a document are none."""
    return {column.name for column in renamed(table).find_all(exp.Column)}


def columns_made(table: Table) -> list[str]:
    """The model's columns, in their order."""
    return renamed(table).named_selects


def declared(table: Table) -> list[dict[str, Any]]:
    """The columns as the model's YAML describes them."""
    (properties,) = yaml.safe_load(model(table).with_suffix(".yml").read_text())["models"]
    return properties["columns"]


def test_the_sources_are_the_catalogues_tables_and_the_load_log() -> None:
    shop = sources(SHOP)
    assert (shop["name"], shop["schema"]) == ("raw", "RAW")
    assert sorted(t["name"] for t in shop["tables"]) == sorted([*(t.name for t in SHOP_TABLES), "_load_log"])
    for source in SOURCES:
        found = sources(source.name)
        assert (found["name"], found["schema"]) == (source.name, "RAW")
        of_source = {t["name"]: t["identifier"] for t in found["tables"]}
        assert of_source == {table.path[-1]: table.name for table in source.tables}


@every_table
def test_a_staging_model_reads_its_own_source(table: Table) -> None:
    relations = parsed(model(table)).find_all(exp.Table)
    assert [(one.db, one.name) for one in relations if one.db] == [(table.source or "raw", table.path[-1])]


@every_table
def test_a_staging_model_reads_only_declared_columns(table: Table) -> None:
    assert columns_read(table) - set(table.column_names) - set(LOAD_COLUMNS) == set()


@every_table
def test_a_staging_model_leaves_no_declared_column_out(table: Table) -> None:
    assert set(table.column_names) - columns_read(table) == set()


@every_table
def test_a_staging_models_columns_are_all_described(table: Table) -> None:
    assert [column["name"] for column in declared(table) if column["description"]] == columns_made(table)


@every_table
def test_personal_columns_are_tagged(table: Table) -> None:
    tagged = {column["name"] for column in declared(table) if "pii" in column.get("config", {}).get("tags", [])}
    assert tagged == {column.name for column in table.columns if column.pii}


def test_a_snapshot_keeps_the_history_of_all_columns() -> None:
    paths = sorted(PROJECT_DIR.glob("snapshots/*.yml"))
    assert paths
    for path in paths:
        (snapshot,) = yaml.safe_load(path.read_text())["snapshots"]
        (table,) = [one for one in TABLES if snapshot["relation"] == f"ref('stg_{one.name}')"]
        config, columns = snapshot["config"], columns_made(table)
        assert [config["unique_key"], *config["check_cols"]] == columns, f"{path.name}: check_cols"
        described = [column["name"] for column in snapshot["columns"] if column["name"] not in OF_A_SNAPSHOT]
        assert described == columns, f"{path.name}: columns"
        personal = {c["name"] for c in snapshot["columns"] if "pii" in c.get("config", {}).get("tags", [])}
        assert personal == {column.name for column in table.columns if column.pii}, f"{path.name}: tags"


def test_every_required_column_is_looked_for() -> None:
    """Except personal ones, of which no test keeps rows, and keys, which tests of their own look for."""
    looked_for = {
        tuple(literal.this for literal in select.find_all(exp.Literal) if literal.is_string)
        for select in parsed(PROJECT_DIR / "tests" / "assert_required_values_are_there.sql").find_all(exp.Select)
    }
    required = {
        (table.name, projection.alias_or_name)
        for table in SHOP_TABLES
        for projection in renamed(table).expressions
        for column in table.columns
        if not (column.nullable or column.pii or column.name == "id")
        and {read.name for read in projection.find_all(exp.Column)} == {column.name}
    }
    assert looked_for == required


def test_there_is_no_staging_model_without_a_table() -> None:
    assert set(STAGING.rglob("*.sql")) == {model(table) for table in TABLES}


def test_every_models_declaration_stands_beside_its_sql() -> None:
    for path in PROJECT_DIR.glob("models/**/*.sql"):
        declared = yaml.safe_load(path.with_suffix(".yml").read_text())
        assert [model["name"] for model in declared["models"]] == [path.stem]
        assert {test["model"] for test in declared.get("unit_tests", [])} <= {path.stem}
    snapshots = {path.stem: yaml.safe_load(path.read_text()) for path in PROJECT_DIR.glob("snapshots/*.yml")}
    assert {name: [one["name"] for one in declared["snapshots"]] for name, declared in snapshots.items()} == {
        name: [name] for name in snapshots
    }


def test_the_partitioned_sources_are_the_catalogues() -> None:
    marked = {
        table.get("identifier", table["name"])
        for source in (SHOP, *(source.name for source in SOURCES))
        for table in sources(source)["tables"]
        if table.get("config", {}).get("meta", {}).get("is_partitioned") is True
    }
    assert marked == {table.name for table in PARTITIONED}
