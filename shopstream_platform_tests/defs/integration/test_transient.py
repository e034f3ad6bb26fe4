"""A service that goes away in mid-work is a transient fault, which the assets try again; a refusal is not."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.defs.assets.common import RETRIES, errors_for_the_user
from shopstream_platform.services import embedded
from shopstream_platform.services.object_store import EmbeddedObjectStore
from shopstream_platform.services.postgres import EmbeddedPostgres
from shopstream_platform.services.warehouse import EmbeddedWarehouse
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.postgres import connect, snapshot
from shopstream_platform.stores.warehouse import Warehouse, open_session


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Path]:
    """Services that a test may stop."""
    yield tmp_path / "home"
    embedded.down(tmp_path / "home")


def test_postgres_restarted_in_mid_snapshot(own_home: Path) -> None:
    server = EmbeddedPostgres(own_home)
    server.start()
    with pytest.raises(TransientError, match=r"PostgreSQL at \S+ broke"), snapshot(server.connection().dsn) as conn:
        server.stop()
        server.start()
        conn.cursor().execute("SELECT 1")
    with connect(server.connection().dsn) as conn:
        conn.cursor().execute("SELECT 1")


def test_postgres_that_is_down(own_home: Path) -> None:
    server = EmbeddedPostgres(own_home)
    dsn = server.start().dsn
    server.stop()
    with pytest.raises(TransientError, match="cannot be reached") as caught, connect(dsn):
        pass
    assert server.remembered("password") not in str(caught.value)


def test_an_object_store_that_is_down(own_home: Path) -> None:
    store = EmbeddedObjectStore(own_home)
    lake = Lake(store.start())
    store.stop()
    with pytest.raises(TransientError, match="could not be used"):
        lake.etags("raw/")


@pytest.mark.slow
def test_a_warehouse_restarted_in_mid_transaction_keeps_the_state_before(own_home: Path) -> None:
    warehouse = EmbeddedWarehouse(own_home, lambda: embedded.ensure_object_store(own_home))
    with pytest.raises(TransientError), open_session(warehouse.start()) as session, session.transaction():
        session.execute("UPDATE RAW._LOAD_LOCK_ORDERS SET locked_by = 'killed'")
        warehouse.stop()
        warehouse.start()
        session.execute("SELECT 1")
    with open_session(warehouse.connection()) as session:
        assert session.value("SELECT COUNT(*) FROM RAW._LOAD_LOCK_ORDERS WHERE locked_by = 'killed'") == 0


def test_a_refused_statement_is_not_transient(warehouse_session: Warehouse, running_home: Path) -> None:
    with pytest.raises(ShopStreamError, match="Snowflake refused") as caught:  # noqa: SIM117
        with open_session(embedded.ensure_warehouse(running_home)) as session:
            session.execute("SELECT * FROM RAW.no_such_table")
    assert not isinstance(caught.value, TransientError)


def run_asset_that_raises(errors: list[ShopStreamError]) -> tuple[bool, int]:
    """Whether the run succeeded, and how often the step ran; each attempt raises the next error until none is left."""
    attempts = 0

    @dg.asset
    def faulty(context: dg.AssetExecutionContext) -> None:
        nonlocal attempts
        attempts += 1
        with errors_for_the_user(context):
            if errors:
                raise errors.pop(0)

    return dg.materialize([faulty], raise_on_error=False).success, attempts


def test_a_transient_fault_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopstream_platform.defs.assets.common.FIRST_PAUSE_SECONDS", 0)
    assert run_asset_that_raises([TransientError("503"), TransientError("503")]) == (True, 3)


def test_a_fault_that_stays_fails_after_the_last_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopstream_platform.defs.assets.common.FIRST_PAUSE_SECONDS", 0)
    assert run_asset_that_raises([TransientError("503")] * 9) == (False, RETRIES + 1)


def test_a_permanent_error_is_not_tried_again() -> None:
    assert run_asset_that_raises([ShopStreamError("a column is missing")]) == (False, 1)
