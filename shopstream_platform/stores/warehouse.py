"""A session in the warehouse: statements in, rows out, errors as one sentence."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.contract.raw import SCHEMA as RAW
from shopstream_platform.stores.warehouse_errors import connecting, says_missing, translated

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection as Session
    from snowflake.connector.cursor import SnowflakeCursor

LOCK_TIMEOUT_SECONDS = 600
STATEMENT_TIMEOUT_SECONDS = 3600
LOGIN_TIMEOUT_SECONDS = 30
# Somebody has to find the telephone, or to sign in in the browser.
PERSONS_LOGIN_TIMEOUT_SECONDS = 120
# For one answer. A long statement is many short requests: Snowflake answers each after 45 s at the latest, if only that
# the statement still runs, so that silence for longer is a connection that is dead. No `network_timeout`: the connector
# aborts every statement that takes longer than it.
SOCKET_TIMEOUT_SECONDS = 60
# What an account or a user may have set otherwise: how a text becomes a time, and a time a text. The platform and its
# source write ISO dates, which AUTO reads; dbt's sessions set the same (shopstream_dbt/macros/session.sql).
FORMATS = {
    "TIMEZONE": "UTC",
    "DATE_INPUT_FORMAT": "AUTO",
    "TIME_INPUT_FORMAT": "AUTO",
    "TIMESTAMP_INPUT_FORMAT": "AUTO",
    "DATE_OUTPUT_FORMAT": "YYYY-MM-DD",
    "TIMESTAMP_NTZ_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF3",
    "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ",
}
# A row of the load log is some 300 bytes, more where a partition has many objects; Snowflake takes 1 MiB of SQL.
ROWS_PER_INSERT = 1000
# Snowflake's limit for a query tag.
LONGEST_TAG = 2000
# How long a request that gets no answer is sent again.
UNANSWERED_SECONDS = 120
LONGEST_PAUSE_SECONDS = 16


class Warehouse:
    """One session."""

    def __init__(self, session: "Session") -> None:
        self.session = session

    def execute(self, sql: str, parameters: tuple[Any, ...] | None = None) -> "SnowflakeCursor":
        """Run one statement; parameters are bound with %s."""
        cursor = self.session.cursor()
        cursor.execute(sql, parameters)
        return cursor

    def execute_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Insert all rows, in as few statements as Snowflake takes: call it in a transaction."""
        cursor = self.session.cursor()
        for start in range(0, len(rows), ROWS_PER_INSERT):
            cursor.executemany(sql, rows[start : start + ROWS_PER_INSERT])

    def rows(self, sql: str, parameters: tuple[Any, ...] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return [tuple(row) for row in self.execute(sql, parameters).fetchall()]

    def records(self, sql: str) -> list[dict[str, Any]]:
        """All rows of a statement as column name in lower case -> value, for SHOW and DESC: releases add columns."""
        cursor = self.execute(sql)
        names = [column[0].lower() for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def rows_if_there(self, sql: str) -> list[tuple[Any, ...]] | None:
        """All rows of a query; None if a table or column that it names does not exist.

        INFORMATION_SCHEMA would say it too, but starts the warehouse; an unknown name fails before that.
        """
        try:
            return self.rows(sql)
        except Exception as error:
            if says_missing(error):
                return None
            raise

    def value(self, sql: str, parameters: tuple[Any, ...] | None = None) -> Any:
        """The first column of the first row; None without rows."""
        row = self.execute(sql, parameters).fetchone()
        return next(iter(row)) if row else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN ... COMMIT; ROLLBACK on any error, so that the previous state stays."""
        self.execute("BEGIN")
        try:
            yield
        except BaseException:
            # What went wrong first is what matters; a transaction without a session is rolled back by the server.
            with suppress(Exception):
                self.session.rollback()
            raise
        self.execute("COMMIT")


@contextmanager
def open_session(at: SnowflakeConnection, **tag: str) -> Iterator[Warehouse]:
    """A session with the same arguments as dagster-snowflake's, without its imports; closed at the end.

    `tag` is what `query_tag` takes.
    """
    # 0.7 s, which a command that opens no session need not wait for.
    import snowflake.connector

    arguments = session_arguments(at, **tag)
    arguments |= arguments.pop("additional_snowflake_connection_args")
    # A function, which dagster-snowflake's configuration could not hold.
    arguments["backoff_policy"] = _pauses
    with translated(at):
        with connecting(at):
            connection = snowflake.connector.connect(**arguments)
        with closing(connection) as session:
            yield Warehouse(session)


def _pauses() -> Iterator[int]:
    """Seconds between the attempts of one request; OperationalError when it has had no answer for too long.

    The connector asks for them anew for each request, and without an end it would send one for ever.
    """
    # As in `open_session`.
    from snowflake.connector.errorcode import ER_FAILED_TO_REQUEST
    from snowflake.connector.errors import OperationalError

    began, pause = monotonic(), 1
    while True:
        yield pause
        if monotonic() - began > UNANSWERED_SECONDS:
            message = f"a request had no answer for {UNANSWERED_SECONDS} seconds"
            raise OperationalError(msg=message, errno=ER_FAILED_TO_REQUEST)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def query_tag(**parts: str) -> str:
    """JSON for the query history, which says what a statement was sent for: layer, table, run.

    Parts that would make it longer than Snowflake takes are left out.
    """
    tag = {"app": "shopstream"}
    for name, value in parts.items():
        if len(json.dumps(tag | {name: value})) <= LONGEST_TAG:
            tag[name] = value
    return json.dumps(tag)


def session_arguments(at: SnowflakeConnection, **tag: str) -> dict[str, Any]:
    """SnowflakeResource's arguments: the same for a real account and for the embedded warehouse."""
    extra: dict[str, Any] = {
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "session_parameters": {
            **FORMATS,
            # What has not changed since it was asked last needs no running warehouse.
            "USE_CACHED_RESULT": "TRUE",
            "QUERY_TAG": query_tag(**tag),
            "LOCK_TIMEOUT": LOCK_TIMEOUT_SECONDS,
            "STATEMENT_TIMEOUT_IN_SECONDS": STATEMENT_TIMEOUT_SECONDS,
        },
    }
    login, waits = at.login.arguments(), at.login.method.needs_a_person
    # The rest of a login is unknown to SnowflakeResource, which hands on what it does not know.
    extra |= {name: value for name, value in login.items() if name not in ("authenticator", "password")}
    if at.host:
        extra |= {"host": at.host, "port": at.port, "protocol": at.protocol or "https"}
    arguments = {
        "account": at.account,
        "user": at.user,
        "authenticator": login.get("authenticator"),
        "password": login.get("password"),
        "role": at.role,
        "database": at.database,
        "schema": RAW,
        "warehouse": at.names.loading,
        "login_timeout": PERSONS_LOGIN_TIMEOUT_SECONDS if waits else LOGIN_TIMEOUT_SECONDS,
        "additional_snowflake_connection_args": extra,
    }
    return {name: value for name, value in arguments.items() if value is not None}
