"""Proposals: every relation and column is declared or left out with a reason, and cut as its data suggest."""

import pytest

from shopstream_platform.contract.types import mapped
from shopstream_platform.intake.found import FoundForeignKey, FoundIndex, Relation, RelationKind
from shopstream_platform.intake.measure import Digits, Measured
from shopstream_platform.intake.proposal import ByOwnDay, ByParentsDay, Proposal, ProposedTable
from shopstream_platform.intake.propose import Choices, propose
from shopstream_platform_tests.intake.found import (
    ALL_DAILY,
    NOTHING_MEASURED,
    TIMESTAMP,
    column,
    inspection,
    relation,
    required,
)


def proposal(*relations: Relation, choices: Choices = ALL_DAILY, measured: Measured = NOTHING_MEASURED) -> Proposal:
    return propose("src", inspection(*relations), measured, choices)


def only(*relations: Relation) -> ProposedTable:
    """The proposal for the last relation."""
    return next(table for table in proposal(*relations).tables if table.relation == relations[-1])


ORDERS = relation("public.orders", required("id"), required("created_at", TIMESTAMP), key=(1,), indexes=((2,),))


def test_a_key_is_the_primary_key_else_the_shortest_unique_index_without_null() -> None:
    assert only(ORDERS).key == ("id",)
    no_primary = relation("public.t", required("a", "text"), required("b"), column("c"))
    wide, narrow, nullable = (
        FoundIndex((1, 2), True, False),
        FoundIndex((2,), True, False),
        FoundIndex((3,), True, False),
    )
    assert only(_with(no_primary, nullable, narrow, wide)).key == ("b",)
    assert only(_with(no_primary, nullable, wide)).key == ("a", "b")
    assert only(_with(no_primary, nullable)).key == ()
    assert "no key: its rows are counted and compared as a bag" in only(no_primary).notes


def _with(one: Relation, *indexes: FoundIndex) -> Relation:
    return Relation(**{**one.__dict__, "indexes": indexes})


@pytest.mark.parametrize("type_name", ["jsonb", "double precision", "point"])
def test_a_key_of_a_column_that_does_not_compare_is_none(type_name: str) -> None:
    assert only(relation("public.t", required("a", type_name), column("b"), key=(1,))).key == ()


@pytest.mark.parametrize(
    ("name", "type_name", "expected"),
    [
        ("created_at", TIMESTAMP, True),
        ("created", "date", True),
        ("event_ts", "timestamp with time zone", True),
        ("order_date", "date", True),
        ("ts", "timestamp(3) without time zone", True),
        ("loanedAt", TIMESTAMP, True),
        ("updated_at", TIMESTAMP, False),
        ("last_update", TIMESTAMP, False),
        ("modified_date", "date", False),
        ("created_at", "text", False),
        ("created_at", "daterange", False),
        ("birth_date", "date", False),
        ("due_date", "date", False),
        ("valid_from", TIMESTAMP, False),
        ("arrival_date", "date", False),
    ],
)
def test_a_table_is_cut_by_what_is_set_once(name: str, type_name: str, expected: bool) -> None:
    kind = "range" if type_name.endswith("range") else type_name
    found = only(relation("public.t", required("id"), required(name, kind), key=(1,)))
    assert (found.partition is not None) is expected


def test_any_indexed_day_does_if_no_other_looks_better() -> None:
    days = (required("arrival_date", "date"), required("created_at", TIMESTAMP), required("updated_at", TIMESTAMP))
    one = relation("public.t", *days, indexes=((1,), (3,)))
    assert only(one).partition == ByOwnDay("created_at")
    assert "not indexed" in only(one).why
    without = relation("public.t", days[0], days[2], indexes=((1,), (2,)))
    assert only(without).partition == ByOwnDay("arrival_date")


def test_a_timestamp_that_may_be_null_cuts_nothing() -> None:
    assert only(relation("public.t", required("id"), column("created_at", TIMESTAMP), key=(1,))).partition is None


def test_postgresqls_own_range_decides_whatever_its_name_is() -> None:
    days = (required("created_at", TIMESTAMP), required("due_date", "date"))
    one = relation("public.t", *days, kind=RelationKind.PARTITIONED, partition_key=2)
    assert only(one).partition == ByOwnDay("due_date")


def test_small_tables_and_those_of_unknown_size_are_snapshots() -> None:
    def cut(**others: object) -> tuple[bool, str]:
        one = relation("public.t", required("created_at", TIMESTAMP), indexes=((1,),), **others)
        (table,) = proposal(one, choices=Choices({}, daily_from=1_000)).tables
        return table.partition is not None, table.why

    assert cut(rows=1_000) == (True, "not null, set once")
    assert cut(rows=999) == (False, "fewer than 1,000 rows")
    assert cut(rows=None, bytes=100_000)[0]
    assert cut(rows=None, bytes=99_999) == (False, "less than 100 kB (never analysed, so rows are not known)")
    assert cut(rows=None, bytes=0, kind=RelationKind.VIEW) == (False, "how many rows it has is not known")


def test_a_detail_is_cut_as_its_parent_is() -> None:
    items = relation("public.order_items", required("id"), required("order_id"), key=(1,), references=((2, ORDERS),))
    assert only(ORDERS, items).partition == ByParentsDay("src__orders", "order_id")
    lines = relation("public.line", required("order_id"), required("no"), key=(1, 2), references=((1, ORDERS),))
    assert only(ORDERS, lines).partition == ByParentsDay("src__orders", "order_id")


def test_a_table_that_only_mentions_another_is_no_detail_of_it() -> None:
    mention = relation("public.refund", required("id"), required("order_id"), key=(1,), references=((2, ORDERS),))
    optional = relation("public.order_items", required("id"), column("order_id"), key=(1,), references=((2, ORDERS),))
    assert only(ORDERS, mention).partition is None
    assert only(ORDERS, optional).partition is None


def test_a_detail_of_a_snapshot_is_one() -> None:
    items = relation("public.order_items", required("id"), required("order_id"), key=(1,), references=((2, ORDERS),))
    tables = proposal(ORDERS, items, choices=Choices({}, {ORDERS.oid}, daily_from=0)).tables
    assert [table.partition for table in tables] == [None, None]
    assert tables[0].why == "a snapshot was asked for"


def test_references_are_to_whole_keys_of_tables_that_are_declared() -> None:
    items = relation("public.items", required("id"), column("order_id"), key=(1,), references=((2, ORDERS),))
    assert only(ORDERS, items).columns[1].references == "src__orders"
    assert only(items).columns[1].references is None
    to_other = FoundForeignKey((2,), ORDERS.oid, (2,), enforced=True)
    unproven = FoundForeignKey((2,), ORDERS.oid, (1,), enforced=False)
    several = FoundForeignKey((1, 2), ORDERS.oid, (1, 2), enforced=True)
    for key, why in ((to_other, "other columns than the key"), (unproven, "NOT VALID"), (several, "several columns")):
        changed = Relation(**{**items.__dict__, "foreign_keys": (key,)})
        assert only(ORDERS, changed).columns[1].references is None
        assert why in only(ORDERS, changed).notes[0]
    assert "is left out" in only(items).notes[0]


def test_tables_come_behind_those_that_they_refer_to_and_a_circle_is_cut_and_said() -> None:
    a = relation("public.a", required("id"), column("b_id"), column("parent_id"), key=(1,))
    b = relation("public.b", required("id"), column("a_id"), key=(1,), references=((2, a),))
    both = FoundForeignKey((2,), b.oid, (1,), True), FoundForeignKey((3,), a.oid, (1,), True)
    a = Relation(**{**a.__dict__, "foreign_keys": both})
    c = relation("public.c", required("id"), column("b_id"), key=(1,), references=((2, b),))
    tables = proposal(c, a, b).tables
    assert {table.name: [one.references for one in table.columns] for table in tables} == {
        "b": [None, None],
        "c": [None, "src__b"],
        "a": [None, "src__b", "src__a"],
    }
    assert tables[0].name == "b"
    assert tables[0].notes == ("a_id: refers to src__a, which refers back, so that the reference is not declared",)


def test_a_number_without_digits_is_proposed_with_those_of_its_data() -> None:
    one = relation("public.t", column("n", "numeric"), column("d", "numeric(12,4)"))
    measured = Measured({(one.oid, 1): Digits(7, 3, finite=True, rows=50, whole=True)}, {})
    (table,) = proposal(one, measured=measured).tables
    free, declared = table.columns
    assert (free.digits, free.mapping.snowflake_type) == ((38, 4), "NUMBER(38,4)")
    assert free.note == "digits in all 50 rows: at most 7 before the point, 3 behind it"
    assert (declared.digits, declared.mapping.snowflake_type) == (None, "NUMBER(12,4)")


@pytest.mark.parametrize(
    ("before", "behind", "expected"),
    [(0, 0, 2), (3, 2, 2), (3, 5, 6), (20, 12, 12), (30, 7, 7), (0, 38, 38), (38, 0, 0)],
)
def test_scales_have_room_while_the_digits_leave_it(before: int, behind: int, expected: int) -> None:
    assert Digits(before, behind, finite=True, rows=1, whole=True).proposed() == (38, expected)


def test_a_scale_is_at_least_the_declared_one() -> None:
    one = relation("public.t", column("n", "numeric(40,2)"), column("m", "numeric(40,7)"), column("w", "numeric(40,2)"))
    digits = {
        (one.oid, number): Digits(before, 0, finite=True, rows=5, whole=True)
        for number, before in ((1, 36), (2, 3), (3, 37))
    }
    (table,) = proposal(one, measured=Measured(digits, {})).tables
    assert [found.digits for found in table.columns] == [(38, 2), (38, 9)]
    (wide,) = table.left_out
    assert wide.reason == (
        "its values have 37 digits before the point and its type has 2 behind it, more than the 38 of a NUMBER; "
        "cast it to text in a view"
    )


def test_numbers_that_no_number_of_the_warehouse_holds_are_left_out_with_the_reason() -> None:
    one = relation("public.t", required("id"), column("wide", "numeric"), column("nan", "numeric"))
    digits = {
        (one.oid, 2): Digits(30, 9, finite=True, rows=5, whole=True),
        (one.oid, 3): Digits(1, 1, finite=False, rows=5, whole=True),
    }
    (table,) = proposal(one, measured=Measured(digits, {})).tables
    assert [left.name for left in table.left_out] == ["wide (numeric)", "nan (numeric)"]
    assert "30 digits before the point and 9 behind it" in table.left_out[0].reason
    assert "NaN or infinity" in table.left_out[1].reason


def test_what_cannot_be_loaded_is_left_out_with_its_reason() -> None:
    relations = (
        relation("public.points", column("at", "point")),
        relation("public.none"),
        relation("public.closed", column("a"), readable=False),
        relation("public.filtered", column("a"), filtered=True),
        relation("public.broken", column("a", "numeric")),
        relation("public.unwanted", column("a")),
    )
    measured = Measured({}, {relations[4].oid: "public.broken could not be read: division by zero"})
    choices = Choices({relations[5].oid: "left out by --exclude"}, daily_from=0)
    found = propose("src", inspection(*relations, closed=("hidden",)), measured, choices)
    assert found.tables == ()
    reasons = {left.name: left.reason for left in found.left_out}
    assert "at (point): type point is not mapped" in reasons["public.points"]
    assert "it has none" in reasons["public.none"]
    assert reasons["public.closed"] == 'role reader may not read it: GRANT SELECT ON public.closed TO "reader"'
    assert "row-level security hides rows" in reasons["public.filtered"]
    assert "division by zero" in reasons["public.broken"]
    assert reasons["public.unwanted"] == "left out by --exclude"
    assert 'GRANT USAGE ON SCHEMA "hidden" TO "reader"' in reasons["schema hidden"]


def test_nothing_is_left_out_silently() -> None:
    columns = [column(f"c{n}", name) for n, name in enumerate(["integer", "point", "money", "enum", "array", "xid8"])]
    (table,) = proposal(relation("public.t", *columns, column("secret", readable=False))).tables
    named = {one.found.name for one in table.columns} | {left.name.split(" ")[0] for left in table.left_out}
    assert named == {one.name for one in columns} | {"secret"}
    assert all(left.reason for left in table.left_out)
    assert 'GRANT SELECT ("secret") ON public.t TO "reader"' in table.left_out[-1].reason


def test_what_is_proposed_is_mapped() -> None:
    for table in proposal(ORDERS).tables:
        assert all(one.mapping == mapped(one.found.type_name) for one in table.columns)
