"""Relations as a look at a database would find them, in few words."""

from itertools import count
from typing import Any

from shopstream_platform.intake.found import (
    FoundColumn,
    FoundForeignKey,
    FoundIndex,
    Inspection,
    Relation,
    RelationKind,
)
from shopstream_platform.intake.measure import Measured
from shopstream_platform.intake.propose import Choices

_oids = count(1)
NOTHING_MEASURED = Measured({}, {})
ALL_DAILY = Choices({}, daily_from=0)
TIMESTAMP = "timestamp without time zone"


def column(name: str, type_name: str = "integer", **others: Any) -> FoundColumn:
    """A column; `of` numbers it."""
    given = {"declared_type": type_name, "required": False, "generated": False, "identity": False, "readable": True}
    return FoundColumn(number=0, name=name, type_name=type_name, **(given | {"comment": ""} | others))


def required(name: str, type_name: str = "integer", **others: Any) -> FoundColumn:
    """A column without NULL."""
    return column(name, type_name, required=True, **others)


def relation(
    label: str,
    *columns: FoundColumn,
    key: tuple[int, ...] = (),
    indexes: tuple[tuple[int, ...], ...] = (),
    references: tuple[tuple[int, Relation], ...] = (),
    **others: Any,
) -> Relation:
    """A readable table of a million rows; columns are named by their numbers, from 1, references are to whole keys."""
    schema, name = label.split(".")
    numbered = tuple(FoundColumn(**{**one.__dict__, "number": number}) for number, one in enumerate(columns, start=1))
    primary = (FoundIndex(key, unique=True, primary=True),) if key else ()
    given: dict[str, Any] = {
        "kind": RelationKind.TABLE,
        "rows": 1_000_000,
        "bytes": 2**30,
        "readable": True,
        "filtered": False,
        "comment": "",
    }
    return Relation(
        oid=next(_oids),
        schema=schema,
        name=name,
        sql=label,
        columns=numbered,
        indexes=primary + tuple(FoundIndex(one, unique=False, primary=False) for one in indexes),
        foreign_keys=tuple(
            FoundForeignKey((number,), target.oid, target.indexes[0].columns, enforced=True)
            for number, target in references
        ),
        **(given | others),
    )


def inspection(*relations: Relation, closed: tuple[str, ...] = ()) -> Inspection:
    """What was found."""
    return Inspection("reader", 180000, relations, closed)
