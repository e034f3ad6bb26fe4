"""Locks of tables: UPDATE, DELETE and MERGE take the whole table until their transaction ends; INSERT and COPY none.

https://docs.snowflake.com/en/sql-reference/transactions#resource-locking
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import duckdb
from sqlglot import Expr, exp

from shopstream_platform.localsnow import errors
from shopstream_platform.localsnow.errors import sql_error
from shopstream_platform.localsnow.interfaces import Session
from shopstream_platform.localsnow.temporary import Name, full_name

LOCKING = (exp.Update, exp.Delete, exp.Merge)
# How often who waits looks whether it was canceled, or whether the holder went away.
LOOK_SECONDS = 0.05


class TableLocks:
    """Which session's transaction holds which table, and which table each session waits for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders: dict[Name, Session] = {}
        self._waits: dict[Session, Name] = {}

    def take(self, session: Session, name: Name, end_if_idle: Callable[[Session], None]) -> None:
        """Wait until the table is free, at most for LOCK_TIMEOUT. `end_if_idle` may free it of a holder that is gone.

        Raises ProgrammingError after LOCK_TIMEOUT and in a deadlock, whose victim is the statement that came last.
        """
        deadline = time.monotonic() + session.parameters.lock_timeout
        with self._changed:
            self._waits[session] = name
            try:
                while (holder := self._holders.get(name, session)) is not session:
                    self._give_up_waiting(session, holder, name, deadline)
                    end_if_idle(holder)
                    self._changed.wait(LOOK_SECONDS)
                self._holders[name] = session
            finally:
                del self._waits[session]

    def release(self, session: Session) -> None:
        """Everything that the session holds."""
        with self._changed:
            self._holders = {name: holder for name, holder in self._holders.items() if holder is not session}
            self._changed.notify_all()

    def _give_up_waiting(self, session: Session, holder: Session, name: Name, deadline: float) -> None:
        if session.timed_out or session.canceled or session.closing:
            raise duckdb.InterruptException("canceled while it waited for a lock")
        if self._waits_for(holder, session):
            raise _aborted(name[-1], holder, "to resolve a deadlock")
        if time.monotonic() >= deadline:
            limit = f"{session.parameters.lock_timeout:,.0f}"
            raise _aborted(name[-1], holder, f"because it waited longer than LOCK_TIMEOUT = {limit} second(s) for it")

    def _waits_for(self, one: Session, other: Session) -> bool:
        """Whether the transaction of one can go on only after that of the other."""
        seen: set[Session] = set()
        while one is not other:
            seen.add(one)
            wanted = self._waits.get(one)
            holder = self._holders.get(wanted) if wanted else None
            if holder is None or holder in seen:
                return False
            one = holder
        return True


def locked_by(session: Session, expression: Expr) -> Name | None:
    """The table that a statement locks; None for one that locks none, or a temporary one, which nobody else sees."""
    if not isinstance(expression, LOCKING):
        return None
    name = full_name(session, expression.this)
    return None if name in session.temporaries else name


def _aborted(table: str, holder: Session, why: str) -> Exception:
    # As Snowflake begins it; the reasons other than too many waiters are in our words.
    message = (
        f"Statement has locked table '{table}' in transaction {holder.id} and this lock has not yet been released.\n"
        f"Your statement was aborted {why}."
    )
    return sql_error(message, errors.LOCK_TIMEOUT, "57014")
