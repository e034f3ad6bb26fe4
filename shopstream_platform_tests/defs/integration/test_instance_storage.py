"""The instance's storage keeps its connections, notices those that are closed, and does not collect them."""

import os
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import dagster as dg
import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from shopstream_platform.cli.environment import STORAGE
from shopstream_platform.config.environment.variables import INSTANCE_URL
from shopstream_platform.defs.instance_storage import PooledPostgresStorage
from shopstream_platform.services import embedded

_numbers = count()


@pytest.fixture
def database(embedded_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """A look at the database of the instance that DAGSTER_HOME has: of the sessions of others in it."""
    at = embedded.database(embedded_home, f"instance_{os.getpid()}_{next(_numbers)}")
    (tmp_path / "dagster.yaml").write_text(STORAGE)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv(INSTANCE_URL, at.dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
    with closing(psycopg2.connect(at.dsn)) as connection:
        connection.autocommit = True
        yield connection


def others(database: Connection) -> set[int]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cursor.fetchall()}


@dg.op
def nothing() -> None: ...


@dg.job
def a_job() -> None:
    nothing()


def test_a_run_uses_the_same_connections_from_its_first_event_to_its_last(database: Connection) -> None:
    with dg.DagsterInstance.get() as instance:
        before = others(database)
        assert a_job.execute_in_process(instance=instance).success
        assert instance.get_runs_count() == 1
        assert len(before) == 2
        assert others(database) == before


def test_a_connection_that_the_server_has_closed_is_replaced(database: Connection) -> None:
    with dg.DagsterInstance.get() as instance:
        assert instance.get_runs_count() == 0
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchall() == [(True,), (True,)]
        assert a_job.execute_in_process(instance=instance).success
        assert instance.get_runs_count() == 1


def test_a_process_that_makes_many_instances_keeps_the_connections_of_one(database: Connection) -> None:
    kept = [dg.DagsterInstance.get() for _ in range(5)]
    assert len(others(database)) == 2
    # An older one goes on.
    assert [instance.get_runs_count() for instance in kept] == [0] * 5
    kept[-1].dispose()


def test_a_process_that_dagster_starts_makes_the_same_storage_of_the_reference(database: Connection) -> None:
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.get_ref().storage, PooledPostgresStorage)
        with dg.DagsterInstance.from_ref(instance.get_ref()) as again:
            assert again.get_runs_count() == 0
