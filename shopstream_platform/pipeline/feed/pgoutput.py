"""pgoutput, protocol 1, values as text: the messages of a publication, folded into what they touch."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shopstream_platform.pipeline.feed.commits import Commit
from shopstream_platform.pipeline.feed.served import Served
from shopstream_platform.pipeline.feed.touched import Key, Touched

# Seconds from 1970 to 2000, where PostgreSQL's clock begins.
EPOCH = 946_684_800
INSERT, UPDATE, DELETE, TRUNCATE, RELATION, BEGIN, COMMIT = b"IUDTRBC"
NEW, OLD_KEY, OLD_ROW = b"NKO"
NULL, UNCHANGED = b"nu"
Values = list[str | None]


@dataclass(frozen=True)
class Layout:
    """Where the columns that count are in a relation's messages."""

    name: str
    key: tuple[int, ...]
    day: int | None
    via: int | None


@dataclass
class Decoder:
    """Takes messages one by one."""

    served: Mapping[str, Served]
    touched: dict[str, Touched]
    commits: list[Commit] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nothing is known of relations before their messages."""
        self._by_oid = {one.oid: one for one in self.served.values()}
        self._layouts: dict[int, Layout | None] = {}
        self._xid = 0

    def take(self, data: bytes) -> None:
        """One message."""
        kind = data[0]
        if kind in (INSERT, UPDATE, DELETE):
            self._row(kind, data)
        elif kind == BEGIN:
            self._xid = int.from_bytes(data[17:21])
        elif kind == COMMIT:
            at = EPOCH + int.from_bytes(data[18:26], signed=True) / 1_000_000
            self.commits.append(Commit(self._xid, int.from_bytes(data[10:18]), at))
        elif kind == RELATION:
            self._relation(data)
        elif kind == TRUNCATE:
            (count,) = struct.unpack_from(">I", data, 1)
            for oid in struct.unpack_from(f">{count}I", data, 6):
                if layout := self._layouts[oid]:
                    self.touched[layout.name].truncate()

    def _relation(self, data: bytes) -> None:
        oid = int.from_bytes(data[1:5])
        one = self._by_oid.get(oid)
        if one is None:
            # Of a publication that has more than the platform reads.
            self._layouts[oid] = None
            return
        position = data.index(0, data.index(0, 5) + 1) + 2
        count = int.from_bytes(data[position : position + 2])
        position += 2
        names: dict[str, int] = {}
        for number in range(count):
            end = data.index(0, position + 1)
            names[data[position + 1 : end].decode()] = number
            position = end + 9
        if not names.keys() >= set(one.columns):
            # The log has the table, and the publication, as they were then.
            self._layouts[oid] = None
            self.touched[one.table.name].lose()
            return
        self._layouts[oid] = Layout(
            one.table.name,
            tuple(names[name] for name in one.key),
            names[one.day] if one.day else None,
            names[one.via] if one.via else None,
        )

    def _row(self, kind: int, data: bytes) -> None:
        layout = self._layouts[int.from_bytes(data[1:5])]
        if layout is None:
            return
        touched, position, before = self.touched[layout.name], 5, None
        if data[position] in (OLD_KEY, OLD_ROW):
            values, position = _values(data, position + 1)
            before = _key(values, layout)
        if kind == DELETE:
            touched.change(before)
            return
        values, _ = _values(data, position + 1)
        key = _key(values, layout)
        if kind == INSERT:
            touched.insert(key)
        else:
            touched.change(key, before)
        if layout.day is not None:
            touched.on(values[layout.day])
        if layout.via is not None:
            touched.under(values[layout.via])


def _key(values: Values, layout: Layout) -> Key | None:
    key = [values[at] for at in layout.key]
    whole = tuple(one for one in key if one is not None)
    if len(whole) < len(key):
        return None
    return whole[0] if len(whole) == 1 else whole


def _values(data: bytes, position: int) -> tuple[Values, int]:
    columns = int.from_bytes(data[position : position + 2])
    position += 2
    values: Values = []
    for _ in range(columns):
        # Values that are stored aside and did not change are not sent; no key and no timestamp is.
        if data[position] in (NULL, UNCHANGED):
            values.append(None)
            position += 1
        else:
            end = position + 5 + int.from_bytes(data[position + 1 : position + 5])
            values.append(data[position + 5 : end].decode())
            position = end
    return values, position


class Rows:
    """Takes COPY (SELECT data ...) TO STDOUT (FORMAT binary), one row a write; gives what is in it to a decoder."""

    HEADER, ROW = 19, 6

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take, self._skip = take, self.HEADER

    def write(self, row: bytes) -> None:
        """One row as PostgreSQL sends it, the first one behind the header; the trailer is two bytes."""
        row, self._skip = row[self._skip :], 0
        if len(row) > self.ROW:
            self._take(row[self.ROW :])
