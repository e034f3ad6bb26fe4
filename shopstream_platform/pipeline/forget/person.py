"""Whom to forget: the rows and the values of one person, as the catalogue's personal columns hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shopstream_platform.contract.declare import Column, Table
from shopstream_platform.contract.tables import BY_NAME, SHOP_TABLES

# Of addresses that the platform itself puts in the place of one; RFC 2606 keeps the domain free for ever.
PLACEHOLDER_DOMAIN = "@forgotten.invalid"
ACCOUNTS = BY_NAME["users"]
PERSONAL: tuple[Table, ...] = tuple(table for table in SHOP_TABLES if any(column.pii for column in table.columns))


def personal_columns(table: Table) -> list[Column]:
    """The columns of the table that hold personal data."""
    return [column for column in table.columns if column.pii]


def address_columns(table: Table) -> list[str]:
    """The personal columns by which a person is looked up: those that are unique."""
    return [column.name for column in table.columns if column.pii and column.unique]


ADDRESSES = frozenset(name for table in PERSONAL for name in address_columns(table))


def normal(value: str) -> str:
    """A value as it is compared: as the marts do, without blanks around it and in lower case."""
    return value.strip().lower()


def is_placeholder(value: str) -> bool:
    """Whether the value stands where the platform has erased an address."""
    return normal(value).endswith(PLACEHOLDER_DOMAIN)


@dataclass
class Person:
    """Ids by table, and the values of personal columns by the column's name, in every spelling that was found.

    `asked` has the address that somebody typed, as it is compared; `accepted` what the source holds in the place of
    personal values, which says nothing.
    """

    ids: dict[str, set[int]] = field(default_factory=dict)
    values: dict[str, set[str]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)

    @property
    def addresses(self) -> set[str]:
        """All addresses, as they are compared."""
        return {normal(value) for name in ADDRESSES for value in self.values.get(name, ())}

    def addresses_in(self, table: Table) -> set[str]:
        """The addresses by which rows of a table are the person's.

        An account is so only by the one that was asked for: another that once had one of the person's addresses may be
        somebody else's.
        """
        return self.asked if table is ACCOUNTS else self.addresses

    def ids_of(self, table: Table) -> set[int]:
        """The person's rows of a table."""
        return self.ids.setdefault(table.name, set())

    def add_id(self, table: Table, row_id: int) -> None:
        """Take in a row."""
        self.ids_of(table).add(row_id)

    def add_values(self, row: Mapping[str, Any]) -> None:
        """Take in personal columns of one row; empty ones and what stands in the place of a value say nothing."""
        for name, value in row.items():
            text = "" if value is None else str(value).strip()
            if text and not is_placeholder(text) and normal(text) not in self.accepted:
                self.values.setdefault(name, set()).add(text)

    def knows(self, column: str, value: str | None) -> bool:
        """Whether the value is one of the person's in that column."""
        return value is not None and normal(value) in self.known(column)

    def known(self, column: str) -> set[str]:
        """The values of a column, as they are compared."""
        return {normal(one) for one in self.values.get(column, ())}

    def as_dict(self) -> dict[str, Any]:
        """As a work record keeps it."""
        return {
            "ids": {name: sorted(ids) for name, ids in self.ids.items() if ids},
            "values": {name: sorted(values) for name, values in self.values.items() if values},
            "asked": sorted(self.asked),
            "accepted": sorted(self.accepted),
        }

    def merge(self, kept: Mapping[str, Any]) -> None:
        """Take in what a work record kept."""
        for name, ids in kept.get("ids", {}).items():
            self.ids.setdefault(name, set()).update(ids)
        for name, values in kept.get("values", {}).items():
            self.values.setdefault(name, set()).update(values)
        self.asked.update(kept.get("asked", ()))
        self.accepted.update(kept.get("accepted", ()))

    def __bool__(self) -> bool:
        return any(self.ids.values())
