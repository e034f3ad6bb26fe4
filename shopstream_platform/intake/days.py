"""By which timestamp or date of its own a table is best cut into days."""

import re

from shopstream_platform.contract.declare import DAY_KINDS
from shopstream_platform.contract.types import mapped
from shopstream_platform.intake.found import FoundColumn, Relation

# What is set once, when the row is written.
_WRITTEN_ONCE = re.compile(
    r"""
    (?:.*_)?(?:created|inserted|ordered|placed|occurred|happened|recorded|logged|received|submitted|registered|published
        |posted|sent|paid|booked|issued|rented|purchased|sold|loaned|enrolled|joined|read|measured|captured|observed)
        (?:_?(?:at|on|ts|time|timestamp|date|datetime|day|utc))?
    | (?:.*_)?(?:creation|create|insert|event|entry|transaction|invoice|order|payment|rental|purchase|sale|sales|booking
        |log|record|publish|visit|session|signup|registration|posting|reading|measurement)
        _?(?:at|ts|time|timestamp|date|datetime|day)
    | ts | timestamp | .*_ts
    """,
    re.VERBOSE,
)
_SOME_TIME = re.compile(r".*_(?:at|on|date|time|timestamp|datetime|day|ts)|date|day")
# What moves, lies ahead, or is about something else than the row.
_MOVES = re.compile(
    r"(?:^|_)(?:updat\w*|modif\w*|chang\w*|last|latest|recent|next|previous|delet\w*|remov\w*|archiv\w*|expir\w*|valid\w*"
    r"|until|due|end|ends|ended|finish\w*|complet\w*|clos\w*|cancel\w*|return\w*|refund\w*|birth\w*|born|dob|died|death"
    r"|schedul\w*|plan\w*|start|starts|started|begin\w*|seen|sync\w*|refresh\w*|review\w*|approv\w*|hire\w*|ship\w*"
    r"|deliver\w*|required|promised|expected|estimated|confirm\w*|verif\w*|login|logon)(?:_|$)"
)


def day_column(relation: Relation, names: dict[int, str]) -> FoundColumn | None:
    """The not-null timestamp or date that says when a row was written; None if none looks like it.

    `names` are the columns' names in the warehouse by number, of those that are loaded.
    """
    ranked = sorted(
        (-rank, column.number, column)
        for column in relation.columns
        if column.number in names and (rank := _rank(relation, column, names[column.number]))
    )
    return ranked[0][2] if ranked else None


def _rank(relation: Relation, column: FoundColumn, name: str) -> int:
    """0: not by this one; else the larger, the better."""
    if not (column.required and mapped_to_day(column)) or column.generated:
        return 0
    if relation.partition_key == column.number:
        return 4
    if _MOVES.search(name):
        return 0
    indexed = any(index.columns[0] == column.number for index in relation.indexes)
    if _WRITTEN_ONCE.fullmatch(name):
        return 3 if indexed else 2
    return 1 if indexed and _SOME_TIME.fullmatch(name) else 0


def mapped_to_day(column: FoundColumn) -> bool:
    """Whether the column's type has days."""
    if not column.type_name.startswith(("timestamp", "date")):
        return False
    try:
        return mapped(column.type_name).kind in DAY_KINDS
    except ValueError:
        return False
