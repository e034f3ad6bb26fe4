"""Snapshots that nobody loads any more go, with the names and addresses in them; the newest stays, however old."""

from datetime import date, timedelta

from shopstream_platform.pipeline.housekeeping.snapshots import drop_old_snapshots
from shopstream_platform.stores.manifest import folder, table_prefix
from shopstream_platform_tests.fixtures.pipeline import ORDERS, PRODUCTS, SNAPSHOT_DAY, USERS, Pipeline, day, days

NEXT = SNAPSHOT_DAY + timedelta(days=1)
FAR = date(9999, 1, 1)


def days_of(pipeline: Pipeline) -> set[str]:
    folders = (key.removeprefix(table_prefix(USERS)) for key in pipeline.keys(USERS))
    return {path.partition("/")[0] for path in folders if "/" in path}


def taken_twice(pipeline: Pipeline) -> Pipeline:
    """Users of two days, the newer loaded; one day of orders."""
    user = pipeline.insert(USERS, email="a@example.org")
    pipeline.insert(ORDERS, user_id=user, total_amount=1, created_at=day(0))
    pipeline.move(ORDERS, days(0))
    pipeline.move(USERS)
    pipeline.sql("UPDATE users SET email = 'b@example.org'")
    pipeline.extract(USERS, snapshot_day=NEXT)
    pipeline.load(USERS)
    return pipeline


def test_a_snapshot_that_was_followed_goes_when_it_is_old(pipeline: Pipeline) -> None:
    shop = taken_twice(pipeline)
    objects = len([key for key in shop.keys(USERS) if key.startswith(folder(USERS, SNAPSHOT_DAY))])
    assert objects >= 2
    assert drop_old_snapshots(shop.lake, SNAPSHOT_DAY) == 0
    assert days_of(shop) == {str(SNAPSHOT_DAY), str(NEXT)}
    assert drop_old_snapshots(shop.lake, NEXT) == objects
    assert days_of(shop) == {str(NEXT)}
    assert shop.load(USERS).rows == 1
    assert shop.raw_rows(USERS) == shop.source_rows(USERS)


def test_the_newest_stays_and_so_do_the_days_of_partitioned_tables(pipeline: Pipeline) -> None:
    shop = taken_twice(pipeline)
    orders = shop.keys(ORDERS)
    assert drop_old_snapshots(shop.lake, FAR) > 0
    assert drop_old_snapshots(shop.lake, FAR) == 0
    assert days_of(shop) == {str(NEXT)}
    assert shop.keys(ORDERS) == orders
    assert shop.keys(PRODUCTS) == []


def test_a_table_whose_first_extraction_goes_on_is_left_alone(pipeline: Pipeline) -> None:
    key = f"{folder(USERS, SNAPSHOT_DAY)}part"
    pipeline.lake.write(key, b"x", "text/plain")
    assert drop_old_snapshots(pipeline.lake, FAR) == 0
    assert pipeline.keys(USERS) == [key]


def test_what_is_newer_than_the_current_one_and_what_is_not_ours_stays(pipeline: Pipeline) -> None:
    """An extraction that goes on has written its files, and no pointer yet."""
    shop = taken_twice(pipeline)
    others = [f"{table_prefix(USERS)}{name}/x" for name in (NEXT + timedelta(days=1), "notes", "2026-13-01")]
    for key in others:
        shop.lake.write(key, b"x", "text/plain")
    drop_old_snapshots(shop.lake, FAR)
    assert set(others) <= set(shop.keys(USERS))
