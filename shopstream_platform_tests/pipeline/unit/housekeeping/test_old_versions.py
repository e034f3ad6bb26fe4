"""Which versions of the lake's objects go."""

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shopstream_platform.config.files import LOG_BYTES_KEPT
from shopstream_platform.pipeline.housekeeping.files import tidy_logs
from shopstream_platform.pipeline.housekeeping.lake import Version, old_versions

NOW = datetime(2026, 11, 28, tzinfo=UTC)
BEFORE = NOW - timedelta(days=30)


def version(key: str, age: int, *, is_deletion: bool = False) -> Version:
    return Version(key, f"{key}-{age}", NOW - timedelta(days=age), 10, is_deletion=is_deletion, is_latest=False)


def listed(versions: Iterable[Version]) -> list[Version]:
    """As the store lists them: by key, the newest of each marked."""
    found = sorted(versions, key=lambda one: one.key)
    latest = {one.key: one for one in sorted(found, key=lambda one: one.written)}
    return [replace(one, is_latest=latest[one.key] is one) for one in found]


def dropped(*versions: Version) -> list[str]:
    return [one.id for one in old_versions(listed(versions), BEFORE)]


def test_of_several_that_were_written_in_one_second_the_current_one_stays() -> None:
    for current in range(3):
        same = [replace(version("a", 40), id=str(number), is_latest=number == current) for number in range(3)]
        assert {one.id for one in old_versions(same, BEFORE)} == {"0", "1", "2"} - {str(current)}


def test_a_version_stays_for_the_retention_after_it_was_replaced_however_old_it_is() -> None:
    assert dropped(version("a", 400), version("a", 29)) == []
    assert dropped(version("a", 400), version("a", 31), version("a", 1)) == ["a-400"]


def test_the_newest_version_stays_for_ever() -> None:
    assert dropped(version("a", 4000)) == []


def test_a_deletion_goes_with_the_last_version_under_it() -> None:
    assert dropped(version("a", 50), version("a", 40, is_deletion=True)) == ["a-50", "a-40"]
    assert dropped(version("a", 50), version("a", 20, is_deletion=True)) == []
    assert dropped(version("a", 40, is_deletion=True), version("b", 50)) == ["a-40"]


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 90), st.booleans()), max_size=20, unique_by=lambda v: v[:2]
    )
)
def test_what_a_reader_sees_and_what_was_current_in_the_retention_is_never_touched(
    made: list[tuple[str, int, bool]],
) -> None:
    versions = listed(version(key, age, is_deletion=gone) for key, age, gone in made)
    gone = set(old_versions(versions, BEFORE))
    for moment in (BEFORE, NOW):
        assert current(versions, moment) == current([one for one in versions if one not in gone], moment)


def current(versions: list[Version], moment: datetime) -> dict[str, str]:
    """Key -> the version that a reader got at a moment."""
    newest: dict[str, Version] = {}
    for one in sorted((one for one in versions if one.written <= moment), key=lambda one: one.written):
        newest[one.key] = one
    return {key: one.id for key, one in newest.items() if not one.is_deletion}


def test_logs_keep_their_end_and_tracebacks_their_time(tmp_path: Path) -> None:
    log, old, new = tmp_path / "runs.log", tmp_path / "error-1.log", tmp_path / "error-2.log"
    old.write_text("old")
    new.write_text("new")
    os.utime(old, (0, 0))
    with log.open("ab") as writer:
        writer.write(b"first line\n" + b"x" * LOG_BYTES_KEPT + b"last line\n")
        writer.flush()
        assert tidy_logs(tmp_path, BEFORE) == 1
        # A process that has it open goes on in the same file.
        writer.write(b"after\n")
    assert log.read_bytes() == b"after\n"
    kept = (tmp_path / "runs.log.1").read_bytes()
    assert kept.endswith(b"last line\n")
    assert len(kept) == LOG_BYTES_KEPT
    assert (tmp_path / "runs.log.1").stat().st_mode & 0o777 == 0o600
    assert not old.exists()
    assert new.exists()
