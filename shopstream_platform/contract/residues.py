"""The number of a row without text: arithmetic with whole numbers, the same SQL in PostgreSQL and Snowflake.

The row's values, each times a factor of its place, are summed up below two primes of 31 bits. Two rounds of squares,
below two other primes, make one number of 62 bits of both sums, from which they could be got back: a row that has
changed keeps its number about once in 2^60 times. The squares are what sees that two rows have swapped a value, since
the plain sums of all rows stay what they were. Nothing on the way is as large as 2^63.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from shopstream_platform.contract.numbers import Whole

# Of the sums, then of the squares: the largest primes below 2^31, such that no remainder is too large for the next one.
SUMS = (2147483587, 2147483579)
SQUARES = (2147483647, 2147483629)
# NULL, among the factors' values: a number that no type but bigint holds.
NULL = 3 * 2**60
SMALLEST_FACTOR = 2**26
LIMIT = 2**62
# A larger value is cut down before it is multiplied.
LARGEST_VALUE = 2**35


@dataclass(frozen=True)
class Part:
    """What rows are grouped by, as SQL, and its name."""

    sql: str
    name: str


def rows(values: Sequence[Whole], part: Part | None, source: str, barrier: str = "") -> tuple[str, str]:
    """SQL for a row's number, and FROM which it is computed, with the column that `part` names.

    `source` is the FROM and WHERE of the rows. `barrier` ends each subquery that must not be merged with the one around
    it, which would compute its columns as often as they are named there.
    """
    named = [(f"x{number}", _in_eight_bytes(value)) for number, value in enumerate(values, start=1)]
    columns = ", ".join(f"{value.sql} AS {x}" for x, value in named)
    a, b = (_sum([(x, value.bound) for x, value in named], prime) for prime in SUMS)
    first, kept = (f"{part.sql} AS {part.name}, ", f"{part.name}, ") if part else ("", "")
    whole = f"(SELECT {first}{columns} {source}{barrier}) AS v"
    sums = f"(SELECT {kept}{a} AS a, {b} AS b FROM {whole}{barrier}) AS s"
    mixed = f"(SELECT {kept}a, (a * a + b) % {SQUARES[0]} AS c FROM {sums}{barrier}) AS r"
    return f"(c * c + a) % {SQUARES[1]} * {2**31} + c", f"FROM {mixed}"


def _in_eight_bytes(value: Whole) -> Whole:
    """The value, or what both primes leave of a larger one."""
    both = SUMS[0] * SUMS[1]
    return value if value.bound <= 2**63 else Whole(f"({value.sql} % {both})::BIGINT", both)


def _sum(values: Sequence[tuple[str, int]], prime: int) -> str:
    """The sum of the values, each times its factor, below the prime; never negative."""
    groups, size = [list[str]()], 0
    for place, (name, bound) in enumerate(values, start=1):
        times = factor(prime, place)
        small = bound <= LARGEST_VALUE
        term = f"COALESCE({name if small else f'({name} % {prime})'} * {times}, {times * NULL % prime})"
        largest = max((bound if small else prime) * times, prime)
        if size + largest > LIMIT - prime:
            groups.append([])
            size = 0
        groups[-1].append(term)
        size += largest
    sums = [" + ".join(group) for group in groups]
    whole = sums[0] if len(sums) == 1 else " + ".join(f"({one}) % {prime}" for one in sums)
    return f"({whole} + {LIMIT // prime * prime}) % {prime}"


def factor(prime: int, place: int) -> int:
    """The same for all time, since manifests hold what it has made."""
    digest = sha256(f"{prime}:{place}".encode()).digest()
    return SMALLEST_FACTOR + int.from_bytes(digest[:4]) % SMALLEST_FACTOR
