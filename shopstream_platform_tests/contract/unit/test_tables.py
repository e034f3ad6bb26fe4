"""The catalogue is checked at import, and all that is derived from it agrees with it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform.contract import checksum
from shopstream_platform.contract.checksum import method
from shopstream_platform.contract.columns import column as column_of
from shopstream_platform.contract.columns import document, identifier, integer, timestamp
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.ddl import ddl
from shopstream_platform.contract.declare import ByDay, ByParent, Column, Kind, Table
from shopstream_platform.contract.earlier import METHODS, as_now
from shopstream_platform.contract.former import columns_then, former
from shopstream_platform.contract.layers import SOURCE_LAYERS
from shopstream_platform.contract.raw import LOAD_COLUMNS, raw_ddl, raw_name
from shopstream_platform.contract.source import RESERVED_SOURCES, Source, checked
from shopstream_platform.contract.tables import (
    BY_NAME,
    PARTITIONED,
    SHOP_TABLES,
    SNAPSHOTS,
    TABLES,
)
from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform.pipeline.extract import sql as extract_sql
from shopstream_platform.pipeline.load import sql as load_sql

# The schema of the source and of RAW, as SQL: what other people's databases and accounts rely on. A change of the
# catalogue is reviewed as a change of this file, which `python -m shopstream_platform.contract.ddl` prints.
GOLDEN = Path(__file__).parents[1] / "golden" / "shop.sql"
SNOWFLAKE_TYPES = {
    "SERIAL": "NUMBER(38,0)",
    "BIGSERIAL": "NUMBER(38,0)",
    "INT": "NUMBER(38,0)",
    "DECIMAL(10,2)": "NUMBER(10,2)",
    "TEXT": "VARCHAR",
    "TIMESTAMP": "TIMESTAMP_NTZ(9)",
    "BOOLEAN": "BOOLEAN",
    "JSONB": "VARIANT",
}
KEY, DAY = identifier("Number."), timestamp("day", "Day.")
A = Table("a", "", (KEY, DAY), partition=ByDay("day"))
TO_A = integer("a_id", "To a.", references="a")
every_table = pytest.mark.parametrize("table", SHOP_TABLES, ids=lambda table: table.name)


def test_the_external_schema_is_the_reviewed_one() -> None:
    assert ddl() == GOLDEN.read_text("utf-8"), (
        f"the catalogue has changed: python -m shopstream_platform.contract.ddl > {GOLDEN.relative_to(Path.cwd())}"
    )


def test_the_ddl_is_idempotent() -> None:
    creating = [statement for statement in ddl().split(";\n") if statement.lstrip().startswith("CREATE")]
    assert all(re.match(r"\s*CREATE (TRANSIENT TABLE|TABLE|INDEX) IF NOT EXISTS ", statement) for statement in creating)
    assert len(creating) >= 2 * len(SHOP_TABLES)


@every_table
def test_snowflake_types_hold_every_value_of_their_postgresql_types(table: Table) -> None:
    for column in table.columns:
        expected = SNOWFLAKE_TYPES.get(column.postgres_type, column.postgres_type)
        assert column.snowflake_type == expected, column.name


@every_table
def test_every_column_is_described_and_named_once(table: Table) -> None:
    assert len(set(table.column_names)) == len(table.columns)
    assert all(column.description.endswith(".") for column in table.columns)


def test_names_and_emails_are_personal_data() -> None:
    columns = [(table.name, column) for table in SHOP_TABLES for column in table.columns]
    named = {(table, column.name) for table, column in columns if _names_a_person(column.name)}
    assert named == {(table, column.name) for table, column in columns if column.pii}
    assert named


def _names_a_person(column: str) -> bool:
    return column in ("email", "first_name", "last_name")


def test_every_table_is_partitioned_or_a_snapshot() -> None:
    assert {*PARTITIONED, *SNAPSHOTS} == set(TABLES)
    assert not {*PARTITIONED} & {*SNAPSHOTS}
    assert list(BY_NAME.values()) == list(TABLES)


@every_table
def test_raw_has_the_declared_columns_and_those_of_the_load(table: Table) -> None:
    (statement,) = [one for one in raw_ddl(TABLES) if f"{raw_name(table)} (" in one]
    lines = [line.strip().rstrip(",") for line in statement.splitlines()[1:-1]]
    assert lines[: len(table.columns)] == [f"{c.name} {c.snowflake_type}" for c in table.columns]
    assert [line.split()[0] for line in lines[len(table.columns) :]] == list(LOAD_COLUMNS)


@every_table
def test_source_and_warehouse_sum_up_the_same_columns(table: Table) -> None:
    way = checksum.way_of(table)
    source = checksum.rows_at_source(table, way, None, "")
    raw = checksum.rows_in_warehouse(table, way, None, "")
    texts = {"source": f"{source.number} {source.source}".replace("t.", ""), "raw": f"{raw.number} {raw.source}"}
    for where, expression in texts.items():
        places = [expression.index(_start(column, where, way)) for column in table.columns]
        assert places == sorted(places)


def _start(column: Column, where: str, way: checksum.Way) -> str:
    """How the column is read first."""
    if way is checksum.Way.NUMBERS:
        return f"{'(' * (column.kind is Kind.DECIMAL and where == 'raw')}{column.name}"
    starts = {
        ("source", Kind.TIMESTAMP): "(CASE WHEN ",
        ("source", Kind.JSON): "CASE WHEN ",
        ("raw", Kind.TIMESTAMP): "DATE_PART(EPOCH_MICROSECOND, ",
        ("raw", Kind.BOOLEAN): "IFF(",
        ("raw", Kind.JSON): "IFF(",
    }
    return f"COALESCE({starts.get((where, column.kind), '')}{column.name}"


@every_table
def test_a_fingerprint_covers_every_declared_column(table: Table) -> None:
    if checksum.way_of(table) is checksum.Way.NUMBERS:
        assert extract_sql.fingerprint(table) == checksum.at_source(table)
        return
    bytewise = {Kind.TEXT: ' COLLATE "C"', Kind.JSON: '::text COLLATE "C"'}
    row = ", ".join(f"t.{column.name}{bytewise.get(column.kind, '')}" for column in table.columns)
    assert f"ROW({row})" in extract_sql.fingerprint(table)


def test_a_changed_declaration_changes_the_method() -> None:
    users = BY_NAME["users"]
    other = Table(users.name, users.description, users.columns[:-1])
    assert other.fingerprint_of_declaration != users.fingerprint_of_declaration
    assert Table("x", "y", users.columns).fingerprint_of_declaration == users.fingerprint_of_declaration


def test_only_what_changes_values_changes_the_method() -> None:
    orders = BY_NAME["orders"]

    def changed(column: str, **changes: Any) -> bool:
        columns = tuple(replace(c, **changes) if c.name == column else c for c in orders.columns)
        return method(replace(orders, columns=columns, indexes=())) != method(orders)

    same: dict[str, Any] = {"description": "Other.", "default": "'x'", "nullable": False, "pii": True, "unique": True}
    assert not any(changed("status", **{name: value}) for name, value in same.items())
    assert not changed("status", postgres_type="VARCHAR(90)", snowflake_type="VARCHAR(90)", formerly="state")
    assert not changed("total_amount", postgres_type="DECIMAL(20,2)", snowflake_type="NUMBER(20,2)")
    assert changed("total_amount", postgres_type="DECIMAL(10,3)", snowflake_type="NUMBER(10,3)")
    assert changed("status", name="state")
    assert changed("status", kind=Kind.INTEGER)
    assert method(replace(orders, partition=None)) != method(orders)
    assert method(BY_NAME["products"]) != method(BY_NAME["products"].with_oversized_as_null())
    other = replace(orders, columns=(*orders.columns, DAY), partition=ByDay("day"))
    lines = BY_NAME["order_items"]
    assert method(replace(lines, partition=ByParent(other, via="order_id"))) != method(lines)


def test_loads_of_version_1_are_known_by_the_hashes_of_now() -> None:
    """They are frozen: a changed catalogue does not change what an earlier version has written."""
    assert as_now("4:be3ef4f6d90e07b8") == "4:999f1ff5af5db102"
    assert as_now("4:0123456789abcdef") == "4:0123456789abcdef"
    assert len(set(METHODS.values())) == len(METHODS) == 8
    assert not METHODS.keys() & set(METHODS.values())


@pytest.mark.parametrize(
    ("declare", "rule"),
    [
        (lambda: Table("t", "", (DAY, KEY)), "table t must begin with its primary key, an integer called id"),
        (lambda: Table("t", "", (replace(KEY, name="no"),)), "must begin with its primary key"),
        (lambda: Table("t", "", (KEY, DAY, DAY)), "two columns of one name"),
        (lambda: Table("t", "", (KEY,), indexes=("x",)), "an index on x, a column that it does not declare"),
        (lambda: Table("t", "", ()), "table t must begin with its primary key"),
        (lambda: Table("Order Lines", "", (KEY,)), "a name, Order Lines, that is not lower-case letters"),
        (lambda: Table("t", "", (KEY, timestamp("_loaded_at", "At."))), "a name, _loaded_at, that is not"),
        (lambda: Table("t", "", (KEY, replace(TO_A, kind=Kind.TEXT))), "a foreign key, a_id, that is not an integer"),
        (
            lambda: Table("t", "", (KEY, document("d", "D."))),
            "a document, d, which needs lake_format=",
        ),
        (lambda: Table("x__t", "", (TO_A,), source="x"), "one column alone, which needs lake_format=LakeFormat.NDJSON"),
        (lambda: Table("t", "", (KEY, TO_A), partition=ByDay("a_id")), "by a_id, which is not one of its timestamps"),
        (lambda: Table("t", "", (KEY, DAY), partition=ByParent(A, via="day")), "not a foreign key to a"),
        (
            lambda: Table(
                "t",
                "",
                (KEY, integer("b_id", "To b.", references="b")),
                partition=ByParent(Table("b", "", (KEY, TO_A), partition=ByParent(A, via="a_id")), via="b_id"),
            ),
            "has a parent, b, without days of its own",
        ),
        (lambda: checked(Table("t", "", (KEY, TO_A)), A), "t refers to a, which must be declared before it"),
        (lambda: checked(A, A), "table a is declared twice"),
        (
            lambda: checked(A, Table("b", "", (KEY,), lake_folder="postgres/a/b")),
            "b shares its folder .* table a",
        ),
    ],
)
def test_a_declaration_that_breaks_a_rule_is_refused(declare: Callable[[], object], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        declare()


@pytest.mark.parametrize("name", ["raw", "oltp", "lake", "staging", "marts", "docs", "shop", "Rentals", "a__b"])
def test_a_source_is_not_called_what_the_platform_uses_itself(name: str) -> None:
    with pytest.raises(ValueError, match=f"source {name} has a name that .* the platform uses itself"):
        Source(name, "X_DSN", ())


def test_every_folder_of_dbts_and_layer_of_assets_is_reserved() -> None:
    folders = {path.name for path in (PROJECT_DIR / "models").iterdir() if path.is_dir()}
    assert folders | set(SOURCE_LAYERS) <= RESERVED_SOURCES


def test_a_table_that_had_one_column_is_known_as_it_was() -> None:
    table = Table("x__t", "", (column_of("a", "text"), column_of("b", "text")), source="x")
    then = former(table, columns_then(table, {"a": "text"}, {}), {"a": "a"})
    assert then
    assert then.column_names == ("a",)


def test_a_child_takes_the_days_of_its_parent() -> None:
    child = Table("b", "", (KEY, TO_A), partition=ByParent(A, via="a_id"))
    assert (child.day_column, child.parent, child.partitioned) == ("day", A, True)
    with pytest.raises(ValueError, match="table t has no partitions"):
        _ = Table("t", "", (KEY,)).day_column


@every_table
def test_copy_and_load_name_the_same_columns_in_the_same_order(table: Table) -> None:
    span = Days(date(2025, 9, 2), date(2025, 9, 2), date(2025, 9, 1)) if table.partitioned else None
    target = re.search(r"\(([^)]*), _partition_date, _source_file\)", load_sql.copy_into(table, ["raw/x"]))
    assert target
    assert target[1].split(", ") == list(table.column_names)
    places = [extract_sql.copy_rows(table, span).index(f"t.{name}") for name in table.column_names]
    assert places == sorted(places)
