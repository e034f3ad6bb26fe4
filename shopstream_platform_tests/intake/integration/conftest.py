"""The sample databases on the embedded server, and copies of them that a test may change."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from shopstream_platform.services import embedded
from shopstream_platform_tests import samples

_numbers = count(1)


@pytest.fixture(scope="session")
def campus(embedded_home: Path) -> str:
    """The connection string of the sample database `campus`, which nobody changes."""
    dsn = embedded.database(embedded_home, "campus").dsn
    samples.load(dsn, "campus")
    return dsn


@pytest.fixture
def execute(embedded_home: Path) -> Callable[..., None]:
    """Run statements in a database of the server, as its owner."""

    def run(database: str, *statements: str) -> None:
        conn = psycopg2.connect(make_dsn(embedded.ensure_postgres(embedded_home).dsn, dbname=database))
        conn.autocommit = True
        try:
            with conn.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            conn.close()

    return run


@pytest.fixture
def changed_campus(campus: str, execute: Callable[..., None]) -> Iterator[Callable[..., str]]:
    """A copy of `campus` after some statements; its connection string."""
    made: list[str] = []

    def copy(*statements: str) -> str:
        made.append(f"campus_{next(_numbers)}")
        execute("shopstream", f"CREATE DATABASE {made[-1]} TEMPLATE campus")
        execute(made[-1], *statements)
        return make_dsn(campus, dbname=made[-1])

    yield copy
    for name in made:
        execute("shopstream", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def reader(execute: Callable[..., None]) -> Iterator[str]:
    """A role that may log in, and nothing else; its name is its password."""
    execute(
        "shopstream", "DROP ROLE IF EXISTS campus_reader", "CREATE ROLE campus_reader LOGIN PASSWORD 'campus_reader'"
    )
    yield "campus_reader"
    # The databases in which it has rights are gone by now.
    execute("shopstream", "DROP OWNED BY campus_reader", "DROP ROLE campus_reader")
