"""Databases for simulated shops on the embedded server."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn

from shopstream_platform.contract.oltp import index_ddl, table_ddl
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.services import embedded
from shopstream_platform.simulator.schema import Schema
from shopstream_platform.simulator.simulator import simulate

FIRST = date(2025, 9, 1)
HISTORY_DAYS = 450
LAST = FIRST + timedelta(HISTORY_DAYS - 1)

# The room's own tests take a server and the tables from the platform, and nothing else.
SCHEMA = Schema(
    tuple(table.name for table in SHOP_TABLES), tuple(table_ddl(SHOP_TABLES)), tuple(index_ddl(SHOP_TABLES))
)

NewDatabase = Callable[[], Connection]
_numbers = count(1)


def days(first: date, number: int) -> list[date]:
    return [first + timedelta(offset) for offset in range(number)]


def ask(connection: Connection, query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def value(connection: Connection, query: str) -> object:
    return ask(connection, query)[0][0]


def dsn_of(connection: Connection) -> str:
    """For another connection to the same database."""
    return make_dsn(**{**connection.get_dsn_parameters(), "password": connection.info.password})


@pytest.fixture(scope="session")
def new_database(embedded_home: Path) -> Iterator[NewDatabase]:
    """Connections to empty databases of their own."""
    connections: list[Connection] = []

    def create() -> Connection:
        connections.append(psycopg2.connect(embedded.database(embedded_home, f"shop_{next(_numbers)}").dsn))
        return connections[-1]

    yield create
    for connection in connections:
        connection.close()


@pytest.fixture(scope="session")
def shop(new_database: NewDatabase) -> Connection:
    """A shop of scale 1 over fifteen months. Read only, please."""
    connection = new_database()
    simulate(connection, SCHEMA, days(FIRST, HISTORY_DAYS), scale=1, seed=42)
    return connection


@pytest.fixture(scope="session")
def lived_in_shop(new_database: NewDatabase) -> Connection:
    """A shop with a short history that then lived on for sixty days. Read only, please."""
    connection = new_database()
    simulate(connection, SCHEMA, days(FIRST, 30), scale=1, seed=42)
    simulate(connection, SCHEMA, days(FIRST + timedelta(30), 60), scale=1, seed=42)
    return connection
