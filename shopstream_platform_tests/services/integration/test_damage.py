"""Files of a home that are damaged or gone: the services say what to do, and doing it ends well."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.services import embedded
from shopstream_platform.services.object_store import EmbeddedObjectStore
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.warehouse import open_session
from shopstream_platform_tests.services.integration.conftest import kill

STAGED = "LIST @RAW.LAKE_STAGE"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of which tests break one thing after another."""
    home = tmp_path_factory.mktemp("damage") / "home"
    embedded.up(home)
    Lake(embedded.ensure_object_store(home)).write("raw/kept", b"kept", "text/plain")
    yield home
    embedded.down(home)


def _listed(home: Path) -> bool:
    """Whether the warehouse finds the lake's object by its stage."""
    embedded.up(home)
    with open_session(embedded.ensure_warehouse(home)) as session:
        (stage,) = [row[1] for row in session.rows("SHOW STAGES IN SCHEMA RAW")]
        return any("raw/kept" in str(row[0]) for row in session.rows(f"LIST @RAW.{stage}"))


@pytest.mark.slow
def test_a_running_warehouse_finds_a_store_that_came_back_elsewhere(home: Path) -> None:
    assert _listed(home)
    kill(EmbeddedObjectStore(home))
    (home / "object_store" / "state.json").unlink()
    assert _listed(home)


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "{", "[]", '{"ports": 5}', '{"ports": {"port": "x"}}'])
@pytest.mark.parametrize("name", ["object_store", "warehouse"])
def test_a_damaged_state_is_deleted_as_advised(name: str, content: str, home: Path) -> None:
    state = home / name / "state.json"
    state.write_text(content)
    with pytest.raises(
        ShopStreamError, match=f"{state} is damaged: put the file back, or delete {state} and run again"
    ):
        embedded.up(home)
    state.unlink()
    assert _listed(home)


@pytest.mark.slow
def test_services_with_a_damaged_state_can_be_seen_and_stopped(home: Path) -> None:
    embedded.up(home)
    states = {name: home / name / "state.json" for name in ("postgres", "object_store", "warehouse")}
    before = {name: path.read_text() for name, path in states.items()}
    for path in states.values():
        path.write_text("{")
    assert [(service.running, service.port) for service in embedded.status(home)] == [(True, None)] * 3
    assert embedded.down(home)
    with pytest.raises(ShopStreamError, match="put the file back: it has the password"):
        embedded.ensure_postgres(home)
    for name, path in states.items():
        path.write_text(before[name])
    assert _listed(home)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SHOPSTREAM_DWH.db", "catalogue.duckdb"])
def test_a_damaged_database_is_moved_away_as_advised(name: str, home: Path) -> None:
    embedded.up(home)
    embedded.down(home)
    data = home / "warehouse" / "data"
    (data / name).write_bytes(b"junk")
    with pytest.raises(ShopStreamError, match=f"{name} is damaged .*move {data} away and run `shopstream refresh`"):
        embedded.up(home)
    data.rename(data.with_name(f"data-{name}"))
    assert _listed(home)
