"""One more day, again and again: repeatable, idempotent, careful with other people's data."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import StringIO

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from rich.console import Console

from shopstream_platform.simulator.errors import ForeignRows, HistoryWithGaps, PastDay
from shopstream_platform.simulator.report import print_report, progress_bars, read_report
from shopstream_platform.simulator.schema import Schema
from shopstream_platform.simulator.simulator import ensure_own_tables, newest_day, simulate
from shopstream_platform_tests.simulator.integration.conftest import (
    FIRST,
    SCHEMA,
    NewDatabase,
    ask,
    days,
    dsn_of,
    value,
)

SHORT = days(FIRST, 20)
NEXT = FIRST + timedelta(20)


def contents(connection: Connection) -> dict[str, object]:
    """A fingerprint of each table."""
    return {
        table: ask(connection, f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {table} t")
        for table in SCHEMA.tables
    }


@pytest.fixture
def small(new_database: NewDatabase) -> Connection:
    """A shop of twenty days."""
    connection = new_database()
    simulate(connection, SCHEMA, SHORT, scale=1, seed=42)
    return connection


def test_equal_arguments_give_equal_shops(new_database: NewDatabase) -> None:
    one, other = new_database(), new_database()
    simulate(one, SCHEMA, days(FIRST, 40), scale=2, seed=7)
    simulate(one, SCHEMA, days(FIRST, 45), scale=2, seed=7)
    simulate(other, SCHEMA, days(FIRST, 40), scale=2, seed=7)
    for day in days(FIRST + timedelta(40), 5):
        simulate(other, SCHEMA, [day], scale=2, seed=7)
    assert contents(one) == contents(other)


def test_another_seed_gives_another_shop(small: Connection, new_database: NewDatabase) -> None:
    other = new_database()
    simulate(other, SCHEMA, SHORT, scale=1, seed=43)
    assert contents(other) != contents(small)


def test_days_that_exist_are_left_as_they_are(small: Connection) -> None:
    before = contents(small)
    summary = simulate(small, SCHEMA, SHORT, scale=1, seed=42)
    assert (summary.days, str(summary)) == ([], "every day exists already")
    assert contents(small) == before


def test_only_the_missing_days_of_a_range_are_added(small: Connection) -> None:
    summary = simulate(small, SCHEMA, days(FIRST, 22), scale=1, seed=42)
    assert summary.days == [NEXT, NEXT + timedelta(1)]
    assert newest_day(small) == NEXT + timedelta(1)


def test_a_day_adds_only_its_own_business(small: Connection) -> None:
    old = "SELECT count(*), sum(total_amount) FROM orders WHERE created_at < '2025-09-21'"
    before = ask(small, old)
    summary = simulate(small, SCHEMA, [NEXT], scale=1, seed=42)
    assert ask(small, old) == before
    made = value(small, "SELECT count(*) FROM orders WHERE created_at::date = '2025-09-21'")
    assert made == summary.inserted["orders"]
    assert 3 <= summary.inserted["orders"] <= 40
    assert summary.updated["orders"] > 0


def test_a_life_of_sixty_days_keeps_the_pace(lived_in_shop: Connection) -> None:
    counts = dict(ask(lived_in_shop, "SELECT created_at::date >= '2025-10-01', count(*) FROM orders GROUP BY 1"))
    assert 1.4 * counts[False] < counts[True] < 4 * counts[False]
    assert value(lived_in_shop, "SELECT count(*) FROM orders WHERE created_at < '2025-10-10' AND status = 'paid'") == 0
    assert int(str(value(lived_in_shop, "SELECT count(*) FROM users WHERE created_at >= '2025-10-01'"))) > 100
    late = "SELECT count(*) FROM crm_contacts WHERE converted_at >= '2025-10-01'"
    assert int(str(value(lived_in_shop, late))) > 5
    assert int(str(value(lived_in_shop, "SELECT count(*) FROM products WHERE updated_at >= '2025-10-01'"))) > 100


def test_a_gap_stays_a_gap(small: Connection) -> None:
    later = NEXT + timedelta(10)
    simulate(small, SCHEMA, [later], scale=1, seed=42)
    with pytest.raises(PastDay, match="2025-09-25 lies before the newest simulated day 2025-10-01"):
        simulate(small, SCHEMA, [date(2025, 9, 25)], scale=1, seed=42)


def test_the_past_is_refused_in_one_sentence(small: Connection) -> None:
    before = contents(small)
    with pytest.raises(PastDay, match="the simulator only moves forward; choose days from 2025-09-21 on"):
        simulate(small, SCHEMA, [FIRST - timedelta(1)], scale=1, seed=42)
    assert contents(small) == before


def test_a_history_with_gaps_is_refused(new_database: NewDatabase) -> None:
    connection = new_database()
    with pytest.raises(HistoryWithGaps, match="2025-09-01 is followed by 2025-09-03"):
        simulate(connection, SCHEMA, [FIRST, FIRST + timedelta(2)], scale=1, seed=42)
    assert newest_day(connection) is None


def test_nothing_is_asked_nothing_is_done(new_database: NewDatabase) -> None:
    connection = new_database()
    assert simulate(connection, SCHEMA, [], scale=1, seed=42).days == []
    assert newest_day(connection) is None


def test_plain_inserts_work_afterwards(small: Connection) -> None:
    with small, small.cursor() as cursor:
        cursor.execute("INSERT INTO users (email) VALUES ('me@example.org') RETURNING id")
        ((user,),) = cursor.fetchall()
        cursor.execute("INSERT INTO orders (user_id, total_amount) VALUES (%s, 5) RETURNING id", [user])
        ((order,),) = cursor.fetchall()
        cursor.execute("INSERT INTO order_items VALUES (DEFAULT, %s, 1, 1, 5, 5)", [order])
        cursor.execute("INSERT INTO events (user_id, event_type) VALUES (%s, 'page_view')", [user])
        cursor.execute("INSERT INTO crm_contacts (email) VALUES ('me@example.org')")
        cursor.execute("INSERT INTO products (merchant_id, name, price) VALUES (1, 'Mine', 5)")
    assert simulate(small, SCHEMA, [NEXT], scale=1, seed=42).inserted["orders"] > 0


def test_a_killed_history_leaves_nothing_and_can_be_run_again(new_database: NewDatabase) -> None:
    connection = new_database()
    code = (
        "import os, signal, sys, psycopg2\nfrom datetime import date, timedelta\n"
        "from shopstream_platform.simulator.simulator import simulate\n"
        "from shopstream_platform_tests.simulator.integration.conftest import SCHEMA\n"
        "die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "days = [date(2025, 9, 1) + timedelta(n) for n in range(20)]\n"
        "simulate(psycopg2.connect(sys.stdin.read()), SCHEMA, days, scale=1, seed=42, progress=die)"
    )
    result = subprocess.run([sys.executable, "-c", code], input=dsn_of(connection), text=True, check=False)
    assert result.returncode == -9
    # The lock of the dead is gone once the server has noticed.
    simulate(connection, SCHEMA, SHORT, scale=1, seed=42)
    other = new_database()
    simulate(other, SCHEMA, SHORT, scale=1, seed=42)
    assert contents(connection) == contents(other)


def test_a_failing_day_leaves_nothing(small: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise RuntimeError("in the middle")

    before = contents(small)
    with monkeypatch.context() as patch:
        patch.setattr("shopstream_platform.simulator.day.log_in", fail)
        with pytest.raises(RuntimeError, match="in the middle"):
            simulate(small, SCHEMA, [NEXT], scale=1, seed=42)
    assert contents(small) == before
    assert newest_day(small) == NEXT - timedelta(1)


def test_two_simulators_queue(new_database: NewDatabase) -> None:
    connection = new_database()
    both = [psycopg2.connect(dsn_of(connection)) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        summaries = list(pool.map(lambda each: simulate(each, SCHEMA, SHORT, scale=1, seed=42), both))
    assert sorted(len(summary.days) for summary in summaries) == [0, 20]
    for each in both:
        each.close()


def test_a_shop_of_its_own_may_be_written_to(small: Connection, new_database: NewDatabase) -> None:
    ensure_own_tables(new_database(), SCHEMA)
    ensure_own_tables(small, SCHEMA)


def test_tables_filled_by_somebody_else_are_refused(new_database: NewDatabase) -> None:
    connection = new_database()
    with connection, connection.cursor() as cursor:
        for statement in SCHEMA.create_tables:
            cursor.execute(statement)
    ensure_own_tables(connection, SCHEMA)
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO users (email) VALUES ('real@customer.example')")
    with pytest.raises(ForeignRows, match="holds rows in users that the simulator did not make"):
        ensure_own_tables(connection, SCHEMA)
    with pytest.raises(ForeignRows, match="never writes to somebody else's data"):
        simulate(connection, SCHEMA, SHORT, scale=1, seed=42)
    assert value(connection, "SELECT count(*) FROM users") == 1


def test_a_further_table_is_created_and_stays_empty(new_database: NewDatabase) -> None:
    connection = new_database()
    reviews = "CREATE TABLE IF NOT EXISTS reviews (id SERIAL PRIMARY KEY, order_id INT REFERENCES orders(id))"
    schema = Schema((*SCHEMA.tables, "reviews"), (*SCHEMA.create_tables, reviews))
    simulate(connection, schema, SHORT, scale=1, seed=42)
    assert simulate(connection, schema, [NEXT], scale=1, seed=42).inserted["orders"] > 0
    assert value(connection, "SELECT count(*) FROM reviews") == 0


def test_empty_tables_are_filled(new_database: NewDatabase) -> None:
    connection = new_database()
    with connection, connection.cursor() as cursor:
        for statement in SCHEMA.create_tables:
            cursor.execute(statement)
    assert simulate(connection, SCHEMA, SHORT, scale=1, seed=42).inserted["orders"] > 0


def test_the_days_are_remembered_outside_the_six_tables(small: Connection) -> None:
    simulate(small, SCHEMA, [NEXT], scale=1, seed=42)
    made = dict(ask(small, "SELECT created_by, count(*) FROM shopstream_simulator.days GROUP BY 1"))
    assert made == {"history": 20, "day": 1}
    tables = {name for (name,) in ask(small, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert tables == set(SCHEMA.tables)


def test_the_report(new_database: NewDatabase) -> None:
    connection, text = new_database(), StringIO()
    console = Console(file=text, width=160)
    with progress_bars(console) as progress:
        summary = simulate(connection, SCHEMA, SHORT, scale=1, seed=42, progress=progress)
    report = read_report(connection, SCHEMA)
    print_report(console, summary, report)
    assert report.rows["orders"] == summary.inserted["orders"] == sum(report.orders_by_status.values())
    assert report.newest_day == SHORT[-1]
    for expected in ("Orders by country", "Events by type", "page_view", "FRA", "EUR"):
        assert expected in text.getvalue()
