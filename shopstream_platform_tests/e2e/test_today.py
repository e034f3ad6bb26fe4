"""Today is loaded: the reports' own way, whose script fills the tables today, and a shop that lives through the day."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from datetime import time as Time
from zoneinfo import ZoneInfo

import psycopg2
import pytest
from faker import Faker
from psycopg2.extensions import cursor as Cursor
from psycopg2.extensions import make_dsn
from psycopg2.extras import execute_values

from shopstream_platform_tests.e2e.shop import PROGRAMS, Shop
from shopstream_platform_tests.e2e.test_demo import NOTHING_TO_DO
from shopstream_platform_tests.fixtures.external import source_schema

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

DATABASE = "reports"
# The zone in which a new day begins first.
LATER = 14
EPOCH = date(1970, 1, 1)
DAYS = 30
DAILY = "SELECT sale_date, SUM(total_orders), MIN(is_complete_day) FROM MARTS.mart_sales_daily GROUP BY 1 ORDER BY 1"


def zone(offset: int) -> str:
    """The time zone so many hours before UTC's clocks; Etc counts the other way."""
    return f"Etc/GMT{-offset:+d}"


def in_the_midst_of_a_day() -> int:
    """A zone's offset in which no day ends soon, but in which it is a day earlier than where days begin first."""
    today = {hours: datetime.now(timezone(timedelta(hours=hours))) for hours in range(-12, LATER + 1)}
    return min(
        (hours for hours in today if today[hours].date() < today[LATER].date()), key=lambda h: abs(today[h].hour - 12)
    )


def fill(cursor: Cursor, now: datetime) -> None:
    """What a script with Faker does on its first day: accounts, and orders of the last weeks up to this moment."""
    fake = Faker()
    fake.seed_instance(7)
    moments = [now - timedelta(days=number % DAYS, seconds=number) for number in range(60)]
    people = [(fake.unique.email(), fake.first_name(), "FRA", moment) for moment in moments]
    execute_values(cursor, "INSERT INTO users (email, first_name, country, created_at) VALUES %s", people)
    goods = [(1, fake.word(), "Toys", 10) for _ in range(5)]
    execute_values(cursor, "INSERT INTO products (merchant_id, name, category, price) VALUES %s", goods)
    for number, moment in enumerate(moments):
        order(cursor, moment, number % len(people) + 1)
        cursor.execute(
            "INSERT INTO events (user_id, event_type, event_ts) VALUES (%s, 'page_view', %s)", [number + 1, moment]
        )


def order(cursor: Cursor, moment: datetime, user: int = 1) -> None:
    """An order of one line."""
    cursor.execute(
        "WITH o AS (INSERT INTO orders (user_id, created_at, total_amount, status) VALUES (%s, %s, 10, 'paid') "
        "RETURNING id) INSERT INTO order_items (order_id, product_id, quantity, unit_price, line_total) "
        "SELECT id, 1, 1, 10, 10 FROM o",
        [user, moment],
    )


def payload(shop: Shop) -> dict:
    """What the sales overview was given."""
    page = (shop.home / "dashboards" / "sales_overview.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="payload">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])["data"]


def succeeded(shop: Shop, *arguments: str) -> str:
    ran = shop.shopstream(*arguments)
    assert ran.code == 0, ran.everything
    return ran.text


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A home in the midst of its day, whose newest partition is that day."""
    offset = in_the_midst_of_a_day()
    today = datetime.now(ZoneInfo(zone(offset))).date()
    shop = Shop(tmp_path_factory.mktemp("today"), today - timedelta(days=DAYS), zone(offset))
    shop = shop.having(SHOPSTREAM_INCLUDE_TODAY="true")
    try:
        yield shop
    finally:
        assert shop.shopstream("down").code == 0


def test_tables_that_were_filled_today_are_in_the_marts_and_on_the_pages_marked_as_running(home: Shop) -> None:
    home.psql(f"CREATE DATABASE {DATABASE}")
    theirs = make_dsn(home.connections["postgres"]["dsn"], dbname=DATABASE)
    shop = home.having(SHOPSTREAM_SOURCE="external", SHOPSTREAM_POSTGRES_DSN=theirs)
    now = datetime.now(ZoneInfo(home.zone)).replace(tzinfo=None)
    today, tomorrow = now.date(), datetime.combine(now.date() + timedelta(days=1), Time(8))
    with closing(psycopg2.connect(theirs)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(source_schema())
        fill(cursor, now)
        order(cursor, tomorrow)

    said = succeeded(shop, "refresh")
    assert f"of which {today} is not over" in said
    assert "Left out: 2 rows dated after today" in said
    days = {day: (int(orders), complete) for day, orders, complete in shop.warehouse_rows(DAILY)}
    assert days[today] == (2, False)
    assert all(complete for day, (_, complete) in days.items() if day != today)
    complete = dict(shop.warehouse_rows("SELECT date_day, is_complete_day FROM CORE.dim_date"))
    assert (complete[today - timedelta(days=1)], complete[today]) == (True, False)
    data = payload(shop)
    assert (data["last"], data["status"]["complete_to"]) == ((today - EPOCH).days, (today - EPOCH).days - 1)
    assert (today - EPOCH).days in data["daily"]["day"]
    assert NOTHING_TO_DO in (idle := succeeded(shop, "refresh"))
    assert "Left out: 2 rows dated after today" in idle
    assert "rows not loaded yet: 1 of later days" in succeeded(shop, "doctor")

    with closing(psycopg2.connect(theirs)) as connection, connection, connection.cursor() as cursor:
        order(cursor, now)
    assert f"orders: {today} (1 day): changed" in succeeded(shop, "refresh", "--days", "3")
    assert {day: orders for day, orders, _ in shop.warehouse_rows(DAILY)}[today] == 3
    partition = shop.materialize("--partition", str(today))
    assert partition.code == 0, partition.everything

    # The clock moves on, and no row changes.
    morning = replace(shop, zone=zone(LATER))
    assert f"orders: {today} (1 day): was loaded before it was over" in succeeded(morning, "refresh")
    assert {day: complete for day, _, complete in shop.warehouse_rows(DAILY)}[today]
    assert payload(shop)["status"]["complete_to"] >= (today - EPOCH).days
    assert NOTHING_TO_DO in succeeded(morning, "refresh")
    assert "Verified" in succeeded(morning, "verify")


def test_a_shop_lives_through_its_day(home: Shop) -> None:
    orders = "SELECT count(*), max(created_at) FROM orders"
    shop = home.having(SHOPSTREAM_SCALE="3")
    assert "the last one up to" in succeeded(shop, "seed")
    ((seeded, newest),) = shop.source_rows(orders)
    now = datetime.now(ZoneInfo(home.zone)).replace(tzinfo=None)
    assert newest <= now

    lived = shop.shopstream("live", "--speed", "6000", "--minutes", "300")
    assert lived.code == 0, lived.everything
    assert "It will be ahead of the clock" in lived.text
    assert re.search(r"\d\d:\d\d  .*\d events?", lived.out), lived.everything
    ((there, latest),) = shop.source_rows(orders)
    assert there > seeded
    assert latest <= now + timedelta(minutes=310)

    living = subprocess.Popen(
        [PROGRAMS / "shopstream", "live", "--speed", "60"], env=shop.environment(), stdout=subprocess.PIPE, text=True
    )
    assert living.stdout
    while "Ctrl-C ends it" not in living.stdout.readline():
        assert living.poll() is None
    time.sleep(1.5)
    os.kill(living.pid, signal.SIGINT)
    said, _ = living.communicate(timeout=30)
    assert living.returncode == 0
    assert "The shop stands at" in " ".join(said.split())
    assert ", ahead of the clock" in " ".join(said.split())

    external = shop.having(SHOPSTREAM_SOURCE="external").shopstream("live")
    assert external.code == 1
    assert "only read" in external.err


def test_a_simulated_shop_is_refreshed_while_it_lives(home: Shop) -> None:
    today = datetime.now(ZoneInfo(home.zone)).date()
    said = succeeded(home, "refresh")
    assert "Compared: nothing, since the source had no data before this run." in said
    assert home.raw() == home.oltp()
    assert NOTHING_TO_DO in succeeded(home, "refresh")

    succeeded(home, "live", "--speed", "60000", "--minutes", "600")
    assert "dated later today, compared and loaded with their day" in succeeded(home, "refresh")
    assert home.raw() == home.oltp()
    running = "SELECT newest_day, newest_complete_day FROM CORE.data_status"
    assert home.warehouse_rows(running) == [(today, today - timedelta(days=1))]

    # When the day has ended, its rest comes with the next refresh, and a new day begins.
    morning = replace(home, zone=zone(LATER))
    now = datetime.now(ZoneInfo(morning.zone)).date()
    assert f"source: simulate {today} to {now}" in succeeded(morning, "refresh", "--dry-run")
    succeeded(morning, "refresh")
    assert morning.raw() == morning.oltp()
    assert morning.warehouse_rows(running) == [(now, now - timedelta(days=1))]
    assert NOTHING_TO_DO in succeeded(morning, "refresh")
