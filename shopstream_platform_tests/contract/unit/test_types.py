"""Types of PostgreSQL in the warehouse, as the documentation shows them and as they are mapped."""

import re
from itertools import groupby
from pathlib import Path

import pytest

from shopstream_platform.contract import types
from shopstream_platform.contract.types import mapped

DOCUMENT = Path(__file__).parents[3] / "docs" / "sources.md"
KNOWN = (*types._INTEGERS, "numeric", *types._FIXED, "character", *types._TEXTS)
# A type as people write it -> the type whose mapping it shows, and digits if it has none.
SIZED = {
    "numeric(p,s)": "numeric(37,31)",
    "numeric": "numeric",
    "character varying(n)": "character varying(77)",
    "character(n)": "character(77)",
    "bit(n)": "bit(77)",
    "bit varying(n)": "bit varying(77)",
}
LETTERS = {"37": "p", "31": "s", "77": "n"}
REMARKS = {
    "NUMBER(p,s)": "up to 38 digits; NaN is refused",
    "NUMBER(38,s)": "`digits` of the declaration; measured when it is proposed",
    "FLOAT": "NaN and infinity too",
    "VARCHAR(n)": "blanks at the end of a `character` are no part of it",
    "VARCHAR": "as PostgreSQL writes it; an `interval` in ISO 8601; up to 16 MB",
    "DATE": "years 1 to 9999; infinity is refused, and named",
    "TIME(9)": "24:00 is refused",
    "TIMESTAMP_NTZ(9)": "as written, without a time zone; years 1 to 9999",
    "TIMESTAMP_TZ(9)": "the instant, in UTC; years 1 to 9999",
    "BINARY": "up to 8 MB",
    "VARIANT": "NULL inside an array or a composite is JSON null; up to 16 MB",
}


def warehouse_type(shown: str) -> str:
    """With letters for lengths."""
    digits = (38, 31) if shown == "numeric" else None
    found = mapped(SIZED.get(shown, shown), digits).snowflake_type
    return re.sub(r"\d+", lambda number: LETTERS.get(number[0], number[0]), found)


def rows() -> list[str]:
    """The table of the document."""
    shown = [*types._INTEGERS, *SIZED, *types._FIXED, *types._TEXTS]
    order = {type_: number for number, type_ in enumerate(REMARKS)}
    by_type = sorted(((warehouse_type(name), name) for name in shown), key=lambda pair: order.get(pair[0], -1))
    return [
        f"| {', '.join(f'`{name}`' for _, name in names)} | {type_} | {REMARKS.get(type_, '')} |".replace("|  |", "| |")
        for type_, names in groupby(by_type, key=lambda pair: pair[0])
    ]


def unmapped_rows() -> list[str]:
    return [f"| `{name}` | {reason} |" for name, reason in types._UNMAPPED.items()]


def table_below(heading: str) -> list[str]:
    """The rows of the first table below a heading of the document."""
    _, _, below = DOCUMENT.read_text("utf-8").partition(f"\n## {heading}\n")
    lines = [line for line in below.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return lines[2:]


def test_the_document_shows_every_type_as_it_is_mapped() -> None:
    assert table_below("Types") == rows(), "\n" + "\n".join(rows())
    shown = {name for row in rows() for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert {re.sub(r"\(.*\)", "", name) for name in shown} == set(KNOWN)


def test_the_document_says_why_a_type_is_left_out() -> None:
    assert table_below("What is left out")[: len(unmapped_rows())] == unmapped_rows()
    for name in types._UNMAPPED:
        with pytest.raises(ValueError, match=f"type {name} is not mapped: "):
            mapped(name)


@pytest.mark.parametrize(
    ("postgres_type", "expected"),
    [
        ("numeric(12,4)", "NUMBER(12,4)"),
        ("numeric(20,0)", "NUMBER(20,0)"),
        ("time(3) without time zone", "TIME(9)"),
        ("timestamp(0) with time zone", "TIMESTAMP_TZ(9)"),
        ("time(2) with time zone", "VARCHAR"),
        ("interval day to second(3)", "VARCHAR"),
        ("character varying(10485760)", "VARCHAR(10485760)"),
        ("bit varying(5)", "VARCHAR(5)"),
        ("character(1)", "VARCHAR(1)"),
    ],
)
def test_a_length_is_that_of_the_type(postgres_type: str, expected: str) -> None:
    assert mapped(postgres_type).snowflake_type == expected


@pytest.mark.parametrize(
    "postgres_type", ["numeric", "numeric(39,0)", "numeric(5,-2)", "numeric(3,5)", "numeric(1000,500)"]
)
def test_a_number_of_any_digits_needs_to_be_told_how_many(postgres_type: str) -> None:
    with pytest.raises(ValueError, match="holds more digits than NUMBER"):
        mapped(postgres_type)
    assert mapped(postgres_type, (38, 9)).snowflake_type == "NUMBER(38,9)"
    for wrong in ((39, 0), (10, 11), (0, 0), (5, -1)):
        with pytest.raises(ValueError, match="is not a precision up to 38"):
            mapped(postgres_type, wrong)


@pytest.mark.parametrize("postgres_type", ["point", "geometry", "vector", "no such type"])
def test_an_unknown_type_is_refused_with_advice(postgres_type: str) -> None:
    with pytest.raises(ValueError, match="the platform does not know it; cast it to a type that it knows in a view"):
        mapped(postgres_type)
