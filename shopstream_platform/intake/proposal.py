"""What is proposed for a database: tables to declare, and what is left out with its reason."""

from dataclasses import dataclass

from shopstream_platform.contract.declare import Kind
from shopstream_platform.contract.types import Mapping, mapped
from shopstream_platform.intake.found import FoundColumn, Relation


@dataclass(frozen=True)
class LeftOut:
    """A column or a relation that is not loaded, as the source calls it, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class ProposedColumn:
    """A column to declare; `references` is the name of a table of the same source, `note` something to know of it."""

    found: FoundColumn
    name: str
    key: bool
    pii: bool
    digits: tuple[int, int] | None = None
    references: str | None = None
    note: str = ""

    @property
    def mapping(self) -> Mapping:
        """Its type in the warehouse."""
        return mapped(self.found.type_name, self.digits)


@dataclass(frozen=True)
class ByOwnDay:
    """Cut into days by a column of its own, named as in the warehouse."""

    column: str


@dataclass(frozen=True)
class ByParentsDay:
    """Cut into days as the table is that the column `via` refers to."""

    parent: str
    via: str


@dataclass(frozen=True)
class ProposedTable:
    """A table to declare. `name` is below the source's; `partition` None is a snapshot; `why` says why it is so cut."""

    source: str
    name: str
    relation: Relation
    columns: tuple[ProposedColumn, ...]
    left_out: tuple[LeftOut, ...]
    partition: ByOwnDay | ByParentsDay | None
    why: str
    notes: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """The table's name in declarations, and in RAW."""
        return f"{self.source}__{self.name}"

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the key's columns in the warehouse; empty if there is none."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def as_ndjson(self) -> bool:
        """Whether its rows go as NDJSON: documents do, and one column alone, whose NULL is an empty line of CSV."""
        return len(self.columns) == 1 or any(column.mapping.kind is Kind.JSON for column in self.columns)


@dataclass(frozen=True)
class Proposal:
    """The tables in an order in which each comes after those that it refers to, and the relations left out."""

    source: str
    tables: tuple[ProposedTable, ...]
    left_out: tuple[LeftOut, ...]
