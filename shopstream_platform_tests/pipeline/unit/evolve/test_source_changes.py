"""The simulated shop's tables against the declaration: what is altered, and in which words."""

from dataclasses import replace

import pytest

from shopstream_platform.contract.columns import boolean, identifier, integer, money, text, timestamp
from shopstream_platform.contract.declare import Column, Table
from shopstream_platform.contract.oltp import constant_default, type_at_source
from shopstream_platform.pipeline.evolve.source import FoundColumn, source_changes

T = Table("t", "", (identifier("Number."), text("name", 20, "Name."), money("price", "Price.")), indexes=("name",))
FOUND = {
    "id": FoundColumn("integer", nullable=False, has_default=True),
    "name": FoundColumn("character varying(20)"),
    "price": FoundColumn("numeric(10,2)", nullable=False),
}


def statements(table: Table, found: dict[str, FoundColumn]) -> list[str]:
    return [one for change in source_changes([table], {"t": found}) for one in change.statements]


def with_column(column: Column) -> Table:
    return replace(T, columns=(*T.columns, column))


def test_a_table_as_declared_is_left_alone() -> None:
    assert statements(T, FOUND) == []


def test_a_missing_table_is_created_with_its_indexes() -> None:
    (change,) = source_changes([T], {})
    assert [one.split("(")[0].strip() for one in change.statements] == [
        "CREATE TABLE IF NOT EXISTS t",
        "CREATE INDEX IF NOT EXISTS idx_t_name ON t",
    ]


@pytest.mark.parametrize(
    ("column", "statement"),
    [
        (text("c", 9, "C.", default="'web'"), "ADD COLUMN IF NOT EXISTS c VARCHAR(9) DEFAULT 'web'"),
        (boolean("c", "C.", default="TRUE"), "ADD COLUMN IF NOT EXISTS c BOOLEAN DEFAULT TRUE"),
        (integer("c", "C.", nullable=False), "ADD COLUMN IF NOT EXISTS c INT NOT NULL"),
        (timestamp("c", "C."), "ADD COLUMN IF NOT EXISTS c TIMESTAMP"),
    ],
)
def test_a_missing_column_is_added_as_declared(column: Column, statement: str) -> None:
    assert statements(with_column(column), FOUND) == [f"ALTER TABLE t {statement}"]


def test_an_indexed_column_is_added_with_its_index() -> None:
    indexed = replace(with_column(timestamp("c", "C.")), indexes=("c",))
    assert statements(indexed, FOUND)[-1] == "CREATE INDEX IF NOT EXISTS idx_t_c ON t (c)"


def test_a_renamed_column_keeps_its_values() -> None:
    renamed = replace(T, columns=(T.columns[0], text("title", 20, "T.", formerly="name"), T.columns[2]), indexes=())
    assert statements(renamed, FOUND) == ["ALTER TABLE t RENAME COLUMN name TO title"]


def test_a_type_is_changed_and_a_text_is_not_cut_silently() -> None:
    found = FOUND | {"name": FoundColumn("character varying(50)")}
    assert statements(T, found) == ["ALTER TABLE t ALTER COLUMN name TYPE character varying(20)"]
    found = FOUND | {"price": FoundColumn("text", nullable=False)}
    assert statements(T, found) == ["ALTER TABLE t ALTER COLUMN price TYPE numeric(10,2) USING price::numeric(10,2)"]
    found = FOUND | {"name": FoundColumn("integer", has_default=True)}
    assert statements(T, found) == [
        "ALTER TABLE t ALTER COLUMN name DROP DEFAULT, ALTER COLUMN name TYPE character varying(20) "
        "USING name::character varying(20)"
    ]


def test_not_null_is_dropped_where_declared_otherwise_or_not_at_all() -> None:
    found = FOUND | {"name": FoundColumn("character varying(20)", nullable=False)}
    assert statements(T, found) == ["ALTER TABLE t ALTER COLUMN name DROP NOT NULL"]
    assert statements(T, FOUND | {"old": FoundColumn("integer", nullable=False)}) == [
        "ALTER TABLE t ALTER COLUMN old DROP NOT NULL"
    ]
    # Inserts go on without it.
    assert statements(T, FOUND | {"old": FoundColumn("integer", nullable=False, has_default=True)}) == []


@pytest.mark.parametrize(
    ("default", "value"),
    [
        ("'web'", "web"),
        ("'it''s'", "it's"),
        ("0", "0"),
        ("-1.5", "-1.5"),
        ("TRUE", "true"),
        ("NOW()", None),
        (None, None),
    ],
)
def test_a_default_that_is_computed_is_no_constant(default: str | None, value: str | None) -> None:
    assert constant_default(text("c", 9, "C.", default=default)) == value


def test_declared_types_are_spelled_as_postgresql_does() -> None:
    spelled = [type_at_source(column) for column in (*T.columns, boolean("b", "B.", default="TRUE"))]
    assert spelled == ["integer", "character varying(20)", "numeric(10,2)", "boolean"]
