"""The running day: lived up to a moment, again and again, and at its end the day that it would have been at once."""

from datetime import date, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from shopstream_platform.simulator.errors import NotYet, PastDay
from shopstream_platform.simulator.simulator import newest_day, running_day, simulate
from shopstream_platform_tests.simulator.integration.conftest import FIRST, SCHEMA, NewDatabase, ask, days, value

SHORT = days(FIRST, 20)
TODAY = FIRST + timedelta(20)
ALL_BUT_THE_STOCK = """
    SELECT count(*), sum(hashtextextended((to_jsonb(t) - 'stock_quantity')::text, 0)) FROM {table} t
"""
LATEST = """
    SELECT greatest(
        (SELECT max(created_at) FROM users), (SELECT max(created_at) FROM orders), (SELECT max(event_ts) FROM events),
        (SELECT max(created_at) FROM crm_contacts), (SELECT max(converted_at) FROM crm_contacts),
        (SELECT max(last_login) FROM users)
    )
"""


def at(hour: int, minute: int = 0, day: date = TODAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute)


def contents(connection: Connection) -> dict[str, object]:
    return {table: ask(connection, ALL_BUT_THE_STOCK.format(table=table)) for table in SCHEMA.tables}


def live(connection: Connection, now: datetime, scale: float = 20) -> None:
    simulate(connection, SCHEMA, [now.date()], scale=scale, seed=42, now=now)


@pytest.fixture
def shop(new_database: NewDatabase) -> Connection:
    connection = new_database()
    simulate(connection, SCHEMA, SHORT, scale=20, seed=42)
    return connection


def test_nothing_of_the_shop_is_of_a_moment_that_has_not_come(shop: Connection) -> None:
    orders = []
    for now in (at(0, 30), at(9), at(9, 1), at(17)):
        live(shop, now)
        assert value(shop, LATEST) <= now
        orders.append(value(shop, f"SELECT count(*) FROM orders WHERE created_at::date = '{TODAY}'"))
        assert running_day(shop).lived_to == now
    assert orders == sorted(orders)
    assert orders[-1] > orders[0]
    # A day that is running is not one that exists.
    assert newest_day(shop) == SHORT[-1]


def test_orders_of_the_day_move_on_with_it(shop: Connection) -> None:
    early = f"created_at::date = '{TODAY}' AND created_at < '{at(9)}'"
    statuses = f"SELECT status, count(*) FROM orders WHERE {early} GROUP BY 1"
    live(shop, at(9))
    before = dict(ask(shop, statuses))
    live(shop, at(23))
    after = dict(ask(shop, statuses))
    assert sum(before.values()) == sum(after.values())
    assert before["pending"] > after.get("pending", 0)


def test_a_lived_day_is_the_day_that_it_would_have_been_at_once(shop: Connection, new_database: NewDatabase) -> None:
    for now in (at(0, 5), at(7), at(12, 34), at(12, 34), at(23, 59)):
        live(shop, now)
    simulate(shop, SCHEMA, [TODAY, TODAY + timedelta(1)], scale=20, seed=42)
    other = new_database()
    simulate(other, SCHEMA, [*SHORT], scale=20, seed=42)
    simulate(other, SCHEMA, [TODAY, TODAY + timedelta(1)], scale=20, seed=42)
    assert contents(shop) == contents(other)
    assert running_day(shop) is None
    assert newest_day(shop) == TODAY + timedelta(1)
    left = ask(shop, "SELECT relname FROM pg_class WHERE relname LIKE 'coming%'")
    assert left == []


def test_the_same_moment_again_and_an_earlier_one_change_nothing(shop: Connection) -> None:
    live(shop, at(12))
    before = contents(shop)
    for now in (at(12), at(11)):
        live(shop, now)
    assert contents(shop) == before


def test_the_next_day_ends_the_one_before(shop: Connection) -> None:
    live(shop, at(12))
    morning = at(8, day=TODAY + timedelta(1))
    live(shop, morning)
    assert value(shop, f"SELECT max(created_at) >= '{at(20)}' FROM orders WHERE created_at::date = '{TODAY}'")
    assert newest_day(shop) == TODAY
    assert running_day(shop).day == TODAY + timedelta(1)
    assert value(shop, LATEST) <= morning


def test_a_process_that_dies_leaves_the_last_moment(shop: Connection) -> None:
    live(shop, at(12))
    before = contents(shop)
    with shop.cursor() as cursor:
        cursor.execute("ALTER TABLE events ADD CONSTRAINT broken CHECK (event_ts <= %s) NOT VALID", [at(12)])
    shop.commit()
    with pytest.raises(Exception, match="broken"):
        live(shop, at(18))
    shop.rollback()
    assert contents(shop) == before
    assert running_day(shop).lived_to == at(12)


def test_rows_that_somebody_else_has_put_there_stay(shop: Connection) -> None:
    tomorrow = at(8, day=TODAY + timedelta(1))
    for moment in (at(3), at(20), tomorrow):
        with shop.cursor() as cursor:
            cursor.execute("INSERT INTO events (event_type, event_ts) VALUES ('foreign', %s)", [moment])
    shop.commit()
    live(shop, at(12))
    live(shop, at(8, day=TODAY + timedelta(1)))
    assert value(shop, "SELECT count(*) FROM events WHERE event_type = 'foreign'") == 3


def test_an_insert_beside_takes_no_number_that_is_to_come(shop: Connection) -> None:
    live(shop, at(6))
    with shop.cursor() as cursor:
        cursor.execute("INSERT INTO events (event_type) VALUES ('foreign')")
    shop.commit()
    live(shop, at(8, day=TODAY + timedelta(1)))
    assert value(shop, "SELECT count(*) - count(DISTINCT id) FROM events") == 0


def test_what_has_not_begun_is_refused(shop: Connection, new_database: NewDatabase) -> None:
    with pytest.raises(NotYet, match="2025-09-22 has not begun in the shop, where it is 2025-09-21 12:00"):
        simulate(shop, SCHEMA, [TODAY + timedelta(1)], scale=1, seed=42, now=at(12))
    with pytest.raises(NotYet, match="a new shop begins with days that are over"):
        simulate(new_database(), SCHEMA, [TODAY], scale=1, seed=42, now=at(12))
    live(shop, at(12))
    with pytest.raises(PastDay, match="lies before the newest"):
        simulate(shop, SCHEMA, [FIRST - timedelta(1)], scale=1, seed=42, now=at(12))


def test_a_new_shop_has_its_history_and_the_running_day(new_database: NewDatabase) -> None:
    connection = new_database()
    summary = simulate(connection, SCHEMA, [*SHORT, TODAY], scale=1, seed=42, now=at(12, 34))
    assert summary.days == [*SHORT, TODAY]
    assert str(summary).startswith("21 days, 2025-09-01 to 2025-09-21, the last one up to 12:34: ")
    other = new_database()
    simulate(other, SCHEMA, SHORT, scale=1, seed=42)
    live(other, at(12, 34), scale=1)
    assert contents(connection) == contents(other)
