"""A session in the warehouse: statements in, rows out, errors as one sentence."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.contract.raw import SCHEMA as RAW
from shopstream_platform.stores.warehouse_errors import connecting, translated

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection as Session
    from snowflake.connector.cursor import SnowflakeCursor

LOCK_TIMEOUT_SECONDS = 600
STATEMENT_TIMEOUT_SECONDS = 3600
LOGIN_TIMEOUT_SECONDS = 30
# Somebody has to find the telephone, or to sign in in the browser.
PERSONS_LOGIN_TIMEOUT_SECONDS = 120
# How long one request is tried again; a long statement is many short requests.
NETWORK_TIMEOUT_SECONDS = 120


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
        """Run one INSERT for all rows."""
        self.session.cursor().executemany(sql, rows)

    def rows(self, sql: str, parameters: tuple[Any, ...] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return [tuple(row) for row in self.execute(sql, parameters).fetchall()]

    def records(self, sql: str) -> list[dict[str, Any]]:
        """All rows of a statement as column name in lower case -> value, for SHOW and DESC: releases add columns."""
        cursor = self.execute(sql)
        names = [column[0].lower() for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

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
            self.session.rollback()
            raise
        self.execute("COMMIT")


@contextmanager
def open_session(at: SnowflakeConnection) -> Iterator[Warehouse]:
    """A session with the same arguments as dagster-snowflake's, without its imports; closed at the end."""
    # 0.7 s, which a command that opens no session need not wait for.
    import snowflake.connector

    arguments = session_arguments(at)
    arguments |= arguments.pop("additional_snowflake_connection_args")
    with translated(at):
        with connecting(at):
            connection = snowflake.connector.connect(**arguments)
        with closing(connection) as session:
            yield Warehouse(session)


def session_arguments(at: SnowflakeConnection) -> dict[str, Any]:
    """SnowflakeResource's arguments: the same for a real account and for the embedded warehouse."""
    extra: dict[str, Any] = {
        "session_parameters": {
            "QUERY_TAG": "shopstream",
            "TIMEZONE": "UTC",
            "LOCK_TIMEOUT": LOCK_TIMEOUT_SECONDS,
            "STATEMENT_TIMEOUT_IN_SECONDS": STATEMENT_TIMEOUT_SECONDS,
        }
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
        "network_timeout": NETWORK_TIMEOUT_SECONDS,
        "additional_snowflake_connection_args": extra,
    }
    return {name: value for name, value in arguments.items() if value is not None}
