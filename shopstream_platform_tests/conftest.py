"""Fixtures for all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from shopstream_platform.services import embedded, postgres

# How long an example takes says something about the machine alone.
settings.register_profile("without_deadline", deadline=None)
settings.load_profile("without_deadline")

pytest_plugins = ["shopstream_platform_tests.fixtures.spine"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """--postgres /usr/lib/postgresql/15/bin: the tests' server is of that version."""
    parser.addoption("--postgres", type=Path, metavar="BIN", help="programs of another PostgreSQL than the wheel's")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers a file's tests share one, and so do all tests of the finished demo, which takes a minute."""
    here = Path(__file__).parent
    for item in items:
        shares_demo = "demo" in getattr(item, "fixturenames", ())
        group = "demo" if shares_demo else str(item.path.relative_to(here))
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True)
def umask_of_each_test() -> Iterator[None]:
    """Settings that are loaded close all files to others for the rest of the process, in shared fixtures too."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def embedded_home(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Path]:
    """A home for embedded services; those that tests started are stopped at the end of the session."""
    home = tmp_path_factory.mktemp("shopstream")
    if programs := pytestconfig.getoption("--postgres"):
        # A home keeps the version that made it.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(postgres, "_candidates", lambda: [programs])
            embedded.ensure_postgres(home)
    yield home
    embedded.down(home)
