"""The secret is of its owner alone and outlives servers; a ticket is good for one login."""

import os
import stat
import time
from pathlib import Path

import pytest

from shopstream_platform.guard.keys import SECRET, TICKET_SECONDS, TICKETS, Keys

pytestmark = pytest.mark.security

PORT = 3000


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}


def test_what_is_kept_is_private_whatever_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        ticket = Keys.of(tmp_path / "ui").new_ticket()
    finally:
        os.umask(before)
    modes = _modes(tmp_path / "ui")
    assert modes.pop("ui") == modes.pop(TICKETS) == 0o700
    assert set(modes.values()) == {0o600}
    assert len(modes) == 2
    assert not any(ticket in name for name in modes)


def test_a_folder_that_others_could_enter_is_closed(tmp_path: Path) -> None:
    (tmp_path / "ui").mkdir(mode=0o755)
    Keys.of(tmp_path / "ui")
    assert _modes(tmp_path / "ui")["ui"] == 0o700


def test_the_secret_outlives_the_server_and_its_cookie_does_too(tmp_path: Path) -> None:
    first, second = Keys.of(tmp_path), Keys.of(tmp_path)
    assert first == second
    assert second.is_cookie(PORT, first.cookie(PORT))
    assert second.is_secret(first.secret)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
def test_a_secret_that_others_could_read_or_write_is_replaced(tmp_path: Path, mode: int) -> None:
    seen = Keys.of(tmp_path)
    (tmp_path / SECRET).chmod(mode)
    assert not Keys.of(tmp_path).is_secret(seen.secret)
    assert not Keys.of(tmp_path).is_cookie(PORT, seen.cookie(PORT))
    assert _modes(tmp_path)[SECRET] == 0o600


@pytest.mark.parametrize("text", ["", "\n", "short"])
def test_an_empty_secret_admits_nobody(tmp_path: Path, text: str) -> None:
    Keys.of(tmp_path)
    (tmp_path / SECRET).write_text(text)
    keys = Keys.of(tmp_path)
    assert len(keys.secret) >= 32
    assert not keys.is_secret(text)


def test_the_secret_is_no_cookie_and_the_cookie_no_secret(tmp_path: Path) -> None:
    keys, other = Keys.of(tmp_path / "one"), Keys.of(tmp_path / "other")
    assert not keys.is_secret(keys.cookie(PORT))
    for wrong in (keys.secret, other.cookie(PORT), keys.cookie(PORT + 1), "", keys.cookie(PORT) + "0", "\udcff"):
        assert not keys.is_cookie(PORT, wrong)


def test_a_ticket_works_once_in_whichever_process(tmp_path: Path) -> None:
    ticket = Keys.of(tmp_path).new_ticket()
    assert Keys.of(tmp_path).redeem(ticket)
    assert not Keys.of(tmp_path).redeem(ticket)


@pytest.mark.parametrize("ticket", ["", "..", f"../{SECRET}", "x" * 10_000, "\udcff"])
def test_a_text_that_was_never_a_ticket_works_never(tmp_path: Path, ticket: str) -> None:
    keys = Keys.of(tmp_path)
    assert not keys.redeem(ticket)
    assert (tmp_path / SECRET).exists()


@pytest.mark.parametrize("shift", [-TICKET_SECONDS - 1, TICKET_SECONDS + 60])
def test_an_old_ticket_is_used_up_unseen_and_swept(tmp_path: Path, shift: int) -> None:
    keys = Keys.of(tmp_path)
    old, kept = keys.new_ticket(), keys.new_ticket()
    # Or one of the future: the clock was set back.
    then = time.time() + shift
    for path in (tmp_path / TICKETS).iterdir():
        os.utime(path, (then, then))
    assert not keys.redeem(old)
    new = keys.new_ticket()
    assert len(list((tmp_path / TICKETS).iterdir())) == 1
    assert keys.redeem(new)
    assert not keys.redeem(kept)
