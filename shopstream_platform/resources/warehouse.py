"""Snowflake, through dagster-snowflake's SnowflakeResource."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import snowflake.connector.errors as snowflake_errors
from dagster_snowflake import SnowflakeResource
from snowflake.connector import SnowflakeConnection as Session
from snowflake.connector.cursor import SnowflakeCursor

from shopstream_platform import embedded
from shopstream_platform.connections import SnowflakeConnection
from shopstream_platform.errors import ShopStreamError, TransientError

LOADING_WAREHOUSE = "LOADING_WH"
LOCK_TIMEOUT_SECONDS = 600
STATEMENT_TIMEOUT_SECONDS = 3600


class WarehouseResource(SnowflakeResource):
    """dagster-snowflake's SnowflakeResource in the platform's database."""

    def connection(self) -> SnowflakeConnection:
        """The account and its login, which dbt's profile takes too."""
        extra = self.additional_snowflake_connection_args or {}
        return SnowflakeConnection(
            account=self.account or "",
            user=self.user,
            password=self.password,
            private_key_path=self.private_key_path,
            role=self.role,
            database=self.database or "SHOPSTREAM_DWH",
            host=extra.get("host"),
            port=extra.get("port"),
            protocol=extra.get("protocol"),
        )

    @contextmanager
    def session(self) -> Iterator["Warehouse"]:
        """A session in schema RAW on LOADING_WH; rolled back unless the block committed, always closed."""
        with _translated(), self.get_connection() as session:
            try:
                yield Warehouse(session)
            finally:
                # dagster-snowflake closes only after a block that ends well.
                session.rollback()
                session.close()


class EmbeddedWarehouseResource(WarehouseResource):
    """WarehouseResource on the embedded warehouse, started and set up on first use."""

    user: str = "embedded"
    authenticator: str | None = "snowflake"
    home: str

    def connection(self) -> SnowflakeConnection:
        return embedded.warehouse(Path(self.home))

    @contextmanager
    def get_connection(self, raw_conn: bool = True) -> Iterator[Any]:
        at = self.connection()
        with resource_for(at, at.password).get_connection(raw_conn) as session:
            yield session


class Warehouse:
    """One session: statements in, rows out."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def execute(self, sql: str, parameters: tuple[Any, ...] | None = None) -> SnowflakeCursor:
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

    def value(self, sql: str, parameters: tuple[Any, ...] | None = None) -> Any:
        """The first column of the first row; None without rows."""
        row = self.execute(sql, parameters).fetchone()
        return row[0] if row else None

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


def resource_for(at: SnowflakeConnection, password: str | None) -> WarehouseResource:
    """The resource of a connection; the same arguments for a real account and for the embedded warehouse."""
    extra: dict[str, Any] = {
        "session_parameters": {
            "QUERY_TAG": "shopstream",
            "TIMEZONE": "UTC",
            "LOCK_TIMEOUT": LOCK_TIMEOUT_SECONDS,
            "STATEMENT_TIMEOUT_IN_SECONDS": STATEMENT_TIMEOUT_SECONDS,
        }
    }
    if at.host:
        extra |= {"host": at.host, "port": at.port, "protocol": at.protocol or "https"}
    return WarehouseResource(
        account=at.account,
        user=at.user,
        password=password,
        private_key_path=at.private_key_path,
        role=at.role,
        database=at.database,
        schema="RAW",
        warehouse=LOADING_WAREHOUSE,
        login_timeout=30,
        network_timeout=STATEMENT_TIMEOUT_SECONDS,
        additional_snowflake_connection_args=extra,
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (snowflake_errors.OperationalError, snowflake_errors.InterfaceError) as error:
        raise TransientError(f"Snowflake could not be reached: {_sentence(error)}. Safe to run again") from error
    except snowflake_errors.DatabaseError as error:
        raise ShopStreamError(f"Snowflake refused: {_sentence(error)}") from error


def _sentence(error: snowflake_errors.Error) -> str:
    return " ".join(str(error.msg or error).split())
