"""The server's log: short lines, and of those that repeat only the first few of each minute."""

from __future__ import annotations

import logging
import time

MOST_ALIKE, PERIOD_SECONDS = 20, 60.0
LONGEST_LINE = 2000


class Sparing(logging.Filter):
    """Lets so many lines of one kind through in a period; the first line of the next says how many were left out.

    Lines are of one kind if they come from one place of the program, whatever values they carry.
    """

    def __init__(self, most: int = MOST_ALIKE, period: float = PERIOD_SECONDS) -> None:
        super().__init__()
        self._most, self._period = most, period
        self._began = time.monotonic()
        self._seen: dict[tuple[str, int], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        left_out = 0
        if now - self._began > self._period:
            left_out = sum(max(0, count - self._most) for count in self._seen.values())
            self._began, self._seen = now, {}
        kind = (record.pathname, record.lineno)
        self._seen[kind] = self._seen.get(kind, 0) + 1
        if self._seen[kind] > self._most:
            return False
        said = record.getMessage()[:LONGEST_LINE]
        record.msg = f"{said} ({left_out} more lines like earlier ones were left out before this)" if left_out else said
        record.args = ()
        return True


def configure() -> None:
    """Send the log to stderr, which the one who starts the server keeps in a file."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(Sparing())
