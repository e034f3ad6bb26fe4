"""The record: private and complete until the work is done, and without personal data after."""

import stat
from pathlib import Path

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.pipeline.forget import record

EMAIL = "ann@example.org"


def test_work_survives_until_it_is_done_and_leaves_no_personal_data(tmp_path: Path) -> None:
    work = record.begin(tmp_path, "e-mail", EMAIL, "case-1")
    work.person.values["email"] = {EMAIL}
    work.person.ids["users"] = {7}
    record.save(tmp_path, work)
    file = tmp_path / "forget" / "case-1.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # What a kill in the middle of a write leaves.
    (tmp_path / "forget" / "case-1.json.1-1.tmp").write_text(EMAIL)

    again = record.begin(tmp_path, "e-mail", EMAIL, None)
    assert (again.case, again.person) == ("case-1", work.person)
    again.count("lake", 3)
    old = file.open("rb")
    done = record.finish(tmp_path, again, ["deleted-7@example.org"])
    assert set(old.read()) == {0}, "the blocks of the old file are overwritten"
    old.close()

    assert record.unfinished(tmp_path) == []
    assert record.finished(tmp_path) == [done]
    assert done.counts == {"lake": 3}
    assert done.knows(" Deleted-7@example.org")
    assert not done.knows(EMAIL)
    for path in (tmp_path / "forget").iterdir():
        text = path.read_text()
        assert "example.org" not in text
        assert '"users"' not in text


@pytest.mark.parametrize("case", ["../x", "a b", "", "é"])
def test_a_case_is_a_name_of_a_file(tmp_path: Path, case: str) -> None:
    if case:
        with pytest.raises(ShopStreamError, match="another --case"):
            record.begin(tmp_path, "e-mail", EMAIL, case)
    else:
        assert record.begin(tmp_path, "e-mail", EMAIL, case).case.isalnum()


def test_a_case_is_not_taken_twice(tmp_path: Path) -> None:
    record.finish(tmp_path, record.begin(tmp_path, "e-mail", EMAIL, "a"), [])
    # The same command may be run again: whether there is anything left to do is seen later.
    again = record.begin(tmp_path, "e-mail", EMAIL, "a")
    assert again.case == "a-2"
    record.save(tmp_path, again)
    with pytest.raises(ShopStreamError, match="a case a-2 of somebody else, which is not done"):
        record.begin(tmp_path, "e-mail", "b@example.org", "a-2")
