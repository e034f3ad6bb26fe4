"""What is newest is decided by the warehouse and by what was extracted last, never by a clock."""

from datetime import datetime, timedelta

from shopstream_platform.contract.raw import LOAD_LOG, LOAD_LOG_COLUMNS
from shopstream_platform.pipeline.load import sql
from shopstream_platform.pipeline.refresh.drift import read_loads
from shopstream_platform_tests.fixtures.pipeline import ORDERS, SNAPSHOT_DAY, START, USERS, Pipeline, day, days


def names(pipeline: Pipeline) -> list[str]:
    return [row[2] for row in pipeline.raw_rows(USERS)]


def test_a_snapshot_of_an_earlier_date_is_loaded_if_it_was_extracted_last(pipeline: Pipeline) -> None:
    """The time zone was set back, or a clock was ahead when the other was extracted."""
    pipeline.insert(USERS, email="a@example.org", first_name="before")
    pipeline.extract(USERS, snapshot_day=SNAPSHOT_DAY)
    pipeline.load(USERS)
    pipeline.sql("UPDATE users SET first_name = 'after'")
    pipeline.extract(USERS, snapshot_day=SNAPSHOT_DAY - timedelta(days=1))
    pipeline.load(USERS)
    assert names(pipeline) == ["after"]


def test_a_lake_of_before_snapshots_were_pointed_to_is_loaded_by_date(pipeline: Pipeline) -> None:
    pipeline.insert(USERS, email="a@example.org", first_name="older")
    pipeline.extract(USERS, snapshot_day=SNAPSHOT_DAY - timedelta(days=1))
    pipeline.sql("UPDATE users SET first_name = 'newer'")
    pipeline.extract(USERS, snapshot_day=SNAPSHOT_DAY)
    pipeline.lake.delete([key for key in pipeline.keys(USERS) if key.endswith("_current.json")])
    pipeline.load(USERS)
    assert names(pipeline) == ["newer"]


def test_a_load_is_newer_than_one_whose_clock_was_ahead(pipeline: Pipeline) -> None:
    user = pipeline.insert(USERS, email="a@example.org")
    pipeline.insert(ORDERS, user_id=user, total_amount=11, created_at=day(0))
    pipeline.move(ORDERS, days(0))
    # As an earlier version wrote it, with an id of the clock of a machine that was a thousand years ahead.
    ahead = {"load_id": "30261128T081530123456-0a1b2c3d", "loaded_at": "3026-11-28"}
    columns = ", ".join(f"'{ahead[name]}'" if name in ahead else name for name in LOAD_LOG_COLUMNS)
    pipeline.warehouse.execute(
        f"INSERT INTO {LOAD_LOG} ({', '.join(LOAD_LOG_COLUMNS)}) SELECT {columns} FROM {LOAD_LOG} "
        "WHERE table_name = 'orders'"
    )
    pipeline.sql("UPDATE orders SET total_amount = 12")
    loaded = pipeline.move(ORDERS, days(0))
    assert read_loads(pipeline.warehouse)["orders", day(0)].checksum == loaded.checksum


def test_load_ids_are_numbers_of_the_tables_loads(pipeline: Pipeline) -> None:
    ids = [pipeline.move(USERS).load_id for _ in range(2)] + [pipeline.move(ORDERS, days(0)).load_id]
    assert [identifier.partition("-")[0] for identifier in ids] == ["L000000000001", "L000000000002", "L000000000001"]


def test_a_log_that_was_emptied_gives_no_id_again(pipeline: Pipeline) -> None:
    first = pipeline.move(USERS).load_id
    pipeline.warehouse.execute(f"DELETE FROM {LOAD_LOG}")
    assert pipeline.move(USERS).load_id != first


def test_a_load_of_a_long_history_is_logged_in_statements_that_snowflake_takes(pipeline: Pipeline) -> None:
    row = ("orders", None, "L000000000001-0", 10**6, "9" * 24, "9" * 24, "9" * 24, "4:0123456789abcdef", 180_006)
    rest = ("e" * 32, "0" * 36, START, datetime(2026, 1, 1), True)
    rows = [(row[0], START + timedelta(days=number), *row[2:], *rest) for number in range(4_000)]
    assert len(rows[0]) == len(LOAD_LOG_COLUMNS)
    with pipeline.warehouse.transaction():
        pipeline.warehouse.execute_many(sql.insert_log(), rows)
    assert pipeline.warehouse.rows(
        f"SELECT COUNT(*), COUNT(DISTINCT partition_date) FROM {LOAD_LOG} WHERE table_name = 'orders'"
    ) == [(4_000, 4_000)]
    pipeline.warehouse.execute(f"DELETE FROM {LOAD_LOG} WHERE table_name = 'orders'")
