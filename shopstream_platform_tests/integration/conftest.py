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
        dsn = embedded.database(running_home, f"spine_{next(_numbers)}").dsn
        opened.append(connect(dsn))
        pipeline = Pipeline(opened[-1], dsn, lake, warehouse_session)
        for statement in postgres_ddl():
            pipeline.sql(statement)
        pipeline.clear_target()
        return pipeline

    yield create
    for connection in opened:
        connection.close()


@pytest.fixture
def pipeline(new_pipeline: Callable[[], Pipeline]) -> Iterator[Pipeline]:
    """An empty shop in a database of its own, an empty lake, an empty RAW."""
    pipeline = new_pipeline()
    yield pipeline
    pipeline.source.close()
