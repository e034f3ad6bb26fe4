"""The last resort: one sentence, the traceback in a file that only its owner reads, the right exit code."""

import errno
import stat
import sys
from pathlib import Path

import pytest
import sqlalchemy.exc

from shopstream_platform.cli import app as cli
from shopstream_platform.cli.faults import sentence
from shopstream_platform.config.errors import ShopStreamError


def test_an_unexpected_error_is_kept_in_a_private_file(tmp_path: Path) -> None:
    try:
        raise ValueError("first line\nsecond line")
    except ValueError as error:
        said = sentence(error, tmp_path)
    (kept,) = (tmp_path / "logs").iterdir()
    assert "\n" not in said
    assert "unexpected ValueError" in said
    assert "first line" in said
    assert str(kept) in said
    assert "Traceback" in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_dagsters_database_went_away(tmp_path: Path) -> None:
    error = RuntimeError("too many retries")
    error.__cause__ = sqlalchemy.exc.OperationalError("SELECT 1", {}, Exception("server closed"))
    assert "Dagster's database could not be used any more" in sentence(error, tmp_path)


def test_a_home_that_was_emptied_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    said = sentence(RuntimeError("$DAGSTER_HOME is not a directory"), tmp_path)
    assert said.startswith(f"{tmp_path} was emptied while the command ran")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "dagster").mkdir()
    assert "unexpected RuntimeError" in sentence(RuntimeError("x"), tmp_path)


def test_a_full_disk(tmp_path: Path) -> None:
    assert "The disk is full" in sentence(OSError(errno.ENOSPC, "No space left on device", "/x"), tmp_path)


def test_a_full_disk_is_the_reason_whoever_noticed_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = sqlalchemy.exc.OperationalError("INSERT INTO snapshots", {}, Exception("could not extend file"))
    full = ShopStreamError("The disk is full: 0 MB of 10 MB are free at /x; free some space, then run again.")
    monkeypatch.setattr("shopstream_platform.cli.faults.full_disk", lambda _home: full)
    assert sentence(error, tmp_path) == str(full)


def test_a_read_only_disk(tmp_path: Path) -> None:
    said = sentence(OSError(errno.EROFS, "Read-only file system", "/x"), tmp_path)
    assert said == "The disk of /x is read-only: mount it for writing, then run again."


def test_a_home_in_which_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    assert "could not be kept" in sentence(ValueError("x"), tmp_path)


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (ShopStreamError("mend it"), 1, "error: mend it"),
        (ZeroDivisionError("division by zero"), 1, "unexpected ZeroDivisionError"),
        (KeyboardInterrupt(), 130, "interrupted; safe to run again"),
        (SystemExit(130), 130, "interrupted; safe to run again"),
    ],
)
def test_exit_codes(
    raised: BaseException,
    code: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise raised

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr(cli, "read_dotenv", lambda _checkout: None)
    monkeypatch.setattr(cli.os, "_exit", sys.exit)
    monkeypatch.setenv("SHOPSTREAM_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pandas", sys.modules.get("pandas"))
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == code
    printed = capsys.readouterr().err
    assert words in " ".join(printed.split())
    assert "Traceback (most" not in printed
