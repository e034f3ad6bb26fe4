"""How far the figures of a page can be trusted: what the checks have said, what was not loaded, and when that was seen.

None stands for what is not known, and pages say so.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Checks:
    """The newest results of all checks; of those that did not pass the names."""

    passed: int
    warned: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    never_run: int = 0


@dataclass(frozen=True)
class Waiting:
    """Rows that the source had when it was read last, and that are not due yet: of the running day, of later days."""

    today: int
    later: int


@dataclass(frozen=True)
class Quality:
    """What is known when pages are made; `left_out` are the tables that could not be loaded."""

    seen_at: datetime | None = None
    checks: Checks | None = None
    waiting: Waiting | None = None
    left_out: tuple[str, ...] | None = None

    def as_data(self) -> dict[str, Any]:
        """For the page's script; the moment in milliseconds, as the browser counts."""
        seen = self.seen_at and int(self.seen_at.replace(tzinfo=UTC).timestamp() * 1000)
        return asdict(self) | {"seen_at": seen}
