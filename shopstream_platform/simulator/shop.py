"""What the simulator remembers, in a schema of its own beside the shop's tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from shopstream_platform.simulator.seasons import YEAR_DAYS, Course

SCHEMA = "shopstream_simulator"

# Per unit of scale, over a history of a year or more; a shorter one has proportionally less.
USERS, ORDERS, VISITS, CONTACTS = 1_000, 5_000, 3_700, 650
# The share of users who were marketing contacts before.
CONVERTED_SHARE = 0.18

_DDL = f"""
CREATE SCHEMA {SCHEMA};
COMMENT ON SCHEMA {SCHEMA} IS 'ShopStream''s simulator: which days of the shop it has made up, and how';
CREATE TABLE {SCHEMA}.shop (
    first_day DATE NOT NULL, span_days INT NOT NULL, seed BIGINT NOT NULL, per_weight FLOAT8 NOT NULL
);
CREATE TABLE {SCHEMA}.days (
    day DATE PRIMARY KEY, seed BIGINT NOT NULL, scale FLOAT8 NOT NULL, created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
"""


@dataclass(frozen=True)
class Shop:
    """The shop's constants: its course, the seed of its users' and products' traits, its business per day.

    `per_weight` times a total such as ORDERS times a day's weight is that day's expected number at scale 1.
    """

    course: Course
    seed: int
    per_weight: float

    @classmethod
    def founded(cls, days: Sequence[date], seed: int) -> "Shop":
        """A shop whose history is the given contiguous days."""
        course = Course(days[0], max(len(days), YEAR_DAYS))
        share_of_totals = min(len(days) / YEAR_DAYS, 1.0)
        return cls(course, seed, share_of_totals / float(course.weights(days).sum()))


def exists(cursor: Cursor) -> bool:
    """Whether the database holds a simulated shop."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{SCHEMA}.days"])
    return bool(_one(cursor))


def found(cursor: Cursor, shop: Shop) -> None:
    """Remember a new shop."""
    cursor.execute(_DDL)
    cursor.execute(
        f"INSERT INTO {SCHEMA}.shop VALUES (%s, %s, %s, %s)",
        [shop.course.first_day, shop.course.span_days, shop.seed, shop.per_weight],
    )


def remembered(cursor: Cursor) -> Shop:
    """The shop of this database."""
    cursor.execute(f"SELECT first_day, span_days, seed, per_weight FROM {SCHEMA}.shop")
    ((first_day, span_days, seed, per_weight),) = cursor.fetchall()
    return Shop(Course(first_day, span_days), seed, per_weight)


def days(cursor: Cursor) -> set[date]:
    """The days that exist."""
    cursor.execute(f"SELECT day FROM {SCHEMA}.days")
    return {day for (day,) in cursor.fetchall()}


def remember_days(cursor: Cursor, new: Sequence[date], *, seed: int, scale: float, created_by: str) -> None:
    """Note that the days exist now."""
    rows = [(day, seed, scale, created_by) for day in new]
    execute_values(cursor, f"INSERT INTO {SCHEMA}.days (day, seed, scale, created_by) VALUES %s", rows)


def _one(cursor: Cursor) -> object:
    row = cursor.fetchone()
    return None if row is None else row[0]
