"""How many digits numbers have whose type does not say it: found in the data."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.names import quoted
from shopstream_platform.contract.types import LARGEST_PRECISION, mapped
from shopstream_platform.intake.found import FoundColumn, Relation
from shopstream_platform.stores.postgres import savepoint, set_up

MOST_ROWS = 200_000
# What is read stays locked until the transaction ends, and a server has room for some thousand locks.
RELATIONS_AT_ONCE = 200
# Decimals are proposed with room for more: what needs more still is refused when it is loaded.
SCALES = (2, 4, 6, 9, 12, 18, 24, 30, LARGEST_PRECISION)
_NOT_FINITE = "('NaN', 'Infinity', '-Infinity')"


@dataclass(frozen=True)
class Digits:
    """Digits before and behind the point, at most, of `rows` rows; `whole` if these are all rows that there were."""

    before: int
    behind: int
    finite: bool
    rows: int
    whole: bool

    def proposed(self, declared: int = 0) -> tuple[int, int]:
        """Precision and scale, at least the one that the type declares.

        ValueError, with the reason, if no NUMBER holds such values.
        """
        if not self.finite:
            raise ValueError("it holds NaN or infinity, which no NUMBER holds; cast it to double precision in a view")
        if self.before + self.behind > LARGEST_PRECISION:
            raise ValueError(
                f"its values have {self.before} digits before the point and {self.behind} behind it, more than the "
                f"{LARGEST_PRECISION} of a NUMBER; cast it to text in a view"
            )
        least = max(self.behind, declared)
        if self.before + least > LARGEST_PRECISION:
            raise ValueError(
                f"its values have {self.before} digits before the point and its type has {declared} behind it, more "
                f"than the {LARGEST_PRECISION} of a NUMBER; cast it to text in a view"
            )
        roomy = [scale for scale in SCALES if least <= scale <= LARGEST_PRECISION - self.before]
        return LARGEST_PRECISION, roomy[0] if roomy else least


@dataclass(frozen=True)
class Measured:
    """What measuring has found, by relation and number of the column; and the relations that could not be read."""

    digits: dict[tuple[int, int], Digits]
    unreadable: dict[int, str]


def measured(conn: connection, relations: Iterable[Relation]) -> Measured:
    """Look at the numbers of no declared size in the first MOST_ROWS rows of each relation."""
    digits: dict[tuple[int, int], Digits] = {}
    unreadable: dict[int, str] = {}
    for number, relation in enumerate(relations, start=1):
        if number % RELATIONS_AT_ONCE == 0:
            conn.rollback()
            set_up(conn)
        columns = [column for column in relation.columns if column.readable and is_free(column)]
        if not columns or relation.filtered:
            continue
        try:
            with savepoint(conn, "it could not be read"):
                found = _of(conn, relation, columns)
                digits.update(((relation.oid, column), value) for column, value in found)
        except ShopStreamError as error:
            unreadable[relation.oid] = str(error)
    return Measured(digits, unreadable)


def is_free(column: FoundColumn) -> bool:
    """Whether the type is a number whose digits no NUMBER is sure to hold."""
    if not column.type_name.startswith("numeric"):
        return False
    try:
        mapped(column.type_name)
    except ValueError:
        return True
    return False


def scale_of(column: FoundColumn) -> int:
    """Digits behind the point that the type declares; 0 if it does not."""
    declared = re.fullmatch(r"numeric\(\d+,(\d+)\)", column.type_name)
    return int(declared[1]) if declared else 0


def _of(conn: connection, relation: Relation, columns: list[FoundColumn]) -> Iterator[tuple[int, Digits]]:
    parts: list[str] = []
    for at in range(len(columns)):
        # min_scale: zeros at the end are no digits.
        finite = f"FILTER (WHERE c{at} NOT IN {_NOT_FINITE})"
        parts += [
            f"coalesce(max(CASE WHEN abs(c{at}) >= 1 THEN length(trunc(abs(c{at}))::text) ELSE 0 END) {finite}, 0)",
            f"coalesce(max(min_scale(c{at})) {finite}, 0)",
            f"coalesce(bool_and(c{at} NOT IN {_NOT_FINITE}), true)",
        ]
    names = ", ".join(f"{quoted(column.name)} AS c{at}" for at, column in enumerate(columns))
    with conn.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), {', '.join(parts)} FROM (SELECT {names} FROM {relation.sql} LIMIT {MOST_ROWS}) AS t"
        )
        rows, *values = cursor.fetchone() or (0,)
    for at, column in enumerate(columns):
        yield column.number, Digits(*values[3 * at : 3 * at + 3], rows=rows, whole=rows < MOST_ROWS)
