"""A database against its declaration: what stops a table, what is merely undeclared, and what it perhaps became."""

from collections.abc import Callable
from typing import Any

import pytest
from psycopg2.extensions import make_dsn

from shopstream_platform.contract.source import Source
from shopstream_platform.intake.compare import Difference, compare
from shopstream_platform.intake.inspect import inspect
from shopstream_platform.intake.measure import measured
from shopstream_platform.intake.propose import Choices, propose
from shopstream_platform.intake.render.declaration import declaration
from shopstream_platform.stores.postgres import snapshot


@pytest.fixture(scope="module")
def declared(campus: str) -> Source:
    """The sample database as it is declared by its proposal."""
    with snapshot(campus) as conn:
        found = inspect(conn)
        proposal = propose("campus", found, measured(conn, found.relations), Choices({}, daily_from=500))
    names: dict[str, Any] = {}
    exec(compile(declaration(proposal, "CAMPUS_DSN", "Campus."), "campus.py", "exec"), names)
    return names["SOURCE"]


def differences(dsn: str, source: Source) -> list[Difference]:
    with snapshot(dsn) as conn:
        return compare(conn, source, inspect(conn))


@pytest.fixture
def new(
    changed_campus: Callable[..., str], campus: str, declared: Source
) -> Callable[..., list[tuple[str, str, bool]]]:
    """What is different after some statements, and was not before: what, where, whether it stops."""
    before = differences(campus, declared)

    def changed(*statements: str) -> list[tuple[str, str, bool]]:
        found = [one for one in differences(changed_campus(*statements), declared) if one not in before]
        said.extend(one.says for one in found)
        return [(one.what, one.at, one.stops) for one in found]

    changed.said = said = []  # type: ignore[attr-defined]
    return changed


def test_what_was_just_proposed_can_be_loaded_and_what_was_left_out_is_said(campus: str, declared: Source) -> None:
    found = differences(campus, declared)
    assert {one.what for one in found} == {"undeclared"}
    assert not any(one.stops for one in found)
    assert {one.at for one in found} == {
        *("registry.every_type.a_tsvector", "registry.every_type.a_money", "registry.every_type.a_point"),
        *("registry.person.search", "registry.student.fees_due", "teaching.section.room", "teaching.campus_map"),
    }
    assert next(one.says for one in found if one.at == "teaching.section.room").startswith(
        "point, not declared (type point"
    )


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("ALTER TABLE registry.country ADD capital text", [("undeclared", "registry.country.capital", False)]),
        ("CREATE TABLE registry.faculty (id int)", [("undeclared", "registry.faculty", False)]),
        ("ALTER TABLE registry.country DROP population", [("gone", "registry.country.population", True)]),
        ("ALTER TABLE registry.country ALTER population TYPE text", [("retyped", "registry.country.population", True)]),
        ("ALTER TABLE registry.country ALTER population TYPE integer", []),
        ("ALTER TABLE registry.country ALTER name DROP NOT NULL", [("changed", "registry.country.name", False)]),
        ("ALTER TABLE registry.every_type ALTER a_varchar TYPE varchar(20)", []),
        (
            "ALTER TABLE registry.every_type ALTER a_varchar TYPE varchar(60)",
            [("retyped", "registry.every_type.a_varchar", True)],
        ),
        ("DROP TABLE registry.waiting_list", [("gone", "registry.waiting_list", True)]),
        ("ALTER TABLE teaching.course DROP CONSTRAINT course_pkey CASCADE", [("changed", "teaching.course", False)]),
    ],
)
def test_a_change_is_named_where_it_is(new: Any, statement: str, expected: list[tuple[str, str, bool]]) -> None:
    assert new(statement) == expected


def test_a_renamed_column_is_recognised_by_its_type(new: Any) -> None:
    assert new('ALTER TABLE "Library"."Book" RENAME "Title" TO "Headline"') == [
        ("gone", "Library.Book.Title", True),
        ("undeclared", "Library.Book.Headline", False),
    ]
    assert new.said[0] == "declared text and not there; perhaps it was renamed to Headline, of the same type"


def test_a_renamed_table_is_recognised_by_its_columns(new: Any) -> None:
    assert new('ALTER TABLE "Library"."BookLoan" RENAME TO "Loan"') == [
        ("gone", '"Library"."BookLoan"', True),
        ("undeclared", "Library.Loan", False),
    ]
    assert new.said[0] == (
        "campus__book_loan is declared and not there; perhaps it was renamed to Library.Loan, which has its columns"
    )


def test_rights_that_are_missing_are_named_with_the_grant(
    reader: str, changed_campus: Callable[..., str], declared: Source
) -> None:
    dsn = changed_campus(
        f"GRANT USAGE ON SCHEMA registry TO {reader}",
        f"GRANT SELECT ON registry.country TO {reader}",
        f"GRANT SELECT (student_no) ON registry.student TO {reader}",
    )
    found = {one.at: one for one in differences(make_dsn(dsn, user=reader, password=reader), declared) if one.stops}
    assert "registry.country" not in {at.rpartition(".")[0] for at in found} | found.keys()
    assert found["registry.staff"].says.endswith(f'GRANT SELECT ON registry.staff TO "{reader}"')
    assert f'GRANT SELECT ("credits") ON registry.student TO "{reader}"' in found["registry.student.credits"].says
    assert f'GRANT USAGE ON SCHEMA "Library" TO "{reader}"' in found['"Library"."Book"'].says
    assert {one.what for one in found.values()} == {"rights"}
