"""Of the load log the newest load of each partition stays, however old; others go with their time."""

from datetime import timedelta

from shopstream_platform.contract.raw import LOAD_LOG
from shopstream_platform.pipeline.housekeeping.load_log import drop_superseded_loads
from shopstream_platform.pipeline.load import sql
from shopstream_platform.stores.build_log import table_versions
from shopstream_platform_tests.fixtures.pipeline import ORDERS, USERS, Pipeline, day, days

MONTH = timedelta(days=30)


def loaded_three_times(pipeline: Pipeline) -> Pipeline:
    """Two days of orders, and users; the first day and the users three times, a year ago but for the newest."""
    user = pipeline.insert(USERS, email="a@example.org")
    for number in (0, 1):
        pipeline.insert(ORDERS, user_id=user, total_amount=1, created_at=day(number))
    pipeline.move(ORDERS, days(0, 1))
    for _ in range(2):
        pipeline.move(USERS)
        pipeline.move(ORDERS, days(0))
    pipeline.move(USERS)
    pipeline.warehouse.execute(f"UPDATE {LOAD_LOG} SET loaded_at = DATEADD(DAY, -365, loaded_at)")
    pipeline.move(ORDERS, days(0))
    return pipeline


def test_superseded_entries_go_when_they_are_old(pipeline: Pipeline) -> None:
    shop = loaded_three_times(pipeline)
    before = shop.warehouse.rows(sql.current_loads()), table_versions(shop.warehouse)
    # Orders of the first day three times, of the second once, users three times.
    entries = shop.warehouse.value(f"SELECT COUNT(*) FROM {LOAD_LOG}")
    assert entries == 4 + 1 + 3
    assert drop_superseded_loads(shop.warehouse, 2 * 365 * timedelta(days=1)) == 0
    assert drop_superseded_loads(shop.warehouse, MONTH) == entries - 3
    assert drop_superseded_loads(shop.warehouse, MONTH) == 0
    assert sorted(shop.warehouse.rows(sql.current_loads())) == sorted(before[0])
    assert table_versions(shop.warehouse) == before[1]


def test_an_entry_that_is_young_stays_and_the_next_load_id_follows(pipeline: Pipeline) -> None:
    user = pipeline.insert(USERS, email="a@example.org")
    assert user
    first = pipeline.move(USERS).load_id
    second = pipeline.move(USERS).load_id
    assert drop_superseded_loads(pipeline.warehouse, MONTH) == 0
    assert pipeline.warehouse.value(f"SELECT COUNT(*) FROM {LOAD_LOG}") == 2
    assert drop_superseded_loads(pipeline.warehouse, timedelta(0)) == 1
    assert first < second < pipeline.move(USERS).load_id
