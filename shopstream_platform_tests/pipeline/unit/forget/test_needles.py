"""A person's values are found in whatever way a program writes them, and what is somebody else's is left alone."""

import html
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from shopstream_platform.pipeline.forget import files
from shopstream_platform.pipeline.forget.needles import Needles, needles
from shopstream_platform.pipeline.forget.person import Person

EMAIL, FIRST, LAST = 'Zoë.O\'Nëill+"x"@Exämple.org', 'Zoë "Q" <b>', "O'Nëill|x"


@pytest.fixture(scope="module")
def looked_for() -> Needles:
    person = Person(values={"email": {EMAIL}, "first_name": {FIRST}, "last_name": {LAST}})
    return needles(person, [])


@pytest.mark.parametrize(
    "written",
    [
        EMAIL,
        EMAIL.upper(),
        EMAIL.lower(),
        json.dumps({"e": EMAIL}),
        json.dumps({"e": json.dumps({"e": EMAIL})}),
        json.dumps({"e": EMAIL}, ensure_ascii=False),
        html.escape(EMAIL),
        f"VALUES ('{EMAIL.replace(chr(39), chr(39) * 2)}')",
        f"https://shop/?q={quote(EMAIL)}",
        f"Key (email)=({EMAIL}) already exists",
        f"{FIRST} {LAST}",
        f"{LAST}, {FIRST}",
        json.dumps({"first_name": FIRST, "last_name": LAST}),
        html.escape(f"{FIRST} {LAST}"),
        f"first_name={FIRST!s}, last_name={LAST}",
    ],
)
def test_each_way_of_writing_is_found_and_overwritten_in_place(looked_for: Needles, written: str) -> None:
    content = f"before {written} after".encode()
    scrubbed = looked_for.scrubbed_bytes(content)
    assert looked_for.any_in(content)
    assert len(scrubbed) == len(content)
    assert not looked_for.any_in(scrubbed)
    assert b"xample" not in scrubbed.lower()
    assert b"neill" not in scrubbed.lower()
    assert scrubbed.startswith(b"before ")
    assert scrubbed.endswith(b" after")


def test_documents_can_still_be_read(looked_for: Needles) -> None:
    document = json.dumps({"e": EMAIL, "n": 1})
    assert json.loads(looked_for.scrubbed(document))["n"] == 1
    assert len(looked_for.scrubbed(document)) == len(document)


@pytest.mark.parametrize(
    "of_others", ["ann@example.org", f"a{EMAIL}", f"{EMAIL}x", FIRST, LAST, f"{FIRST} and somebody else {LAST}", ""]
)
def test_what_is_somebody_elses_is_left_alone(looked_for: Needles, of_others: str) -> None:
    assert looked_for.scrubbed(of_others) == of_others


def test_a_name_that_nobody_else_has_is_found_alone() -> None:
    person = Person(values={"first_name": {"Żółć"}, "last_name": {"Иванова"}})
    looked_for = needles(person, ["Иванова"])
    assert looked_for.scrubbed("ИВАНОВА kommt, żółć") == "******* kommt, żółć"
    assert looked_for.anchors == [], "no part of it is plain, so that every text is looked at"


def test_a_file_is_overwritten_as_it_is_and_goes_on(tmp_path: Path, looked_for: Needles) -> None:
    log = tmp_path / "server.log"
    filler = b"x" * (files.CHUNK - 8) + b" "
    log.write_bytes(filler + EMAIL.encode() + b" line\n")
    inode = log.stat().st_ino
    with log.open("ab") as server:
        assert files.scrub(log, looked_for) == 1
        server.write(b"next line\n")
    assert log.stat().st_ino == inode
    assert log.read_bytes() == filler + b"*" * len(EMAIL.encode()) + b" line\nnext line\n"
    assert files.scrub(log, looked_for) == 0
