"""The rows in the lake's objects: which are the person's, and the same rows without what is personal."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from shopstream_platform.contract.declare import KEY, Kind, LakeFormat, Table
from shopstream_platform.contract.former import names_of_today
from shopstream_platform.pipeline.forget.person import Person, address_columns, normal, personal_columns
from shopstream_platform.stores.manifest import format_of

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
    """The rows of one object of a table's, by the object's own columns; `key` is the object's.

    Columns have today's names. One that is no longer declared has the name of then: nobody says any more whether it is
    personal, so it is taken for that.
    """

    def __init__(self, table: Table, person: Person, key: str = "") -> None:
        self._table, self._csv = table, (format_of(key) or table.lake_format) is LakeFormat.CSV
        self._ids, self._known = person.ids_of(table), person.addresses_in(table)
        self._addresses, self._personal = address_columns(table), {c.name for c in personal_columns(table)}
        self._values = {name: person.known(name) for name in self._personal}
        self._marks = [address.encode() for address in self._known]
        self.header = b""
        self._columns, self._names = table.column_names, dict(zip(table.column_names, table.column_names, strict=True))

    def of_object(self, content: Iterable[bytes]) -> Iterator[bytes]:
        """The object's rows without its header line, by which they are then read."""
        rows = records(content)
        if self._csv:
            self.header = next(rows, b"")
            self._columns = tuple(name.decode() for name in _fields(self.header))
            self._names = _names(self._table, self._columns)
        yield from rows

    def is_of_person(self, row: bytes) -> bool:
        """Whether the row is the person's, by its id or its address."""
        if not self._may_be(row):
            return False
        values = self.values(row)
        addresses = (values.get(name) for name in self._addresses)
        return int(values[KEY] or 0) in self._ids or any(a and normal(a) in self._known for a in addresses)

    def is_personal(self, row: bytes) -> bool:
        """Whether the row is the person's and still holds one of its values, or any of an undeclared column."""
        if not self.is_of_person(row):
            return False
        values = self.values(row)
        if any(value for name, value in values.items() if name not in self._table.column_names):
            return True
        return any(value and normal(value) in self._values[name] for name, value in self._of_personal(values).items())

    def row_id(self, row: bytes) -> int:
        """The row's id."""
        return int(self.values(row)[KEY] or 0)

    def values(self, row: bytes) -> dict[str, str | None]:
        """Column -> text; None for NULL."""
        texts = self.texts(row)
        names = self._names if self._csv else _names(self._table, texts)
        return {names[name]: text for name, text in texts.items()}

    def texts(self, row: bytes) -> dict[str, str | None]:
        """Column as the object calls it -> text; None for NULL."""
        if self._csv:
            return dict(zip(self._columns, map(_text, _fields(row)), strict=True))
        # A missing column is NULL; a document of null is a document.
        found = json.loads(row)
        names = _names(self._table, found)
        return {name: self._as_text(names[name], value) for name, value in found.items()}

    def personal_values(self, row: bytes) -> dict[str, str | None]:
        """The row's personal columns."""
        return self._of_personal(self.values(row))

    def without_person(self, row: bytes) -> bytes:
        """The same row, its personal columns NULL, and those that are not declared."""
        if not self._csv:
            found = json.loads(row)
            names = _names(self._table, found)
            kept = {name: value for name, value in found.items() if not self._goes(names[name])}
            return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        named = zip(self._columns, _fields(row), strict=True)
        return b",".join(b"" if self._goes(self._names[name]) else value for name, value in named) + b"\n"

    def _of_personal(self, values: dict[str, str | None]) -> dict[str, str | None]:
        return {name: value for name, value in values.items() if name in self._personal}

    def _goes(self, name: str) -> bool:
        return name in self._personal or name not in self._table.column_names

    def _as_text(self, name: str, value: Any) -> str:
        is_document = name in self._table.column_names and self._table.column(name).kind is Kind.JSON
        return value if isinstance(value, str) and not is_document else json.dumps(value)

    def _may_be(self, row: bytes) -> bool:
        """A cheap look: most rows are somebody else's."""
        if not self._csv:
            return True
        number = row.split(b",", 1)[0]
        if number.isdigit() and int(number) in self._ids:
            return True
        text = row.decode(errors="replace").lower().encode()
        return any(mark in text for mark in self._marks)


def _names(table: Table, columns: Iterable[str]) -> dict[str, str]:
    """An object's columns -> what they are called now."""
    return {then: today or then for then, today in names_of_today(table, columns).items()}


def _fields(row: bytes) -> list[bytes]:
    return _FIELD.findall(row.removesuffix(b"\n"))


def _text(field: bytes) -> str | None:
    if not field:
        return None
    return (field[1:-1].replace(b'""', b'"') if field.startswith(b'"') else field).decode()
