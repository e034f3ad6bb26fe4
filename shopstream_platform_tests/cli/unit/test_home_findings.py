"""What `shopstream doctor` says of a home that others can look into."""

from pathlib import Path

import pytest

from shopstream_platform.cli.doctor.home import home_findings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "object_store" / "data").mkdir(parents=True)
    (home / "dashboards").mkdir()
    (home / "dashboards" / "sales.html").write_text("figures")
    (home / "object_store" / "data" / "1.vif").write_text("a server's own")
    for path in (home, *home.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    (home / "object_store" / "data" / "1.vif").chmod(0o644)
    return home


def said(home: Path) -> tuple[str, str]:
    (finding,) = home_findings(home)
    return finding.state, finding.detail


def test_a_closed_home_is_in_order(home: Path) -> None:
    assert said(home) == ("ok", f"{home} and all in it are closed to other users of this machine")


def test_an_open_home_is_an_error_with_the_command_that_closes_it(home: Path) -> None:
    home.chmod(0o755)
    state, detail = said(home)
    assert state == "error"
    assert detail.endswith(f"run `chmod -R go-rwx {home}`")


def test_an_open_file_in_a_closed_home_is_a_warning_that_names_it(home: Path) -> None:
    (home / "dashboards" / "sales.html").chmod(0o644)
    state, detail = said(home)
    assert state == "warning"
    assert "1 entries" in detail
    assert "(dashboards/sales.html)" in detail


def test_without_a_home_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert list(home_findings(tmp_path / "never")) == []
