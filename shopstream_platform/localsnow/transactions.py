"""BEGIN, COMMIT and ROLLBACK as Snowflake means them, on top of DuckDB's optimistic snapshots."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import TypeVar

import duckdb
from sqlglot import Expr, exp

from shopstream_platform.localsnow import errors
from shopstream_platform.localsnow.errors import sql_error
from shopstream_platform.localsnow.interfaces import Session
from shopstream_platform.localsnow.state import Transaction
from shopstream_platform.localsnow.temporary import Name

Result = TypeVar("Result")
LONGEST_PAUSE = 0.1
# Snowflake aborts a transaction that blocks others and has been idle for five minutes; here a client that was killed
# should not stop a laptop for so long.
IDLE_SECONDS = float(os.environ.get("SHOPSTREAM_WAREHOUSE_IDLE_SECONDS", "30"))


class Kind(Enum):
    READ = "read"
    CHANGE = "change"
    DEFINITION = "definition"


CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Copy)
DEFINITIONS = (exp.Create, exp.Drop, exp.Alter, exp.Comment, exp.TruncateTable, exp.Command)


def kind_of(expression: Expr) -> Kind:
    if isinstance(expression, CHANGES):
        return Kind.CHANGE
    return Kind.DEFINITION if isinstance(expression, DEFINITIONS) else Kind.READ


def begin(session: Session) -> None:
    session.transaction.begun = True


def commit(session: Session) -> None:
    transaction, session.transaction = session.transaction, Transaction()
    try:
        if transaction.failed:
            raise sql_error("The transaction was rolled back by the error of an earlier statement.", 90232, "40000")
        if transaction.writing:
            _commit_or_roll_back(session)
    finally:
        session.catalogue.locks.release(session)


def rollback(session: Session) -> None:
    transaction, session.transaction = session.transaction, Transaction()
    try:
        if transaction.writing:
            session.duck.rollback()
    finally:
        session.catalogue.locks.release(session)


def run(session: Session, kind: Kind, locked: Name | None, action: Callable[[], Result]) -> Result:
    """Run one statement in the session's transaction, or in one of its own; `locked` is the table that it locks."""
    if locked is not None and not session.transaction.failed:
        session.catalogue.locks.take(session, locked, _abort_if_idle)
    try:
        return _run(session, kind, action)
    finally:
        # A statement of its own, or the first change of a transaction, which failed.
        if not session.transaction.writing:
            session.catalogue.locks.release(session)


def _run(session: Session, kind: Kind, action: Callable[[], Result]) -> Result:
    if kind is Kind.DEFINITION:
        commit(session)
        return _waiting(session, action)
    if session.transaction.failed:
        raise sql_error("The transaction was rolled back by an error: send ROLLBACK first.", 90232, "40000")
    if session.transaction.writing:
        return _inside(session, action)
    if kind is Kind.READ:
        return action()
    if session.transaction.begun or not session.parameters.autocommit:
        return _first_change(session, action)
    return _waiting(session, lambda: _alone(session, action))


def _alone(session: Session, action: Callable[[], Result]) -> Result:
    """Several DuckDB statements may make up one of Snowflake's: all of them or none."""
    session.duck.begin()
    try:
        result = action()
    except BaseException:
        session.duck.rollback()
        raise
    _commit_or_roll_back(session)
    return result


def _first_change(session: Session, action: Callable[[], Result]) -> Result:
    def attempt() -> Result:
        session.duck.begin()
        try:
            return action()
        except BaseException:
            session.duck.rollback()
            raise

    result = _waiting(session, attempt)
    session.transaction.begun = session.transaction.writing = True
    return result


def _inside(session: Session, action: Callable[[], Result]) -> Result:
    """A later statement of a transaction. Where DuckDB gives the transaction up, so do we, and say so from then on."""
    try:
        return action()
    except duckdb.TransactionException as error:
        _give_up(session)
        raise sql_error(f"The transaction was rolled back: {error}", errors.LOCK_TIMEOUT, "57014") from error
    except BaseException:
        if _is_invalid(session):
            _give_up(session)
        raise


def _give_up(session: Session) -> None:
    session.duck.rollback()
    session.transaction.writing = False
    session.transaction.failed = True
    session.catalogue.locks.release(session)


def _is_invalid(session: Session) -> bool:
    try:
        session.duck.execute("SELECT 1")
    except duckdb.Error:
        return True
    return False


def _commit_or_roll_back(session: Session) -> None:
    try:
        session.duck.commit()
    except BaseException:
        # DuckDB has ended the transaction by itself after most failed commits.
        with suppress(duckdb.TransactionException):
            session.duck.rollback()
        raise


def _waiting(session: Session, attempt: Callable[[], Result]) -> Result:
    """DuckDB refuses at once what is in the way of another transaction (DDL, say); Snowflake lets it wait."""
    deadline = time.monotonic() + session.parameters.lock_timeout
    pause = 0.005
    while True:
        try:
            return attempt()
        except duckdb.TransactionException as error:
            if "onflict" not in str(error):
                raise
            if session.timed_out or session.canceled:
                raise duckdb.InterruptException(str(error)) from error
            if session.closing or time.monotonic() >= deadline:
                raise _lock_timeout(session, error) from error
            _abort_idle_blockers(session)
            time.sleep(random.uniform(0.5, 1) * pause)  # noqa: S311 - jitter, not a secret
            pause = min(pause * 1.5, LONGEST_PAUSE)


def _abort_idle_blockers(waiting: Session) -> None:
    """Roll back what others have left open: a client that was killed never says that it is gone."""
    for other in list(waiting.catalogue.sessions):
        if other is not waiting:
            _abort_if_idle(other)


def _abort_if_idle(other: Session) -> None:
    idle = other.transaction.writing and time.monotonic() - other.last_used > IDLE_SECONDS
    # A session whose lock is taken runs a statement at this moment.
    if idle and other.lock.acquire(blocking=False):
        try:
            if other.transaction.writing:
                _give_up(other)
        finally:
            other.lock.release()


def _lock_timeout(session: Session, error: Exception) -> Exception:
    return sql_error(
        "Statement has locked table in another transaction that has not completed, and this statement was aborted"
        f" after waiting for LOCK_TIMEOUT = {session.parameters.lock_timeout:g} seconds: {error}",
        errors.LOCK_TIMEOUT,
        "57014",
    )
