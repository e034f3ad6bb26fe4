"""The simulated source: which databases it writes to, and what its user is told of a refusal."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import count
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn

from shopstream_platform.config.connections import PostgresConnection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import CalendarSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract import days
from shopstream_platform.pipeline import simulated
from shopstream_platform.pipeline.refresh.missing import days_to_simulate
from shopstream_platform.pipeline.simulated import SCHEMA, ensure_own_source, simulate_days
from shopstream_platform.services import embedded, resolve
from shopstream_platform.simulator.errors import SimulatorError

NewDatabase = Callable[[], Connection]
FIRST, SECOND, THIRD = date(2025, 9, 1), date(2025, 9, 2), date(2025, 9, 3)
_numbers = count(1)


@pytest.fixture(scope="module")
def new_database(embedded_home: Path) -> Iterator[NewDatabase]:
    """Connections to empty databases of their own."""
    connections: list[Connection] = []

    def create() -> Connection:
        dsn = embedded.database(embedded_home, f"simulated_{next(_numbers)}").dsn
        connections.append(psycopg2.connect(dsn))
        return connections[-1]

    yield create
    for connection in connections:
        connection.close()


def test_the_embedded_server_is_always_ours(new_database: NewDatabase) -> None:
    connection = new_database()
    ensure_own_source(connection, embedded=True, allow_foreign=False)
    simulate_days(connection, [FIRST], scale=1, seed=42)
    ensure_own_source(connection, embedded=True, allow_foreign=False)


def test_another_server_needs_a_word(new_database: NewDatabase) -> None:
    connection = new_database()
    with pytest.raises(ShopStreamError, match="is not the embedded server: set SHOPSTREAM_SOURCE=external"):
        ensure_own_source(connection, embedded=False, allow_foreign=False)
    ensure_own_source(connection, embedded=False, allow_foreign=True)
    simulate_days(connection, [FIRST], scale=1, seed=42)
    ensure_own_source(connection, embedded=False, allow_foreign=True)


@pytest.mark.parametrize(("on_embedded", "allow_foreign"), [(True, False), (True, True), (False, True)])
def test_tables_filled_by_somebody_else_are_refused(
    new_database: NewDatabase, on_embedded: bool, allow_foreign: bool
) -> None:
    connection = new_database()
    with connection, connection.cursor() as cursor:
        for statement in (*SCHEMA.create_tables, *SCHEMA.create_indexes):
            cursor.execute(statement)
    ensure_own_source(connection, embedded=on_embedded, allow_foreign=allow_foreign)
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO users (email) VALUES ('real@customer.example')")
    with pytest.raises(ShopStreamError, match=r"holds rows in users .*: set SHOPSTREAM_SOURCE=external to read them"):
        ensure_own_source(connection, embedded=on_embedded, allow_foreign=allow_foreign)
    with pytest.raises(ShopStreamError, match="never writes to somebody else's data"):
        simulate_days(connection, [FIRST], scale=1, seed=42)


def test_a_refused_day_is_a_sentence_with_a_way_out(new_database: NewDatabase) -> None:
    connection = new_database()
    with pytest.raises(ShopStreamError, match=r"2025-09-01 is followed by 2025-09-03: ask for all days .* range\.$"):
        simulate_days(connection, [FIRST, THIRD], scale=1, seed=42)
    simulate_days(connection, [SECOND], scale=1, seed=42)
    with pytest.raises(ShopStreamError, match=r"from 2025-09-03 on, or start afresh with `shopstream reset`\.$"):
        simulate_days(connection, [FIRST], scale=1, seed=42)


@pytest.mark.parametrize(
    ("include_today", "begun", "on_second", "on_third"),
    [
        # Begun or not, a day is over on the next one; its rest is then missing, with the day that runs by then.
        (True, False, [SECOND], [SECOND, THIRD]),
        (True, True, [], [SECOND, THIRD]),
        (False, False, [], [SECOND]),
        (False, True, [], [SECOND]),
    ],
)
def test_a_running_day_is_begun_once_and_ended_when_it_is_over(
    new_database: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    include_today: bool,
    begun: bool,
    on_second: list[date],
    on_third: list[date],
) -> None:
    connection = new_database()
    simulate_days(connection, [FIRST], scale=1, seed=42)
    if begun:
        simulate_days(connection, [SECOND], scale=1, seed=42, now=datetime(2025, 9, 2, 12))
    password = connection.info.password
    dsn = make_dsn(**{**connection.get_dsn_parameters(), "password": password})
    monkeypatch.setattr(resolve, "postgres", lambda _: PostgresConnection(dsn))
    settings = Settings(calendar=CalendarSettings(start_date=FIRST, include_today=include_today))

    def missing(today: date) -> list[date]:
        monkeypatch.setattr(days, "today", lambda _: today)
        monkeypatch.setattr("shopstream_platform.pipeline.refresh.missing.today", lambda _: today)
        return days_to_simulate(settings)

    assert (missing(SECOND), missing(THIRD)) == (on_second, on_third)


def test_every_refusal_of_the_simulator_has_its_advice() -> None:
    assert set(simulated._ADVICE) == set(SimulatorError.__subclasses__())
