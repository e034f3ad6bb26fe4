"""Two tables of the warehouse compared, against the same comparison in Python."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopstream_platform.diff.rows import ModelDiff, compare
from shopstream_platform.diff.shape import Grain, Relation, relations
from shopstream_platform.stores.warehouse import Warehouse

PREFIX = "ROWS_"
KEYS = st.one_of(st.none(), st.integers(0, 6))
TEXTS = st.one_of(st.none(), st.sampled_from(["a", "b", ""]))
AMOUNTS = st.one_of(st.none(), st.decimals(min_value=-99, max_value=99, places=2))
ROWS = st.dictionaries(st.tuples(KEYS, st.sampled_from("xy")), st.tuples(TEXTS, AMOUNTS), max_size=8)
Rows = dict[tuple[Any, ...], tuple[Any, ...]]
BY_KEY = Grain(("ID", "PART"), frozenset())
NO_KEY = Grain((), frozenset())


@pytest.fixture
def schema(warehouse_session: Warehouse) -> Warehouse:
    """A session with an empty schema for both tables."""
    warehouse_session.execute(f"DROP SCHEMA IF EXISTS {PREFIX}CORE CASCADE")
    warehouse_session.execute(f"CREATE SCHEMA {PREFIX}CORE")
    return warehouse_session


def fill(session: Warehouse, table: str, rows: Rows) -> Relation:
    """A table with these rows."""
    session.execute(
        f"CREATE OR REPLACE TABLE {PREFIX}CORE.{table}"
        " (id NUMBER(38,0), part VARCHAR, word VARCHAR, amount NUMBER(12,2))"
    )
    session.execute_many(
        f"INSERT INTO {PREFIX}CORE.{table} VALUES (%s, %s, %s, %s)", [(*key, *values) for key, values in rows.items()]
    )
    return relations(session, PREFIX)[f"CORE.{table}"]


def total(rows: Rows) -> Decimal:
    return sum((amount or Decimal(0) for _, amount in rows.values()), Decimal(0))


def both(session: Warehouse, before: Rows, after: Rows, grain: Grain) -> ModelDiff:
    return compare(session, "m", fill(session, "BEFORE", before), fill(session, "AFTER", after), grain)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS)
def test_counts_are_those_of_python(schema: Warehouse, before: Rows, after: Rows) -> None:
    diff = both(schema, before, after, BY_KEY)
    common = before.keys() & after.keys()
    changed = {key for key in common if before[key] != after[key]}
    assert (diff.before, diff.after) == (len(before), len(after))
    assert (diff.added, diff.removed) == (len(after.keys() - common), len(before.keys() - common))
    assert diff.changed == len(changed)
    columns = {column.name: column for column in diff.columns}
    for number, name in enumerate(("WORD", "AMOUNT")):
        differing = [key for key in common if before[key][number] != after[key][number]]
        assert (columns[name].rows if name in columns else 0) == len(differing)
    if moves := columns.get("WORD"):
        pairs = Counter((before[key][0] or str(before[key][0]), after[key][0]) for key in changed)
        assert sum(rows for _, _, rows in moves.moves) in (0, moves.rows), pairs
    if "AMOUNT" in columns:
        assert columns["AMOUNT"].sums == (total(before), total(after))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS)
def test_without_a_key_rows_are_a_bag(schema: Warehouse, before: Rows, after: Rows) -> None:
    diff = both(schema, before, after, NO_KEY)
    old, new = (Counter((*key, *values) for key, values in rows.items()) for rows in (before, after))
    assert (diff.added, diff.removed) == ((new - old).total(), (old - new).total())
    assert "no test names its key" in diff.notes[0]


def test_what_a_reviewer_reads(schema: Warehouse) -> None:
    before = {(n, "x"): ("b" if n < 3 else "c", Decimal(n)) for n in range(5)}
    after = {(n, "x"): ("a" if n < 3 else "c", Decimal(n)) for n in range(1, 7)}
    diff = both(schema, before, after, BY_KEY)
    assert diff.columns[0].moves == (("b", "a", 2),)
    assert diff.keys == {"added": ["5, x", "6, x"], "removed": ["0, x"], "changed": ["1, x", "2, x"]}
    assert not diff.is_equal


def test_nothing_personal_is_named(schema: Warehouse) -> None:
    grain = Grain(("ID", "PART"), frozenset({"WORD", "PART"}))
    diff = both(schema, {(1, "ann@x"): ("Ann", None)}, {(1, "ann@x"): ("Eve", None), (2, "bo@x"): ("Bo", None)}, grain)
    assert (diff.changed, diff.added, diff.keys) == (1, 1, {})
    assert not any(name in repr(diff) for name in ("ann@x", "bo@x", "Ann", "Eve", "Bo"))
    assert "personal" in diff.notes[0]


def test_a_key_that_comes_twice_is_told(schema: Warehouse) -> None:
    diff = both(
        schema, {(1, "x"): ("a", None), (1, "y"): ("a", None)}, {(1, "x"): ("b", None)}, Grain(("ID",), frozenset())
    )
    assert (diff.removed, diff.added) == (2, 1)
    assert "ID does not name a row in both versions" in diff.notes[0]


def test_what_only_the_platform_reads_is_no_difference(schema: Warehouse) -> None:
    before, after = fill(schema, "BEFORE", {}), fill(schema, "AFTER", {})
    for number, relation in enumerate((before, after)):
        schema.execute(f"CREATE OR REPLACE TABLE {relation.name} AS SELECT 1 AS id, {number} AS _code_version")
    there = relations(schema, PREFIX)
    assert compare(schema, "m", there["CORE.BEFORE"], there["CORE.AFTER"], Grain(("ID",), frozenset())).is_equal


def test_columns_that_come_go_and_change_their_type(schema: Warehouse) -> None:
    rows: Rows = {(1, "x"): ("a", Decimal(1))}
    before, after = fill(schema, "BEFORE", rows), fill(schema, "AFTER", rows)
    other = "SELECT id, part, amount::NUMBER(14,3) AS amount, 1::NUMBER(38,0) AS n"
    schema.execute(f"CREATE OR REPLACE TABLE {after.name} AS {other} FROM {before.name}")
    diff = compare(schema, "m", before, relations(schema, PREFIX)["CORE.AFTER"], BY_KEY)
    assert [change.split(" NUMBER(")[0] for change in diff.schema] == [
        "column N",
        "column WORD TEXT is gone",
        "column AMOUNT is",
    ]
    assert (diff.changed, diff.is_equal) == (0, False)


def test_a_column_of_another_kind_is_told_and_not_cast(schema: Warehouse) -> None:
    before, after = fill(schema, "BEFORE", {}), fill(schema, "AFTER", {})
    schema.execute(f"CREATE OR REPLACE TABLE {before.name} AS SELECT 1 AS id, 'word' AS part, TRUE AS word")
    schema.execute(f"CREATE OR REPLACE TABLE {after.name} AS SELECT 1 AS id, 7 AS part, '2026-01-01'::DATE AS word")
    there = relations(schema, PREFIX)
    diff = compare(schema, "m", there["CORE.BEFORE"], there["CORE.AFTER"], Grain(("ID",), frozenset()))
    assert (diff.changed, diff.columns, len(diff.schema)) == (0, [], 2)


def test_a_float_has_sums(schema: Warehouse) -> None:
    before, after = fill(schema, "BEFORE", {}), fill(schema, "AFTER", {})
    for relation, value in ((before, 1.1), (after, 2.2)):
        schema.execute(f"CREATE OR REPLACE TABLE {relation.name} AS SELECT 1 AS id, {value}::FLOAT AS share")
    there = relations(schema, PREFIX)
    diff = compare(schema, "m", there["CORE.BEFORE"], there["CORE.AFTER"], Grain(("ID",), frozenset()))
    assert diff.columns[0].sums == (Decimal("1.1"), Decimal("2.2"))


@pytest.mark.parametrize("key", [("HERE",), ()])
def test_a_model_may_use_any_name_for_its_columns(schema: Warehouse, key: tuple[str, ...]) -> None:
    before, after = fill(schema, "BEFORE", {}), fill(schema, "AFTER", {})
    for number, relation in enumerate((before, after)):
        columns = f"7 AS here, 8 AS side, {number} AS n"
        schema.execute(f"CREATE OR REPLACE TABLE {relation.name} AS SELECT {columns}")
    there = relations(schema, PREFIX)
    diff = compare(schema, "m", there["CORE.BEFORE"], there["CORE.AFTER"], Grain(key, frozenset()))
    assert (diff.added, diff.removed, diff.changed) == ((0, 0, 1) if key else (1, 1, 0))


def test_long_values_are_cut(schema: Warehouse) -> None:
    diff = both(schema, {(1, "x"): ("a" * 500, None)}, {(1, "x"): ("b" * 500, None)}, BY_KEY)
    ((was, now, rows),) = diff.columns[0].moves
    assert (was, now, rows) == ("a" * 59 + "…", "b" * 59 + "…", 1)
