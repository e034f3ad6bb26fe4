"""RAW as it is declared again after each test: the warehouse is one for all of them."""

from collections.abc import Iterator

import pytest

from shopstream_platform.contract.raw import raw_ddl
from shopstream_platform.contract.raw_changes import Change
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.evolve.raw import changes_of
from shopstream_platform_tests.fixtures.pipeline import Pipeline


@pytest.fixture
def evolving(pipeline: Pipeline) -> Iterator[Pipeline]:
    """A pipeline whose tables may be changed."""
    yield pipeline
    changed = {change.table for change in changes_of(pipeline.warehouse, SHOP_TABLES)}
    for name in sorted(changed):
        pipeline.warehouse.execute(f"DROP TABLE IF EXISTS RAW.{name}")
    if changed:
        for statement in raw_ddl(SHOP_TABLES):
            pipeline.warehouse.execute(statement)


def pending(pipeline: Pipeline, *tables: object) -> list[Change]:
    """What RAW lacks of the tables."""
    return changes_of(pipeline.warehouse, tables)  # pyright: ignore[reportArgumentType]
