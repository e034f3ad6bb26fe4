"""The output of test_decoding, where no publication may be made: every column of every table, as text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shopstream_platform.pipeline.feed.commits import Commit, position
from shopstream_platform.pipeline.feed.served import Served
from shopstream_platform.pipeline.feed.touched import Key, Touched

_NAME = r'(?:"(?:[^"]|"")+"|[^\s".\[\]:,]+)'
_CHANGE = re.compile(rf"table ((?:{_NAME}\.{_NAME}(?:, )?)+): (INSERT|UPDATE|DELETE|TRUNCATE):(.*)", re.DOTALL)
_RELATION = re.compile(rf"({_NAME})\.({_NAME})")
_VALUE = re.compile(rf" ({_NAME})\[((?:[^\[\]]|\[\])*)\]:('(?:[^']|'')*'|\S+)")
_COMMIT = re.compile(r"COMMIT (\d+) \(at (.+)\)")
_OLD, _NEW = " old-key:", " new-tuple:"


@dataclass
class TextDecoder:
    """Takes rows of pg_logical_slot_peek_changes; `roots` is (schema, leaf) -> name of the partitioned table."""

    served: Mapping[str, Served]
    touched: dict[str, Touched]
    roots: Mapping[tuple[str, str], str] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Relations by the names that the output has for them."""
        names = {(one.schema, one.relation): one for one in self.served.values()}
        self._by_name = names | {leaf: self.served[root] for leaf, root in self.roots.items() if root in self.served}

    def take(self, lsn: str, data: str) -> None:
        """One row."""
        if data.startswith("COMMIT"):
            if found := _COMMIT.fullmatch(data):
                at = datetime.fromisoformat(_full_zone(found[2])).timestamp()
                self.commits.append(Commit(int(found[1]), position(lsn), at))
            return
        found = _CHANGE.fullmatch(data)
        if found is None:
            return
        for schema, relation in _RELATION.findall(found[1]):
            if one := self._by_name.get((_plain(schema), _plain(relation))):
                self._change(one, found[2], found[3])

    def _change(self, one: Served, kind: str, rest: str) -> None:
        touched = self.touched[one.table.name]
        if kind == "TRUNCATE":
            touched.truncate()
            return
        before: Key | None = None
        if rest.startswith(_OLD):
            old, position_of_new = _values(rest, len(_OLD))
            before = _key(old, one)
            rest = rest[position_of_new + len(_NEW) :]
        values, _ = _values(rest, 0)
        key = _key(values, one)
        if kind == "DELETE":
            touched.change(key)
            return
        if kind == "INSERT":
            touched.insert(key)
        else:
            touched.change(key, before)
        if not values.keys() >= set(one.columns):
            # The log has the table as it was then.
            touched.lose()
        if one.day:
            touched.on(values.get(one.day))
        if one.via:
            touched.under(values.get(one.via))


def _key(values: Mapping[str, str | None], one: Served) -> Key | None:
    key = tuple(value for name in one.key if (value := values.get(name)) is not None)
    if len(key) < len(one.key):
        return None
    return key[0] if len(key) == 1 else key


def _values(text: str, start: int) -> tuple[dict[str, str | None], int]:
    """Column -> value from there on, and where they end."""
    values: dict[str, str | None] = {}
    while found := _VALUE.match(text, start):
        name, _, written = found.groups()
        quoted = written.startswith("'")
        values[_plain(name)] = written[1:-1].replace("''", "'") if quoted else None if written == "null" else written
        start = found.end()
    return values, start


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _full_zone(text: str) -> str:
    return re.sub(r"([+-]\d\d)$", r"\1:00", text)
