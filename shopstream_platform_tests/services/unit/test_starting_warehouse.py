"""Where a warehouse will answer is known before it does: dbt's project is parsed while it starts."""

import json
import time
from pathlib import Path
from threading import Timer

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.services import embedded
from shopstream_platform.services.warehouse import EmbeddedWarehouse


def start(home: Path) -> None:
    """What a start writes before the server is up."""
    folder = home / "warehouse"
    folder.mkdir(parents=True)
    (folder / "state.tmp").write_text(json.dumps({"password": home.name, "ports": {"port": 12345}}))
    (folder / "state.tmp").rename(folder / "state.json")


def test_it_is_told_as_soon_as_the_starter_has_chosen_it(tmp_path: Path) -> None:
    Timer(0.3, start, [tmp_path]).start()
    begun = time.monotonic()
    at = embedded.starting_warehouse(tmp_path)
    assert time.monotonic() - begun >= 0.3
    assert (at.port, at.password) == (12345, tmp_path.name)


def test_nobody_starts_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EmbeddedWarehouse, "start_timeout", 0.2)
    with pytest.raises(ShopStreamError, match="never been started"):
        embedded.starting_warehouse(tmp_path)
