"""A set of certificates is kept as long as it is whole, and made anew as a whole."""

from pathlib import Path

import pytest

from shopstream_platform.services.certificates import AUTHORITY, CERTIFICATE, KEY, make_certificates

NAMES = (AUTHORITY, CERTIFICATE, KEY)


def _read(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in NAMES}


def test_a_whole_set_is_kept(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    before = _read(tmp_path)
    make_certificates(tmp_path)
    assert _read(tmp_path) == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", ["gone", "cut", "corrupt", "of another set"])
def test_a_damaged_set_is_made_anew(name: str, damage: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for folder in (tmp_path, other):
        make_certificates(folder)
    before, file = _read(tmp_path), tmp_path / name
    match damage:
        case "gone":
            file.unlink()
        case "cut":
            file.write_bytes(before[name][:60])
        case "corrupt":
            file.write_bytes(before[name][:60] + b"\xff" * 40 + before[name][100:])
        case _:
            file.write_bytes(_read(other)[name])
    make_certificates(tmp_path)
    after = _read(tmp_path)
    assert all(after[one] != before[one] for one in NAMES)
    make_certificates(tmp_path)
    assert _read(tmp_path) == after
