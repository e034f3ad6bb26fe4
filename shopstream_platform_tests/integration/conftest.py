"""One source server, one lake and one warehouse for all tests of the spine; each test finds them empty."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from shopstream_platform import embedded
from shopstream_platform.extract.lake import Lake
from shopstream_platform.load.warehouse import Warehouse, open_session
from shopstream_platform.tables import postgres_ddl
from shopstream_platform_tests.integration.pipeline import Pipeline, connect

_numbers = count(1)


@pytest.fixture(scope="session")
def running_home(embedded_home: Path) -> Path:
    """The embedded home with all its services running."""
    embedded.up(embedded_home)
    return embedded_home


@pytest.fixture(scope="session")
def warehouse_session(running_home: Path) -> Iterator[Warehouse]:
    """A session in the warehouse that all tests share."""
    with open_session(embedded.ensure_warehouse(running_home)) as session:
        yield session


@pytest.fixture(scope="session")
def new_pipeline(running_home: Path, warehouse_session: Warehouse) -> Iterator[Callable[[], Pipeline]]:
    """Empty shops in databases of their own, with an empty lake and an empty RAW, which they share."""
    opened: list[Connection] = []
    lake = Lake(embedded.ensure_object_store(running_home))

    def create() -> Pipeline:
        # Databases whose test is over are used again: to create one takes longer than most tests.
        name = next((name for name in used if name not in _in_use(opened)), None) or f"spine_{next(_numbers)}"
        used.add(name)
        dsn = embedded.database(running_home, name).dsn
        opened.append(connect(dsn))
        pipeline = Pipeline(opened[-1], dsn, lake, warehouse_session)
        pipeline.sql("; ".join(["DROP SCHEMA public CASCADE", "CREATE SCHEMA public", *postgres_ddl()]))
        pipeline.clear_target()
        return pipeline

    used: set[str] = set()
    yield create
    for connection in opened:
        connection.close()


def _in_use(connections: list[Connection]) -> set[str]:
    return {connection.info.dbname for connection in connections if not connection.closed}


@pytest.fixture
def pipeline(new_pipeline: Callable[[], Pipeline]) -> Iterator[Pipeline]:
    """An empty shop in a database of its own, an empty lake, an empty RAW."""
    pipeline = new_pipeline()
    yield pipeline
    pipeline.source.close()
