"""What is being forgotten, until it is, and what was: the second has no personal data in it."""

import os
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import read_json, write_json
from shopstream_platform.pipeline.forget.person import Person, normal

FOLDER = "forget"


@dataclass
class Work:
    """A case that is not finished: what was asked for, and all values that are to be found.

    The file is 0600. It is there before anything is erased, so that a run that was killed still knows what to look for.
    `editing` are manifests whose objects may be rewritten already.
    """

    case: str
    kind: str
    asked: str
    began_at: str
    person: Person
    editing: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, place: str, number: int) -> None:
        """Add to what was erased from a place."""
        self.counts[place] = self.counts.get(place, 0) + number


@dataclass(frozen=True)
class Done:
    """A case that is finished. `accepted` are salted digests of what the source holds instead of the person."""

    case: str
    kind: str
    began_at: str
    finished_at: str
    counts: dict[str, int]
    salt: str = ""
    accepted: list[str] = field(default_factory=list)

    def knows(self, value: str) -> bool:
        """Whether the source was seen to hold this value in the place of a personal one."""
        return _digest(self.salt, value) in self.accepted


def folder(home: Path) -> Path:
    """Where the records lie."""
    return home / FOLDER


def begin(home: Path, kind: str, asked: str, case: str | None) -> Work:
    """The unfinished case of the same question, or a new one, which is not saved yet."""
    for work in unfinished(home):
        if (work.kind, work.asked) == (kind, asked):
            return work
    name = case or secrets.token_hex(4)
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise ShopStreamError("a case is named by letters, digits, - and _: give another --case")
    if any(work.case == name for work in unfinished(home)):
        raise ShopStreamError(f"there is a case {name} of somebody else, which is not done: give another --case")
    return Work(_unused(home, name), kind, asked, datetime.now(UTC).isoformat(timespec="seconds"), Person())


def save(home: Path, work: Work) -> None:
    """Keep the work until it is done."""
    folder(home).mkdir(mode=0o700, parents=True, exist_ok=True)
    write_json(_path(home, work.case), asdict(work) | {"person": work.person.as_dict()})


def finish(home: Path, work: Work, accepted: list[str]) -> Done:
    """Replace what was kept by a record without personal data; the old file's bytes are overwritten."""
    salt = secrets.token_hex(16)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    digests = sorted({_digest(salt, value) for value in accepted})
    done = Done(work.case, work.kind, work.began_at, now, work.counts, salt, digests)
    path = _path(home, work.case)
    if path.exists():
        with path.open("r+b") as file:
            size = os.fstat(file.fileno()).st_size
            kept = file.read()
            # A link keeps hold of the old blocks while the new record takes the name.
            write_json(path, asdict(done))
            file.seek(0)
            file.write(b"\0" * max(size, len(kept)))
            file.flush()
            os.fsync(file.fileno())
    else:
        folder(home).mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(path, asdict(done))
    return done


def unfinished(home: Path) -> list[Work]:
    """The cases that were begun and not ended."""
    found: list[Work] = []
    for path in _files(home):
        kept = read_json(path)
        if "asked" in kept:
            person = Person()
            person.merge(kept.pop("person"))
            found.append(Work(**kept, person=person))
    return found


def finished(home: Path) -> list[Done]:
    """The cases that are finished, the oldest first."""
    records = (read_json(path) for path in _files(home))
    return sorted((Done(**kept) for kept in records if "asked" not in kept), key=lambda done: done.finished_at)


def _unused(home: Path, name: str) -> str:
    """The name, or one with a number behind it: the same command may be run again after it was done."""
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(name for name in names if not _path(home, name).exists())


def _files(home: Path) -> list[Path]:
    # What a killed write left beside its file.
    for left in folder(home).glob("*.tmp"):
        left.write_bytes(b"\0" * left.stat().st_size)
        left.unlink()
    return sorted(folder(home).glob("*.json"))


def _path(home: Path, case: str) -> Path:
    return folder(home) / f"{case}.json"


def _digest(salt: str, value: Any) -> str:
    return sha256(f"{salt}{normal(str(value))}".encode()).hexdigest()
