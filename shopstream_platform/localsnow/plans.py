"""What the text of a statement becomes, kept for when it comes again: dbt sends the same statements every day.

Kept is only what follows from the text and from where the session is. A statement that asks for the session's role or
user, or whose translation reads the catalogue, is translated each time.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from sqlglot import Expr, exp

from shopstream_platform.localsnow import context, temporary
from shopstream_platform.localsnow.transactions import Kind
from shopstream_platform.localsnow.upstream import Place, Translated

MB = 2**20
# Of an entry beside its texts, and of each node of a CREATE without its query (measured: 4 kB and 300 bytes).
OVERHEAD, NODE = 4 * 1024, 400


class Key(NamedTuple):
    """All that a translation depends on."""

    statement: str
    place: Place
    # The temporary objects of the session, which hide others.
    temporaries: frozenset[tuple[temporary.Name, str]]


@dataclass(frozen=True)
class Plan:
    """What is to be done for a statement. Carrying it out changes nothing of it: sessions share it."""

    kind: Kind
    type_id: int
    steps: tuple[Translated, ...]
    # DuckDB statements that follow, such as the comments of columns.
    afterwards: tuple[str, ...]


class Plans:
    """The plans that were used last, up to a size in bytes; 0 keeps none."""

    def __init__(self, most: int) -> None:
        self.used = self.made = self.size = 0
        self._most = most
        self._kept: OrderedDict[Key, tuple[Plan, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Plan | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            self.used += 1
            return found[0]

    def keep(self, key: Key, plan: Plan) -> None:
        """Keep it, unless it is so large that many others would have to go, or holds the tree of a statement."""
        queries = [step.query for step in plan.steps]
        if None in queries:
            return
        nodes = sum(1 for step in plan.steps for _ in step.statement.walk())
        size = OVERHEAD + NODE * nodes + sum(map(sys.getsizeof, (key.statement, *queries, *plan.afterwards)))
        if size > self._most // 16:
            return
        with self._lock:
            self.made += 1
            self.size += size - self._kept.pop(key, (plan, 0))[1]
            self._kept[key] = plan, size
            while self.size > self._most:
                self.size -= self._kept.popitem(last=False)[1][1]


def lasts(expression: Expr) -> bool:
    """Whether the translation of this kind of statement depends on nothing that a Key does not have."""
    if isinstance(expression, exp.Create):
        plain = _is_of_a_query(expression) and not temporary.creates(expression) and not expression.args.get("exists")
    else:
        plain = isinstance(expression, (exp.Query, exp.Show))
    return plain and not context.is_asked(expression)


def _is_of_a_query(create: exp.Create) -> bool:
    """CREATE TABLE or VIEW ... AS. Under a list of columns, upstream asks the catalogue what a star stands for."""
    query = create.expression
    if create.kind not in ("TABLE", "VIEW") or not isinstance(query, exp.Query):
        return False
    return not isinstance(create.this, exp.Schema) or not any(column.is_star for column in query.selects)
