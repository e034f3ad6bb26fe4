"""What a look at a database finds: everything that a role may read, by its true type, and nothing else."""

import time
from collections.abc import Callable

import pytest
from psycopg2.extensions import make_dsn

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.types import mapped
from shopstream_platform.intake.found import Inspection, Relation, RelationKind
from shopstream_platform.intake.inspect import inspect
from shopstream_platform.intake.measure import measured
from shopstream_platform.intake.proposal import Proposal, ProposedTable
from shopstream_platform.intake.propose import Choices, propose
from shopstream_platform.stores.postgres import snapshot

TABLE, VIEW = RelationKind.TABLE, RelationKind.VIEW
KINDS = {
    "Library.Book": TABLE,
    "Library.BookLoan": TABLE,
    "Library.person": TABLE,
    "registry.country": TABLE,
    "registry.disciplinary_case": TABLE,
    "registry.every_type": TABLE,
    "registry.exchange_partner": RelationKind.FOREIGN,
    "registry.person": TABLE,
    "registry.staff": TABLE,
    "registry.student": TABLE,
    "registry.waiting_list": TABLE,
    "teaching.attendance": RelationKind.PARTITIONED,
    "teaching.campus_map": TABLE,
    "teaching.course": TABLE,
    "teaching.department": TABLE,
    "teaching.department_size": RelationKind.MATERIALIZED,
    "teaching.door_reading": TABLE,
    "teaching.enrolment": TABLE,
    "teaching.minus": TABLE,
    "teaching.section": TABLE,
    "teaching.submission": TABLE,
    "teaching.submission_comment": TABLE,
    "teaching.transcript": VIEW,
}
# By the column of every_type; what is not here is left out.
WAREHOUSE_TYPES = {
    **dict.fromkeys(["id", "a_smallint", "an_integer", "a_bigint", "an_oid"], "NUMBER(38,0)"),
    "a_numeric": "NUMBER(12,4)",
    "a_whole_numeric": "NUMBER(20,0)",
    "a_free_numeric": "NUMBER(38,12)",
    "a_domain": "NUMBER(5,2)",
    **dict.fromkeys(["a_real", "a_double"], "FLOAT"),
    "a_boolean": "BOOLEAN",
    **{"a_varchar": "VARCHAR(40)", "a_char": "VARCHAR(5)", "bits": "VARCHAR(3)"},
    **dict.fromkeys(["a_text", "a_free_varchar", "a_citext", "a_name", "a_uuid", "a_timetz", "an_interval"], "VARCHAR"),
    **dict.fromkeys(["an_enum", "an_inet", "a_cidr", "a_macaddr", "an_xml", "more_bits", "a_multirange"], "VARCHAR"),
    **dict.fromkeys(["a_range", "an_own_range", "a_time_range"], "VARCHAR"),
    "a_date": "DATE",
    **dict.fromkeys(["a_time", "a_short_time"], "TIME(9)"),
    **dict.fromkeys(["a_timestamp", "a_short_timestamp"], "TIMESTAMP_NTZ(9)"),
    "a_timestamptz": "TIMESTAMP_TZ(9)",
    "a_bytea": "BINARY",
    **dict.fromkeys(["a_free_domain", "integers", "texts", "timestamps", "grid"], "VARIANT"),
    **dict.fromkeys(["a_json", "a_jsonb", "a_composite"], "VARIANT"),
}


def look(dsn: str, *schemas: str) -> Inspection:
    with snapshot(dsn) as conn:
        return inspect(conn, schemas)


def proposed(dsn: str, daily_from: int = 500) -> Proposal:
    with snapshot(dsn) as conn:
        found = inspect(conn)
        return propose("campus", found, measured(conn, found.relations), Choices({}, daily_from=daily_from))


def one(found: Inspection, label: str) -> Relation:
    return next(relation for relation in found.relations if relation.label == label)


def table(proposal: Proposal, name: str) -> ProposedTable:
    return next(found for found in proposal.tables if found.name == name)


def test_every_relation_but_the_servers_the_extensions_and_partitions_is_found(campus: str) -> None:
    found = look(campus)
    assert {relation.label: relation.kind for relation in found.relations} == KINDS
    assert found.closed_schemas == ()


def test_rows_and_bytes_of_a_partitioned_table_are_those_of_its_partitions(campus: str) -> None:
    attendance = one(look(campus), "teaching.attendance")
    assert (attendance.rows, attendance.partition_key) == (3_000, 1)
    assert attendance.bytes > 100_000


def test_every_type_has_its_own_in_the_warehouse_or_is_left_out_with_a_reason(campus: str) -> None:
    every_type = table(proposed(campus), "every_type")
    assert {column.name: column.mapping.snowflake_type for column in every_type.columns} == WAREHOUSE_TYPES
    assert [left.name for left in every_type.left_out] == [
        *("a_tsvector (tsvector)", "a_money (money)", "a_point (point)"),
    ]
    assert all(left.reason.startswith("type ") for left in every_type.left_out)


def test_domains_and_generated_and_identity_columns_are_seen_through(campus: str) -> None:
    found = look(campus)
    person = {column.name: column for column in one(found, "registry.person").columns}
    assert (person["phone"].declared_type, person["phone"].type_name) == (
        *("registry.phone_number", "character varying(30)"),
    )
    assert person["initials"].generated
    assert not person["email"].generated
    assert one(found, "Library.BookLoan").columns[0].identity
    assert person["email"].comment == "Where mail is sent; one a person.\nNever shown."


def test_keys_days_and_references_are_those_of_the_sample(campus: str) -> None:
    proposal = proposed(campus)
    keys = {found.name: found.key for found in proposal.tables}
    assert keys["registry_person"] == ("person_id",)
    assert keys["attendance"] == ("attended_on", "student_no", "section_id")
    assert keys["minus"] == ("qualify_", "increment_")
    assert {name for name, key in keys.items() if not key} == {
        *("door_reading", "transcript", "department_size", "exchange_partner"),
    }
    days = {
        found.name: getattr(found.partition, "column", getattr(found.partition, "via", None))
        for found in proposal.tables
    }
    assert {name: day for name, day in days.items() if day} == {
        "attendance": "attended_on",
        "book_loan": "loaned_at",
        "enrolment": "enrolled_at",
        "submission": "submitted_at",
        "submission_comment": "submission_id",
    }
    references = {column.name: column.references for column in table(proposal, "enrolment").columns}
    assert (references["student_no"], references["section_id"]) == ("campus__student", "campus__section")
    assert {left.name for left in proposal.left_out} == {"teaching.campus_map"}
    assert proposed(campus, daily_from=100_000).tables[0].partition is None


def test_one_schema_alone(campus: str) -> None:
    assert {relation.schema for relation in look(campus, "Library").relations} == {"Library"}
    with pytest.raises(ShopStreamError, match="no table or view in schema library: it has some in Library, registry"):
        look(campus, "library")


def test_what_a_role_may_not_read_is_named_with_the_grant(reader: str, changed_campus: Callable[..., str]) -> None:
    dsn = changed_campus(
        f"GRANT USAGE ON SCHEMA registry TO {reader}",
        f"GRANT SELECT ON registry.country, registry.person TO {reader}",
        f"GRANT SELECT (student_no, standing) ON registry.student TO {reader}",
        "ALTER TABLE registry.person ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY of_france ON registry.person USING (country_code = 'FR')",
    )
    proposal = proposed(make_dsn(dsn, user=reader, password=reader))
    assert [found.name for found in proposal.tables] == ["country", "student"]
    student = table(proposal, "student")
    assert [column.name for column in student.columns] == ["student_no", "standing"]
    assert len(student.columns) + len(student.left_out) == len(student.relation.columns)
    reasons = {left.name: left.reason for left in (*proposal.left_out, *student.left_out)}
    assert f'GRANT SELECT ("credits") ON registry.student TO "{reader}"' in reasons["credits (smallint)"]
    assert f'GRANT SELECT ON registry.staff TO "{reader}"' in reasons["registry.staff"]
    assert f'GRANT USAGE ON SCHEMA "Library" TO "{reader}"' in reasons["schema Library"]
    assert "row-level security hides rows" in reasons["registry.person"]


def test_a_relation_that_cannot_be_read_is_left_out_and_the_others_are_not(changed_campus: Callable[..., str]) -> None:
    dsn = changed_campus(
        "CREATE VIEW teaching.broken AS SELECT 1.0 / (section_id - section_id) AS n FROM teaching.section"
    )
    proposal = proposed(dsn)
    reasons = {left.name: left.reason for left in proposal.left_out}
    assert "division by zero" in reasons["teaching.broken"]
    assert table(proposal, "staff").columns[4].note.startswith("digits in all 40 rows")


def test_numbers_are_measured_without_zeros_at_their_end(changed_campus: Callable[..., str]) -> None:
    dsn = changed_campus(
        "CREATE TABLE public.n (a numeric, b numeric, c numeric, d numeric, e numeric(50, 3), f numeric(5, -2))",
        "INSERT INTO public.n VALUES (1.50000, -123456.789, 'NaN', NULL, 1e45, 12300), (0, 1, 1, NULL, 0.001, NULL)",
    )
    found = table(proposed(dsn), "n")
    assert {column.name: column.digits for column in found.columns} == {
        "a": (38, 2),
        "b": (38, 4),
        "d": (38, 2),
        "f": (38, 2),
    }
    assert {left.name.split()[0]: left.reason.split(",")[0] for left in found.left_out} == {
        "c": "it holds NaN or infinity",
        "e": "its values have 46 digits before the point and 3 behind it",
    }


@pytest.mark.slow
def test_two_thousand_tables_are_a_few_queries(changed_campus: Callable[..., str]) -> None:
    made = [
        f"CREATE TABLE many.t{n} (id bigint PRIMARY KEY, other bigint REFERENCES many.t{max(n - 1, 0)}, "
        "created_at timestamp NOT NULL, a text, b numeric, c jsonb)"
        for n in range(2_000)
    ]
    # A server has room for the locks of some hundred tables in a transaction.
    dsn = changed_campus("CREATE SCHEMA many", *("; ".join(made[at : at + 100]) for at in range(0, 2_000, 100)))
    began = time.monotonic()
    proposal = proposed(dsn, daily_from=0)
    assert time.monotonic() - began < 20
    assert len(proposal.tables) == 2_000 + len(KINDS) - 1
    assert all(
        column.references
        for found in proposal.tables
        if found.relation.schema == "many"
        for column in found.columns[1:2]
    )


def test_what_is_mapped_needs_no_measuring_but_numbers(campus: str) -> None:
    for relation in look(campus).relations:
        for column in relation.columns:
            if column.type_name.startswith(("numeric(", "timestamp", "character")):
                assert mapped(column.type_name)
