"""What a report consists of, as plain data."""

from dataclasses import dataclass

# Table[Column] or Table[Measure]: which of the two it is, the model knows.
FieldName = tuple[str, str]
# Of a page, in pixels.
WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True)
class Box:
    """Where a visual is."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Sort:
    """What a visual is sorted by."""

    by: FieldName
    descending: bool = True


@dataclass(frozen=True)
class Visual:
    """One visual. `roles` are the type's wells: role -> fields.

    `only` keeps the rows in which a flag is true; without `totals` a matrix has no column of them.
    """

    name: str
    type: str
    title: str
    box: Box
    roles: dict[str, tuple[FieldName, ...]]
    sort: Sort | None = None
    only: FieldName | None = None
    totals: bool = True


@dataclass(frozen=True)
class Page:
    """One page of the report."""

    name: str
    title: str
    visuals: tuple[Visual, ...]
