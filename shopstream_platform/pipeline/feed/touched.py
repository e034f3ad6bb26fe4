"""What the changes of a table name: keys, days and parents, folded so that memory grows with keys alone."""

from dataclasses import dataclass, field
from datetime import date

# A key as the source writes it: one text, or one text a column.
Key = str | tuple[str, ...]


@dataclass
class Touched:
    """What was named of one table.

    `days` are those of new rows, as the source writes their timestamps (None: no timestamp); `changed` are keys of rows
    that were updated or deleted, of which only RAW knows the day of before; `inserted` are keys of new rows; `parents`
    those that new rows of a child refer to (None: no parent). `whole`: it was truncated, more keys than `limit` were
    named, or its columns were others for a while.
    """

    limit: int
    days: set[str | None] = field(default_factory=set)
    inserted: set[Key] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)
    parents: set[str | None] = field(default_factory=set)
    changes: int = 0
    whole: bool = False
    truncated: bool = False

    @property
    def keys(self) -> frozenset[Key]:
        """All that were named."""
        return frozenset(self.inserted | self.changed)

    def insert(self, key: Key | None) -> None:
        """A row that is new; without a key, nothing can be said of the table."""
        self._take(self.inserted, key)

    def change(self, key: Key | None, before: Key | None = None) -> None:
        """A row that was there before, by its key, and by that of before if it had another."""
        self._take(self.changed, key)
        if before is not None and not self.whole:
            self.changed.add(before)

    def on(self, day: str | None) -> None:
        """The timestamp that a new version of a row has."""
        if not self.whole:
            self.days.add(day)

    def under(self, parent: str | None) -> None:
        """The parent that a new version of a row has."""
        if not self.whole:
            self.parents.add(parent)

    def lose(self) -> None:
        """Rows that cannot be told apart: everything may have changed."""
        self.changes += 1
        self._forget()

    def truncate(self) -> None:
        """All rows are gone."""
        self.changes += 1
        self.truncated = True
        self._forget()

    def _take(self, keys: set[Key], key: Key | None) -> None:
        self.changes += 1
        if self.whole:
            return
        if key is None or len(self.inserted) + len(self.changed) >= self.limit:
            self._forget()
        else:
            keys.add(key)

    def _forget(self) -> None:
        self.whole = True
        self.days, self.inserted, self.changed, self.parents = set(), set(), set(), set()


def day_of(text: str | None, start: date) -> date:
    """The partition of a timestamp as the source writes it in ISO style; earlier ones belong to the first.

    What no partition takes (infinity, years over 9999) is the last day there is.
    """
    if text is None or text.startswith("-") or text.endswith(" BC"):
        return start
    try:
        return max(date.fromisoformat(text[:10]), start)
    except ValueError:
        return date.max
