"""The storage of a Dagster instance on PostgreSQL that keeps its connections; set in dagster.yaml.

Dagster's own opens one for each statement, except in its web server: a run writes one event after the other, and the
database spends more on logins than on events. The storages' switch for the web server is used here, and what it lacks
is added: a connection that the server has closed meanwhile is noticed before it is used, and a process that makes
many instances, as a code location does at its ticks, does not collect their connections.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import psycopg2
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage, PostgresRunStorage
from dagster_postgres.utils import get_token_provider_from_config, pg_url_from_config
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

STATEMENT_TIMEOUT_MS, POOL_RECYCLE_SECONDS, POOL_OVERFLOW = 60_000, 3600, 20


class PooledPostgresStorage(DagsterPostgresStorage):
    """DagsterPostgresStorage with an open connection for runs and one for events, and more while threads need them.

    That of schedules stays as it is: no run uses it.
    """

    # Of the newest instance of this process.
    _engines: tuple[Engine, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        runs, events = self.run_storage, self.event_log_storage
        if not (isinstance(runs, PostgresRunStorage) and isinstance(events, PostgresEventLogStorage)):
            raise TypeError((runs, events))
        for storage in (runs, events):
            storage.optimize_for_webserver(
                statement_timeout=STATEMENT_TIMEOUT_MS,
                pool_recycle=POOL_RECYCLE_SECONDS,
                max_overflow=POOL_OVERFLOW,
            )
        for engine in PooledPostgresStorage._engines:
            # An older instance that is still used opens its connections again.
            engine.dispose()
        PooledPostgresStorage._engines = (_checked(runs.connect), _checked(events.index_connection))

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledPostgresStorage":
        """As Dagster's own, of this class."""
        return cls(
            postgres_url=pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            inst_data=inst_data,
            token_provider=get_token_provider_from_config(config_value),
        )


def _checked(connect: Callable[[], AbstractContextManager[Connection]]) -> Engine:
    """The engine behind the connections, which from now on looks whether one still works before it gives it away."""
    with connect() as connection:
        engine = connection.engine
    event.listen(engine, "checkout", _look)
    return engine


def _look(connection: Any, *_: object) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except psycopg2.Error as error:
        # SQLAlchemy's word for: take another one.
        raise DisconnectionError from error
