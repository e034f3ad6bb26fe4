"""Fixtures for all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from shopstream_platform.services import embedded

# How long an example takes says something about the machine alone.
settings.register_profile("without_deadline", deadline=None)
settings.load_profile("without_deadline")

pytest_plugins = ["shopstream_platform_tests.fixtures.spine"]


@pytest.fixture(scope="session")
def embedded_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for embedded services; those that tests started are stopped at the end of the session."""
    home = tmp_path_factory.mktemp("shopstream")
    yield home
    embedded.down(home)
