"""The dbt project reads what the catalogue declares, and nothing else."""

import re

import pytest
import yaml

from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import LOAD_COLUMNS
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.dbt.project import PROJECT_DIR

STAGING = PROJECT_DIR / "models" / "staging"
every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
KEYWORDS = {
    *("select", "as", "from", "with", "and", "or", "not", "null", "true", "false", "case"),
    *("when", "then", "else", "end", "varchar", "date", "number", "boolean", "timestamp_ntz", "is", "in"),
}


def renamed(table: Table) -> str:
    """The body of the CTE `renamed`: what the model makes of the table's columns."""
    text = (STAGING / f"stg_{table.name}.sql").read_text()
    found = re.search(r"renamed as \(\s*select(.*?)\bfrom source\b", text, re.S)
    assert found
    return re.sub(r"--.*|'[^']*'|\{\{.*?\}\}", " ", found[1])


def columns_read(table: Table) -> set[str]:
    """Identifiers that are neither functions, nor keywords, nor aliases, nor members of a document, nor types."""
    body = re.sub(r"\bas \w+|:\w+|::\w+|\b\w+\s*\(", " ", renamed(table))
    return set(re.findall(r"[a-z_]\w*", body)) - KEYWORDS


def test_the_sources_are_the_catalogues_tables_and_the_load_log() -> None:
    (source,) = yaml.safe_load((STAGING / "_sources.yml").read_text())["sources"]
    assert (source["name"], source["schema"]) == ("raw", "RAW")
    assert [table["name"] for table in source["tables"]] == [*(table.name for table in TABLES), "_load_log"]


@every_table
def test_a_staging_model_reads_its_own_source(table: Table) -> None:
    text = (STAGING / f"stg_{table.name}.sql").read_text()
    assert re.findall(r"source\('(\w+)', '(\w+)'\)", text) == [("raw", table.name)]


@every_table
def test_a_staging_model_reads_only_declared_columns(table: Table) -> None:
    assert columns_read(table) - set(table.column_names) - set(LOAD_COLUMNS) == set()


@every_table
def test_a_staging_model_leaves_no_declared_column_out(table: Table) -> None:
    assert set(table.column_names) - columns_read(table) == set()


@every_table
def test_a_staging_models_columns_are_all_described(table: Table) -> None:
    models = {model["name"]: model for model in yaml.safe_load((STAGING / "_staging.yml").read_text())["models"]}
    described = [column["name"] for column in models[f"stg_{table.name}"]["columns"] if column["description"]]
    lines = [line.strip().rstrip(",") for line in renamed(table).splitlines() if line.strip()]
    assert described == [re.split(r"\bas ", line)[-1].split()[-1] for line in lines]


@every_table
def test_personal_columns_are_tagged(table: Table) -> None:
    models = {model["name"]: model for model in yaml.safe_load((STAGING / "_staging.yml").read_text())["models"]}
    tagged = {
        column["name"]
        for column in models[f"stg_{table.name}"]["columns"]
        if "pii" in column.get("config", {}).get("tags", [])
    }
    assert tagged == {column.name for column in table.columns if column.pii}


def test_there_is_no_staging_model_without_a_table() -> None:
    assert {path.stem for path in STAGING.glob("*.sql")} == {f"stg_{table.name}" for table in TABLES}
