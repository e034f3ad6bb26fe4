"""The number of a row without text: nothing overflows, and a wider type is the same number."""

import re
from dataclasses import replace

import pytest

from shopstream_platform.contract import checksum, numbers, residues
from shopstream_platform.contract.checksum import Way, method, way_of, way_of_method
from shopstream_platform.contract.columns import column, document, identifier, money, text, timestamp
from shopstream_platform.contract.declare import LakeFormat, Table
from shopstream_platform.contract.numbers import Whole
from shopstream_platform.contract.tables import BY_NAME, SHOP_TABLES

LINES = BY_NAME["order_items"]
KEY = identifier("Number.")
# What PostgreSQL's bigint holds.
LARGEST = 2**63 - 1


def is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def test_the_way_follows_from_the_columns() -> None:
    assert {table.name for table in SHOP_TABLES if way_of(table) is Way.NUMBERS} == {"order_items"}


@pytest.mark.parametrize(
    ("added", "way"),
    [
        (timestamp("at", "At."), Way.NUMBERS),
        (column("x", "boolean"), Way.NUMBERS),
        (column("x", "date"), Way.NUMBERS),
        (column("x", "time without time zone"), Way.NUMBERS),
        (column("x", "timestamp with time zone"), Way.NUMBERS),
        (column("x", "oid"), Way.NUMBERS),
        (column("x", "numeric(18,18)"), Way.NUMBERS),
        (column("x", "numeric(19,0)"), Way.TEXTS),
        (column("x", "numeric", digits=(10, 2)), Way.TEXTS),
        (column("x", "double precision"), Way.TEXTS),
        (column("x", "bytea"), Way.TEXTS),
        (document("x", "A document."), Way.TEXTS),
        (text("x", 3, "A text."), Way.TEXTS),
    ],
)
def test_one_column_that_is_no_whole_number_makes_texts_of_all(added: object, way: Way) -> None:
    table = Table("t", "", (KEY, money("m", "Money."), added), lake_format=LakeFormat.NDJSON)  # pyright: ignore
    assert way_of(table) is way
    assert method(table) == f"{way.value}:{table.fingerprint_of_declaration}"
    assert way_of_method(method(table)) is way


def test_a_method_that_nobody_knows_has_no_way() -> None:
    assert way_of_method("3:0123456789abcdef") is None


def test_moduli_are_primes_that_keep_both_sums() -> None:
    assert all(is_prime(number) for number in (*residues.SUMS, *residues.SQUARES))
    assert len({*residues.SUMS, *residues.SQUARES}) == 4
    # Each remainder is added to a square below a larger prime, and so can be got back.
    assert residues.SUMS[1] <= residues.SQUARES[0]
    assert residues.SUMS[0] <= residues.SQUARES[1]
    assert max(residues.SQUARES) < 2**31
    assert (max(residues.SQUARES) - 1) * 2**31 + max(residues.SQUARES) < 2**62


def sums(values: list[Whole]) -> list[str]:
    """The two sums of a row, as SQL."""
    _, source = residues.rows(values, None, "")
    found = re.search(r"SELECT (\(.*) AS a, (\(.*) AS b FROM", source)
    assert found
    return [found[1], found[2]]


def evaluated(sql: str, values: list[int | None]) -> int:
    """The SQL by Python's whole numbers, with an error for what a bigint does not hold."""

    class Bigint:
        def __init__(self, number: int) -> None:
            assert -LARGEST - 1 <= number <= LARGEST
            self.number = number

        def __mul__(self, other: "Bigint") -> "Bigint":
            return Bigint(self.number * other.number)

        def __add__(self, other: "Bigint") -> "Bigint":
            return Bigint(self.number + other.number)

        def __mod__(self, other: "Bigint") -> "Bigint":
            # As PostgreSQL and Snowflake do: the sign is the dividend's.
            return Bigint(abs(self.number) % other.number * (1 if self.number >= 0 else -1))

    def coalesced(found: re.Match[str]) -> str:
        # An operand that is NULL makes the whole NULL.
        return f"({found[1]})" if values[int(found[2]) - 1] is not None else found[3]

    code = re.sub(r"COALESCE\((\(?x(\d+)(?: % \d+\))? \* \d+), (\d+)\)", coalesced, sql)
    code = re.sub(r"(?<!x)\b(\d+)\b", r"Bigint(\1)", code)
    code = re.sub(r"\bx(\d+)\b", lambda found: f"Bigint({values[int(found[1]) - 1]})", code)
    return eval(code, {"Bigint": Bigint}).number


@pytest.mark.parametrize("count", [1, 6, 200])
@pytest.mark.parametrize("bound", [2, 2**15, 2**31, 10**10, 2**35, 2**37, 2**60 + 1, 2**63])
def test_no_step_is_too_large_for_eight_bytes(count: int, bound: int) -> None:
    values = [Whole(f"v{n}", bound) for n in range(count)]
    for extreme in (bound - 1, 1 - bound, 0):
        for sql, prime in zip(sums(values), residues.SUMS, strict=True):
            assert 0 <= evaluated(sql, [extreme] * count) < prime


@pytest.mark.parametrize("values", [[1, -2, 3], [None, 0, 2**14], [-(2**14), None, None]])
def test_a_type_that_holds_more_gives_the_same_number(values: list[int | None]) -> None:
    narrow, wide = ([Whole("v", bound)] * len(values) for bound in (2**15, 2**63))
    assert [evaluated(sql, values) for sql in sums(narrow)] == [evaluated(sql, values) for sql in sums(wide)]


def test_digits_of_a_declaration_change_no_number() -> None:
    wider = replace(
        LINES, columns=tuple(replace(c, snowflake_type="NUMBER(12,2)") if c.scale else c for c in LINES.columns)
    )
    assert method(wider) == method(LINES)
    assert numbers.are_whole(wider)


def test_a_row_is_read_once_for_checksum_and_fingerprint() -> None:
    one = checksum.rows_at_source(LINES, Way.NUMBERS, None, "FROM order_items t")
    assert all(one.source.count(f"t.{name}::bigint") == 1 for name in ("id", "order_id", "product_id", "quantity"))
