"""RAW as declared against RAW as found: every kind of difference, and the statements that end it."""

from dataclasses import replace

import pytest

from shopstream_platform.contract.columns import identifier, integer, money, text, timestamp
from shopstream_platform.contract.declare import ByDay, Table
from shopstream_platform.contract.raw import LOAD_COLUMNS, LOCK_COLUMNS
from shopstream_platform.contract.raw_changes import AUTOMATIC, Change, FoundColumn, What, found_columns, raw_changes
from shopstream_platform.contract.snowflake_types import SnowflakeType, parsed, shown
from shopstream_platform.pipeline.evolve.raw import refusals

COLUMNS = (identifier("Number."), text("name", 20, "Name."), money("price", "Price."), timestamp("at", "At."))
T = Table("t", "", COLUMNS, partition=ByDay("at"))
Columns = dict[str, FoundColumn]


def as_declared(table: Table) -> dict[str, Columns]:
    """What RAW holds of the table once it was made."""
    wanted = {column.name: column.snowflake_type for column in table.columns} | LOAD_COLUMNS
    lock = {name: FoundColumn(parsed(type_)) for name, type_ in LOCK_COLUMNS.items()}
    return {
        table.name.upper(): {name: FoundColumn(parsed(type_)) for name, type_ in wanted.items()},
        f"_LOAD_LOCK_{table.name.upper()}": lock,
    }


def changes(table: Table, **found: FoundColumn | None) -> list[Change]:
    """What must change where these columns are found otherwise, or not at all."""
    there = as_declared(T)
    for name, column in found.items():
        there["T"].pop(name, None)
        if column:
            there["T"][name] = column
    return raw_changes([table], there)


def only(table: Table, **found: FoundColumn | None) -> Change:
    (change,) = changes(table, **found)
    return change


def with_columns(*columns: object) -> Table:
    return replace(T, columns=(*T.columns, *columns))


def test_what_is_as_declared_needs_nothing() -> None:
    assert raw_changes([T], as_declared(T)) == []


def test_a_missing_table_and_a_missing_lock_are_created_and_the_log_forgets_the_table() -> None:
    created = raw_changes([T], {})
    assert [(one.what, one.table) for one in created] == [(What.CREATE, "T"), (What.CREATE, "_LOAD_LOCK_T")]
    assert created[0].statements[0] == "DELETE FROM RAW._LOAD_LOG WHERE table_name = 't'"
    assert created[0].statements[1].startswith("CREATE TRANSIENT TABLE IF NOT EXISTS RAW.T (")
    assert [s.split()[0] for s in created[1].statements] == ["CREATE", "MERGE"]


def test_a_missing_column_is_added_without_a_default_behind_what_the_log_says_of_it() -> None:
    change = only(with_columns(text("channel", 9, "Channel.", default="'web'", nullable=False)))
    assert change.what is What.ADD
    assert change.statements[0].startswith("DELETE FROM RAW._LOAD_LOG WHERE table_name = 't' AND method IN ('4:")
    assert change.statements[1:] == ("ALTER TABLE RAW.T ADD COLUMN IF NOT EXISTS channel VARCHAR(9)",)
    # One of the load's own, which has a default that ADD COLUMN does not take.
    lost = only(T, _loaded_at=None)
    assert lost.statements[-1] == "ALTER TABLE RAW.T ADD COLUMN IF NOT EXISTS _loaded_at TIMESTAMP_NTZ(9)"


@pytest.mark.parametrize(
    ("column", "found", "statement"),
    [
        ("name", "VARCHAR(10)", "ALTER TABLE RAW.T ALTER COLUMN name SET DATA TYPE VARCHAR(20)"),
        ("price", "NUMBER(8,2)", "ALTER TABLE RAW.T ALTER COLUMN price SET DATA TYPE NUMBER(10,2)"),
    ],
)
def test_a_narrower_column_grows(column: str, found: str, statement: str) -> None:
    change = only(T, **{column: FoundColumn(parsed(found))})
    assert (change.what, change.statements) == (What.WIDEN, (statement,))


@pytest.mark.parametrize(("column", "found"), [("name", "VARCHAR"), ("price", "NUMBER(38,2)")])
def test_a_wider_column_stays_and_is_said(column: str, found: str) -> None:
    change = only(T, **{column: FoundColumn(parsed(found))})
    assert (change.what, change.statements) == (What.KEEP_WIDER, ())
    assert change.what not in AUTOMATIC


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("name", "NUMBER(38,0)"),
        ("price", "NUMBER(10,3)"),
        ("price", "FLOAT"),
        ("at", "DATE"),
        ("at", "TIMESTAMP_TZ(9)"),
    ],
)
def test_a_column_of_another_type_is_loaded_anew_beside_a_clone(column: str, found: str) -> None:
    change = only(T, **{column: FoundColumn(parsed(found))})
    assert change.what is What.RETYPE
    assert change.detail.endswith(": it is loaded anew, and RAW.T__BEFORE_1 keeps the table as it was")
    assert ": it would be loaded anew, and RAW.T__BEFORE_1 would keep the table as it was." in refusals([change])["t"]
    kinds = [statement.split()[0] for statement in change.statements]
    assert kinds == ["CREATE", "DELETE", "ALTER", "ALTER"]
    assert change.statements[0] == "CREATE TRANSIENT TABLE IF NOT EXISTS RAW.T__BEFORE_1 CLONE RAW.T"
    assert change.statements[2] == f"ALTER TABLE RAW.T DROP COLUMN IF EXISTS {column}"


def test_a_column_that_may_not_be_null_is_relaxed_declared_or_not() -> None:
    change = only(T, name=FoundColumn(parsed("VARCHAR(20)"), nullable=False))
    assert (change.what, change.statements) == (
        What.ALLOW_NULL,
        ("ALTER TABLE RAW.T ALTER COLUMN name DROP NOT NULL",),
    )
    kinds = [one.what for one in changes(T, other=FoundColumn(parsed("DATE"), nullable=False))]
    assert kinds == [What.ALLOW_NULL, What.DROP_COLUMN]


def test_a_renamed_column_keeps_its_values() -> None:
    renamed = replace(T, columns=(COLUMNS[0], text("title", 20, "Name.", formerly="name"), *COLUMNS[2:]))
    change = only(renamed)
    assert (change.what, change.statements) == (What.RENAME, ("ALTER TABLE RAW.T RENAME COLUMN name TO title",))
    # Once it is done, the word `formerly` means nothing any more.
    assert raw_changes([renamed], as_declared(renamed)) == []
    # A column that has the old name again is another one.
    both = replace(renamed, columns=(*renamed.columns, text("name", 20, "Another.")))
    assert [one.what for one in changes(both)] == [What.ADD]


def test_a_renamed_column_of_another_length_is_renamed_and_grows() -> None:
    renamed = replace(T, columns=(COLUMNS[0], text("title", 50, "Name.", formerly="name"), *COLUMNS[2:]))
    assert [one.what for one in changes(renamed)] == [What.RENAME, What.WIDEN]


def test_what_is_not_declared_is_listed_and_dropped_only_by_name() -> None:
    change = only(T, old=FoundColumn(parsed("DATE")))
    assert (change.what, change.statements) == (What.DROP_COLUMN, ("ALTER TABLE RAW.T DROP COLUMN IF EXISTS old",))
    assert change.what not in AUTOMATIC


def test_tables_of_others_in_raw_are_left_alone() -> None:
    u = Table("u", "", (identifier("Number."), integer("n", "N.")))
    found = as_declared(T) | as_declared(u) | {"THEIRS": {}, "_LOAD_LOG": {}, "X__BEFORE_1": {}, "T__BEFORE_1": {}}
    dropped = raw_changes([T], found)
    assert [(one.what, one.table) for one in dropped] == [(What.DROP_TABLE, "T__BEFORE_1"), (What.DROP_TABLE, "U")]
    assert dropped[1].statements == (
        "DELETE FROM RAW._LOAD_LOG WHERE table_name = 'u'",
        "DROP TABLE IF EXISTS RAW.U",
        "DROP TABLE IF EXISTS RAW._LOAD_LOCK_U",
    )
    # Killed before its end.
    half = raw_changes([T], as_declared(T) | {"_LOAD_LOCK_U": {}})
    assert [one.table for one in half] == ["U"]


@pytest.mark.parametrize(
    ("text_", "name", "sizes"),
    [
        ("VARCHAR", "VARCHAR", (16777216,)),
        ("varchar(5)", "VARCHAR", (5,)),
        ("NUMBER(38,0)", "NUMBER", (38, 0)),
        ("NUMBER", "NUMBER", (38, 0)),
        ("TIMESTAMP_NTZ(9) DEFAULT SYSDATE()", "TIMESTAMP_NTZ", (9,)),
        ("VARIANT", "VARIANT", ()),
        ("DOUBLE PRECISION", "DOUBLE", ()),
    ],
)
def test_a_type_is_read_with_its_sizes(text_: str, name: str, sizes: tuple[int, ...]) -> None:
    assert parsed(text_) == SnowflakeType(name, sizes)


def test_show_columns_is_read_as_describe_is() -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/show-columns"""
    fixed = '{"type":"FIXED","precision":10,"scale":2,"nullable":false}'
    texts = '{"type":"TEXT","length":20,"byteLength":80,"nullable":true,"fixed":false}'
    assert shown(fixed) == (parsed("NUMBER(10,2)"), False)
    rows = [{"table_name": "T", "column_name": "NAME", "data_type": texts}]
    assert found_columns(rows) == {"T": {"name": FoundColumn(parsed("VARCHAR(20)"))}}
