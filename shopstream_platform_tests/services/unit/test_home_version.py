"""A home says which version uses it; that of a newer one is left as it is."""

import json
from pathlib import Path

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.services.home_version import NAME, VERSION, refuse_newer, write_version
from shopstream_platform.services.postgres import EmbeddedPostgres


def test_a_home_without_a_version_is_of_the_first_and_gets_todays(tmp_path: Path) -> None:
    refuse_newer(tmp_path)
    write_version(tmp_path)
    assert json.loads((tmp_path / NAME).read_text()) == {"version": VERSION}
    refuse_newer(tmp_path)


def test_a_service_does_not_start_in_the_home_of_a_newer_version(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(json.dumps({"version": VERSION + 1}))
    with pytest.raises(ShopStreamError, match=f"newer ShopStream .*says {VERSION + 1}, this one knows {VERSION}"):
        EmbeddedPostgres(tmp_path).start()
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
