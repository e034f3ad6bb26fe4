"""A warehouse of version 1 becomes one of today's, once; one of a newer version is left alone."""

from collections.abc import Iterator
from itertools import count

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.earlier import METHODS
from shopstream_platform.contract.raw import LOAD_LOG, VERSION_TABLE, version_ddl
from shopstream_platform.pipeline.upgrade.warehouse import VERSION, open_warehouse, version_of
from shopstream_platform_tests.fixtures.pipeline import ORDERS, Pipeline, days
from shopstream_platform_tests.fixtures.stopping import Killed, StoppingWarehouse

OLD, NEW = next((old, new) for old, new in METHODS.items() if new.endswith(ORDERS.fingerprint_of_declaration))


@pytest.fixture
def version_1(pipeline: Pipeline) -> Iterator[Pipeline]:
    """What version 1 has left: no version, and loads by the hashes of then."""
    pipeline.insert_one_of_each(days(1).first)
    pipeline.move(ORDERS, days(0, 2))
    pipeline.warehouse.execute(f"UPDATE {LOAD_LOG} SET method = '{OLD}'")
    pipeline.warehouse.execute(f"DROP TABLE IF EXISTS {VERSION_TABLE}")
    yield pipeline
    for statement in version_ddl():
        pipeline.warehouse.execute(statement)


def methods(pipeline: Pipeline) -> list[tuple[str]]:
    return pipeline.warehouse.rows(f"SELECT DISTINCT method FROM {LOAD_LOG}")


def test_the_log_gets_the_hashes_of_now_and_the_version_is_written_down(version_1: Pipeline) -> None:
    (sentence,) = open_warehouse(version_1.warehouse)
    assert sentence.startswith("the warehouse is of version 2 now: 3 rows of the load log were given")
    assert (methods(version_1), version_of(version_1.warehouse)) == ([(NEW,)], VERSION)
    assert open_warehouse(version_1.warehouse) == []


def test_what_another_catalogue_has_loaded_is_left_as_it_is(version_1: Pipeline) -> None:
    version_1.warehouse.execute(f"UPDATE {LOAD_LOG} SET method = '4:0123456789abcdef'")
    open_warehouse(version_1.warehouse)
    assert methods(version_1) == [("4:0123456789abcdef",)]


def test_a_kill_at_any_statement_is_finished_by_the_next_run(version_1: Pipeline) -> None:
    for statements in count(1):
        try:
            open_warehouse(StoppingWarehouse(version_1.warehouse, statements))
        except Killed:
            assert methods(version_1) in ([(OLD,)], [(NEW,)])
            continue
        break
    assert statements > 3
    assert (methods(version_1), version_of(version_1.warehouse)) == ([(NEW,)], VERSION)


def test_a_newer_warehouse_is_refused_before_anything_is_written(version_1: Pipeline) -> None:
    for statement in version_ddl():
        version_1.warehouse.execute(statement)
    version_1.warehouse.execute(f"UPDATE {VERSION_TABLE} SET version = {VERSION + 1}")
    with pytest.raises(ShopStreamError, match=f"newer ShopStream .* says {VERSION + 1}, this one knows {VERSION}"):
        open_warehouse(version_1.warehouse)
    assert methods(version_1) == [(OLD,)]
    version_1.warehouse.execute(f"DROP TABLE {VERSION_TABLE}")
