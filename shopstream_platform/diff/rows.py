"""Two versions of a model compared row by row, in the warehouse: counts, sums and keys leave it, no rows."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shopstream_platform.contract.names import quoted
from shopstream_platform.dbt.results import LONGEST_VALUE
from shopstream_platform.diff.shape import Grain, Relation, is_comparable
from shopstream_platform.stores.warehouse import Warehouse

KEYS_SHOWN = 3
# A column that changes in more ways than these is no category.
MOVES_SHOWN = 6
# How columns begin that say when and by which code a row was made.
_OF_THE_PLATFORM = "_"
Move = tuple[str, str, int]


@dataclass(frozen=True)
class ColumnDiff:
    """A column whose value differs in `rows` rows; its sums before and after; how many rows moved from what to what."""

    name: str
    rows: int
    sums: tuple[Decimal, Decimal] | None = None
    moves: tuple[Move, ...] = ()


@dataclass
class ModelDiff:
    """A model before and after; counts are of rows. `keys` names some of them, if no key is personal."""

    model: str
    before: int
    after: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: list[ColumnDiff] = field(default_factory=list)
    schema: list[str] = field(default_factory=list)
    keys: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Whether both versions have the same rows and columns."""
        return not (self.added or self.removed or self.changed or self.schema)


def schema_changes(base: Relation, head: Relation) -> list[str]:
    """Columns that came, went or have another type."""
    came = [f"column {name} {head.columns[name]} is new" for name in head.columns if not base.has(name)]
    went = [f"column {name} {base.columns[name]} is gone" for name in base.columns if not head.has(name)]
    other = [
        f"column {name} is {kind}, was {base.columns[name]}"
        for name, kind in head.columns.items()
        if base.has(name) and base.columns[name] != kind
    ]
    return [*came, *went, *other]


def compare(session: Warehouse, model: str, base: Relation, head: Relation, grain: Grain) -> ModelDiff:
    """Row by row where a key names them in both versions, else as two bags of rows."""
    diff = ModelDiff(model, _count(session, base), _count(session, head), schema=schema_changes(base, head))
    common = [
        name for name in head.columns if is_comparable(base, head, name) and not name.startswith(_OF_THE_PLATFORM)
    ]
    key = [name for name in grain.key if name in common]
    if not grain.key:
        diff.notes.append("no test names its key, so a changed row counts as one removed and one added")
    elif len(key) < len(grain.key) or not all(_is_key(session, one, key) for one in (base, head)):
        diff.notes.append(
            f"{', '.join(grain.key)} does not name a row in both versions, so a changed row counts as one removed "
            "and one added"
        )
        key = []
    if key:
        _compare_by_key(session, diff, _Pair(base, head, tuple(key)), common, grain)
    else:
        _compare_as_bags(session, diff, base, head, common)
    return diff


@dataclass(frozen=True)
class _Pair:
    base: Relation
    head: Relation
    key: tuple[str, ...]

    def joined(self) -> str:
        """Both versions side by side; `_here` is NULL on the side that lacks the row."""
        on = " AND ".join(f"h.{quoted(name)} IS NOT DISTINCT FROM b.{quoted(name)}" for name in self.key)
        base, head = (f"(SELECT 1 AS _here, * FROM {one.name})" for one in (self.base, self.head))
        return f"{head} AS h FULL OUTER JOIN {base} AS b ON {on}"


def _differs(column: str) -> str:
    return f"(h.{quoted(column)} IS DISTINCT FROM b.{quoted(column)})"


_BOTH = "h._here = 1 AND b._here = 1"


def _compare_by_key(session: Warehouse, diff: ModelDiff, pair: _Pair, common: list[str], grain: Grain) -> None:
    values = [name for name in common if name not in pair.key]
    any_differs = " OR ".join(map(_differs, values)) or "FALSE"
    counts = "".join(f", COUNT_IF({_BOTH} AND {_differs(name)})" for name in values)
    ((diff.added, diff.removed, diff.changed, *by_column),) = session.rows(
        f"SELECT COUNT_IF(b._here IS NULL), COUNT_IF(h._here IS NULL), COUNT_IF({_BOTH} AND ({any_differs})){counts}"
        f" FROM {pair.joined()}"
    )
    changed = {name: count for name, count in zip(values, by_column, strict=True) if count}
    diff.columns = [_column(session, pair, name, count, grain) for name, count in changed.items()]
    if set(pair.key) & grain.personal:
        diff.notes.append("its key is personal data, so no rows are named")
        return
    where = {"added": "b._here IS NULL", "removed": "h._here IS NULL", "changed": f"{_BOTH} AND ({any_differs})"}
    counted = {"added": diff.added, "removed": diff.removed, "changed": diff.changed}
    diff.keys = {what: _keys(session, pair, where[what]) for what, count in counted.items() if count}


def _column(session: Warehouse, pair: _Pair, name: str, count: int, grain: Grain) -> ColumnDiff:
    if name in grain.personal:
        return ColumnDiff(name, count)
    if pair.base.is_number(name) and pair.head.is_number(name):
        ((before, after),) = session.rows(f"SELECT SUM(b.{quoted(name)}), SUM(h.{quoted(name)}) FROM {pair.joined()}")
        return ColumnDiff(name, count, sums=(_sum(before), _sum(after)))
    moves = session.rows(
        f"SELECT b.{quoted(name)}, h.{quoted(name)}, COUNT(*) FROM {pair.joined()}"
        f" WHERE {_BOTH} AND {_differs(name)} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT {MOVES_SHOWN + 1}"
    )
    shown = tuple((_shown(before), _shown(after), int(rows)) for before, after, rows in moves)
    return ColumnDiff(name, count, moves=shown if len(shown) <= MOVES_SHOWN else ())


def _keys(session: Warehouse, pair: _Pair, where: str) -> list[str]:
    columns = ", ".join(f"COALESCE(h.{quoted(name)}, b.{quoted(name)})" for name in pair.key)
    order = ", ".join(map(str, range(1, len(pair.key) + 1)))
    rows = session.rows(f"SELECT {columns} FROM {pair.joined()} WHERE {where} ORDER BY {order} LIMIT {KEYS_SHOWN}")
    return [", ".join(map(_shown, row)) for row in rows]


def _compare_as_bags(session: Warehouse, diff: ModelDiff, base: Relation, head: Relation, common: list[str]) -> None:
    columns = ", ".join(map(quoted, common))
    if not columns:
        diff.added, diff.removed = diff.after, diff.before
        return
    ((added, removed),) = session.rows(
        "SELECT SUM(GREATEST(_n, 0)), SUM(GREATEST(-_n, 0)) FROM ("
        f"SELECT {columns}, SUM(_side) AS _n FROM (SELECT {columns}, 1 AS _side FROM {head.name}"
        f" UNION ALL SELECT {columns}, -1 AS _side FROM {base.name}) AS both GROUP BY {columns}) AS counted"
    )
    diff.added, diff.removed = int(added or 0), int(removed or 0)


def _count(session: Warehouse, relation: Relation) -> int:
    return int(session.value(f"SELECT COUNT(*) FROM {relation.name}"))


def _is_key(session: Warehouse, relation: Relation, key: list[str]) -> bool:
    columns = ", ".join(map(quoted, key))
    twice = f"SELECT COUNT(*) AS n FROM {relation.name} GROUP BY {columns} HAVING COUNT(*) > 1 LIMIT 1"
    return not session.rows(twice)


def _shown(value: Any) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _sum(value: Any) -> Decimal:
    # By its text: of a FLOAT, Decimal would show digits that nobody has computed.
    return Decimal(str(value or 0))
