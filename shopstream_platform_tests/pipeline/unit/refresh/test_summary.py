"""The line that ends a refresh says what was compared and what was not."""

from dataclasses import replace
from datetime import datetime, time

from shopstream_platform.contract.tables import TABLES
from shopstream_platform.pipeline.refresh.compare import Beyond, Compared, window
from shopstream_platform.pipeline.refresh.drift import Drift
from shopstream_platform.pipeline.refresh.plan import Plan
from shopstream_platform.pipeline.refresh.summary import closing_line
from shopstream_platform_tests.fixtures.pipeline import day


def test_all_of_history() -> None:
    assert closing_line(Plan(compared=window(day(0), day(9), None))) == (
        f"Compared: {len(TABLES)} tables, 2025-09-01 to 2025-09-10 (10 days). Left out: nothing."
    )


def test_a_running_day_is_named_and_rows_that_claim_to_be_of_a_later_hour_are_counted() -> None:
    compared = window(day(0), day(9), None, datetime.combine(day(9), time(12)))
    assert closing_line(Plan(compared=compared)) == (
        f"Compared: {len(TABLES)} tables, 2025-09-01 to 2025-09-10 (10 days), of which 2025-09-10 is not over. "
        "Left out: nothing."
    )
    beyond = {"orders": Beyond(today=0, future=2, later=3), "events": Beyond(today=0, future=0, later=1)}
    assert closing_line(Plan(compared=replace(compared, beyond=beyond))) == (
        f"Compared: {len(TABLES)} tables, 2025-09-01 to 2025-09-10 (10 days), of which 2025-09-10 is not over. "
        "4 rows dated later today, compared and loaded with their day (orders 3, events 1). "
        "Left out: 2 rows dated after today, due when their day has come (orders 2)."
    )


def test_nothing_was_there_to_compare() -> None:
    assert closing_line(Plan()) == "Compared: nothing, since the source had no data before this run."


def test_everything_that_was_left_out_is_counted() -> None:
    compared = Compared(
        first=day(7),
        last=day(9),
        start=day(0),
        widened=frozenset({day(3)}),
        beyond={"orders": Beyond(today=1200, future=1), "events": Beyond(today=34, future=0)},
    )
    drift = Drift(refused={"users": "no grant"}, undeclared={"products": ["colour", "size"]})
    assert closing_line(Plan(drift=drift, compared=compared)) == (
        f"Compared: {len(TABLES) - 1} tables, 2025-09-01, 2025-09-04, 2025-09-08 to 2025-09-10 (5 days). "
        "Left out: "
        "2025-09-02 to 2025-09-03, 2025-09-05 to 2025-09-07 (5 days) of history, which a comparison without --days "
        "includes; 1,234 rows of today, which are due when the day is over (orders 1,200, events 34); 1 row "
        "dated after today, due when their day has come (orders 1); 1 table that is refused (users); "
        "2 undeclared columns of products."
    )
