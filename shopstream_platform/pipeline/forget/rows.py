"""The rows in the lake's objects: which are the person's, and the same rows without what is personal."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from shopstream_platform.contract.declare import KEY, Kind, LakeFormat, Table
from shopstream_platform.pipeline.extract.upload import header
from shopstream_platform.pipeline.forget.person import Person, address_columns, normal, personal_columns

_FIELD = re.compile(rb'(?:^|,)("(?:[^"]|"")*"|[^,]*)', re.DOTALL)


def records(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole rows with their line breaks; a field in quotes may have line breaks in it."""
    rest, row = b"", b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            row += line + b"\n"
            if row.count(b'"') % 2 == 0:
                yield row
                row = b""
    if row + rest:
        yield row + rest


class Rows:
    """The rows of one table's objects."""

    def __init__(self, table: Table, person: Person) -> None:
        self._table, self._csv = table, table.lake_format is LakeFormat.CSV
        self._ids, self._known = person.ids_of(table), person.addresses_in(table)
        self._addresses, self._personal = address_columns(table), {c.name for c in personal_columns(table)}
        self._values = {name: person.known(name) for name in self._personal}
        self._marks = [address.encode() for address in self._known]

    def is_header(self, row: bytes) -> bool:
        """Whether this is the first line of a CSV object."""
        return self._csv and row == header(self._table)

    def is_of_person(self, row: bytes) -> bool:
        """Whether the row is the person's, by its id or its address."""
        if not self._may_be(row):
            return False
        values = self.values(row)
        addresses = (values.get(name) for name in self._addresses)
        return int(values[KEY] or 0) in self._ids or any(a and normal(a) in self._known for a in addresses)

    def is_personal(self, row: bytes) -> bool:
        """Whether the row is the person's and still holds one of its values."""
        if not self.is_of_person(row):
            return False
        return any(value and normal(value) in self._values[name] for name, value in self.personal_values(row).items())

    def row_id(self, row: bytes) -> int:
        """The row's id."""
        return int(self.values(row)[KEY] or 0)

    def values(self, row: bytes) -> dict[str, str | None]:
        """Column -> text; None for NULL."""
        if not self._csv:
            # A missing column is NULL; a document of null is a document.
            return {name: self._as_text(name, value) for name, value in json.loads(row).items()}
        return dict(zip(self._table.column_names, map(_text, _fields(row)), strict=True))

    def personal_values(self, row: bytes) -> dict[str, str | None]:
        """The row's personal columns."""
        return {name: value for name, value in self.values(row).items() if name in self._personal}

    def without_person(self, row: bytes) -> bytes:
        """The same row, its personal columns NULL."""
        if not self._csv:
            kept = {name: value for name, value in json.loads(row).items() if name not in self._personal}
            return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        named = zip(self._table.column_names, _fields(row), strict=True)
        return b",".join(b"" if name in self._personal else value for name, value in named) + b"\n"

    def _as_text(self, name: str, value: Any) -> str:
        is_text = isinstance(value, str) and self._table.column(name).kind is not Kind.JSON
        return value if is_text else json.dumps(value)

    def _may_be(self, row: bytes) -> bool:
        """A cheap look: most rows are somebody else's."""
        if not self._csv:
            return True
        number = row.split(b",", 1)[0]
        if number.isdigit() and int(number) in self._ids:
            return True
        text = row.decode(errors="replace").lower().encode()
        return not self.is_header(row) and any(mark in text for mark in self._marks)


def _fields(row: bytes) -> list[bytes]:
    return _FIELD.findall(row.removesuffix(b"\n"))


def _text(field: bytes) -> str | None:
    if not field:
        return None
    return (field[1:-1].replace(b'""', b'"') if field.startswith(b'"') else field).decode()
