"""Rows of the lake's objects: whose they are, and what is left of them."""

import json
from dataclasses import replace

import pytest

from shopstream_platform.contract.columns import text
from shopstream_platform.contract.declare import LakeFormat
from shopstream_platform.contract.tables import BY_NAME
from shopstream_platform.pipeline.forget.person import Person
from shopstream_platform.pipeline.forget.rows import Rows, records

USERS, CONTACTS = BY_NAME["users"], BY_NAME["crm_contacts"]
HEADER = b"id,email,first_name,last_name,country,plan_type,created_at,last_login,is_active\n"
MINE = b'7,"a ""b""\n,@x.org","Zo\xc3\xab, ""Q""",,FRA,"",2026-01-01 00:00:00,,t\n'
OTHER = b"8,b@x.org,Ann,Lee,FRA,premium,2026-01-01 00:00:00,,t\n"


def person() -> Person:
    return Person(ids={"users": {7}}, values={"first_name": {'Zoë, "Q"'}})


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_rows_are_whole_however_they_arrive(size: int) -> None:
    content = HEADER + MINE + OTHER
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    assert list(records(chunks)) == [HEADER, MINE, OTHER]


def test_a_row_is_the_persons_by_its_id() -> None:
    rows = Rows(USERS, person())
    assert [rows.is_personal(row) for row in rows.of_object([HEADER, MINE, OTHER])] == [True, False]
    assert rows.header == HEADER
    assert rows.values(MINE)["email"] == 'a "b"\n,@x.org'
    assert rows.values(MINE)["plan_type"] == ""
    assert rows.values(MINE)["last_name"] is None


def test_what_is_left_of_a_row_is_not_personal_and_else_the_same() -> None:
    rows = Rows(USERS, person())
    left = rows.without_person(MINE)
    assert left == b'7,,,,FRA,"",2026-01-01 00:00:00,,t\n'
    assert not rows.is_personal(left), "run again, it is found no more"


def test_a_contact_is_the_persons_by_its_address_in_any_case() -> None:
    row = b'3,"  ANN@X.ORG ",Ann,Lee,newsletter,,2026-01-01 00:00:00,t,\n'
    assert Rows(CONTACTS, Person(values={"email": {"ann@x.org"}})).is_personal(row)
    assert not Rows(CONTACTS, Person(values={"email": {"nn@x.org"}})).is_personal(row)


def test_an_account_is_so_only_by_the_address_that_was_asked_for() -> None:
    earlier = Person(ids={"users": {7}}, values={"email": {"b@x.org"}})
    assert not Rows(USERS, earlier).is_personal(OTHER)
    asked = Person(values={"email": {"b@x.org"}}, asked={"b@x.org"})
    assert Rows(USERS, asked).is_personal(OTHER)


def test_what_stands_in_the_place_of_the_person_is_not_personal() -> None:
    rows = Rows(USERS, person())
    placeholder = MINE.replace(b'"a ""b""\n,@x.org","Zo\xc3\xab, ""Q"""', b"1f@forgotten.invalid,")
    assert rows.is_of_person(placeholder)
    assert not rows.is_personal(placeholder)
    known = person()
    known.accepted = {"gone"}
    known.add_values({"email": "1f@forgotten.invalid", "first_name": " Gone ", "last_name": None})
    assert known == Person(ids=known.ids, values=known.values, accepted={"gone"})
    assert known.values == person().values


def test_an_object_of_before_a_column_was_added_is_read_by_its_header() -> None:
    rows = Rows(replace(USERS, columns=(*USERS.columns[:2], text("phone", 9, "P."), *USERS.columns[2:])), person())
    assert [rows.is_personal(row) for row in rows.of_object([HEADER, MINE, OTHER])] == [True, False]
    assert rows.values(MINE)["first_name"] == 'Zoë, "Q"'
    assert "phone" not in rows.values(MINE)
    assert rows.without_person(MINE) == b'7,,,,FRA,"",2026-01-01 00:00:00,,t\n'


def test_what_was_renamed_or_dropped_since_goes_too() -> None:
    columns = [replace(c, name="given", formerly="first_name") if c.name == "first_name" else c for c in USERS.columns]
    table = replace(USERS, columns=tuple(c for c in columns if c.name not in ("last_name", "country")), indexes=())
    known = Person(ids={"users": {7}}, values={"given": {'Zoë, "Q"'}})
    rows = Rows(table, known)
    assert [rows.is_personal(row) for row in rows.of_object([HEADER, MINE, OTHER])] == [True, False]
    assert rows.personal_values(MINE) == {"email": 'a "b"\n,@x.org', "given": 'Zoë, "Q"'}
    left = rows.without_person(MINE)
    assert left == b'7,,,,,"",2026-01-01 00:00:00,,t\n'
    assert not rows.is_personal(left)
    document = json.dumps({"id": 7, "first_name": 'Zoë, "Q"', "country": "FRA", "plan_type": "x"}).encode() + b"\n"
    for of_documents in (Rows(replace(table, lake_format=LakeFormat.NDJSON), known), Rows(table, known, "a/t.json.gz")):
        assert [of_documents.is_personal(row) for row in of_documents.of_object([document])] == [True]
        assert of_documents.without_person(document) == b'{"id":7,"plan_type":"x"}\n'
