"""Which .env is read, and that it is said."""

from pathlib import Path

import pytest

from shopstream_platform.config.environment.dotenv import last_read, read_dotenv
from shopstream_platform.config.errors import ShopStreamError


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A checkout, and a working directory elsewhere."""
    checkout, working = tmp_path / "checkout", tmp_path / "elsewhere"
    checkout.mkdir()
    working.mkdir()
    monkeypatch.chdir(working)
    return checkout, working


def test_the_checkouts_comes_before_the_working_directorys(folders: tuple[Path, Path]) -> None:
    checkout, working = folders
    (checkout / ".env").write_text("SHOPSTREAM_SCALE=1\n")
    (working / ".env").write_text("SHOPSTREAM_SCALE=2\nSHOPSTREAM_SEED=3\n")
    environ: dict[str, str] = {}
    read = read_dotenv(checkout, environ)
    assert environ == {"SHOPSTREAM_SCALE": "1"}
    assert (read.path, read.passed_over) == (checkout / ".env", working / ".env")
    assert last_read() == read
    assert str(checkout) in str(read)
    assert f"{working / '.env'} was not" in str(read)


def test_without_one_in_the_checkout_the_working_directorys(folders: tuple[Path, Path]) -> None:
    checkout, working = folders
    (working / ".env").write_text("SHOPSTREAM_SEED=3\n")
    for place in (checkout, None):
        assert read_dotenv(place, environ := {}).path == working / ".env"
        assert environ == {"SHOPSTREAM_SEED": "3"}


def test_none(folders: tuple[Path, Path]) -> None:
    assert str(read_dotenv(folders[0], {})) == "no .env was read"


def test_a_variable_that_is_set_stays_be_it_empty(folders: tuple[Path, Path]) -> None:
    (folders[0] / ".env").write_bytes(b"\xef\xbb\xbfA=1\r\nB=2\r\nexport C='x y'\r\n# D=1\r\n")
    environ = {"A": "", "E": "5"}
    read = read_dotenv(folders[0], environ)
    assert environ == {"A": "", "B": "2", "C": "x y", "E": "5"}
    assert read.names == {"B", "C"}


@pytest.mark.parametrize("name", ["SHOPSTREAM_HOME", "SNOWFLAKE_PRIVATE_KEY_PATH", "SNOWFLAKE_TOKEN_FILE_PATH"])
def test_a_relative_path_is_of_the_files_folder(folders: tuple[Path, Path], name: str) -> None:
    for value, meant in {
        "here/it": f"{folders[0]}/here/it",
        "../it": f"{folders[0]}/../it",
        "/there": "/there",
        "~/it": "~/it",
        "": "",
    }.items():
        (folders[0] / ".env").write_text(f"{name}={value}\n")
        read_dotenv(folders[0], environ := {})
        assert environ == {name: meant}
    # What the shell says is of the working directory.
    read_dotenv(folders[0], environ := {name: "here"})
    assert environ == {name: "here"}


@pytest.mark.parametrize("content", [b"A=\xff\xfe\n", b"A=1\nthis is 'not a setting\n"])
def test_one_that_cannot_be_read(folders: tuple[Path, Path], content: bytes) -> None:
    (folders[0] / ".env").write_bytes(content)
    with pytest.raises(ShopStreamError, match=r"\.env") as caught:
        read_dotenv(folders[0], {})
    assert "\n" not in str(caught.value)
