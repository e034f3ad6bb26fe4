"""Follows mechanically what a command's sentence says to do."""

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from shopstream_platform_tests.chaos.faults import files
from shopstream_platform_tests.chaos.faults.fault import Scene
from shopstream_platform_tests.chaos.shop import Ended

COMMAND = r"`shopstream (verify --repair|rebuild-raw|refresh|reset|down|up)`"
PAUSE_SECONDS = 5
RATHER_A_COMMAND = 0.3
Action = Callable[[Scene, "re.Match[str]"], None]


def _run(scene: Scene, found: "re.Match[str]") -> None:
    arguments = found[1].split()
    scene.shop.command(*arguments, *(["--yes"] if arguments == ["reset"] else []))


def _move_away(scene: Scene, found: "re.Match[str]") -> None:
    for path in map(Path, re.findall(r"/[^\s,:;]+[^\s,:;.]", found[1])):
        if not path.is_relative_to(scene.home):
            scene.problems.append(f"the advice is about {path}, which is not of the home")
        elif path.is_dir():
            shutil.move(path, path.with_name(f"{path.name}.moved-{scene.rng.randrange(10**6)}"))
        elif path.exists():
            path.rename(path.with_name(f"{path.name}.moved-{scene.rng.randrange(10**6)}"))


def _move_database_away(scene: Scene, _: "re.Match[str]") -> None:
    scene.shop.command("down")
    data = scene.home / "warehouse" / "data"
    data.rename(data.with_name(f"data.moved-{scene.rng.randrange(10**6)}"))


def _put_back(scene: Scene, _: "re.Match[str]") -> None:
    files.put_back(scene)


def _nothing(_: Scene, __: "re.Match[str]") -> None:
    """The fault has ended; running again, after the moment that a person takes, is all."""
    time.sleep(PAUSE_SECONDS)


# The first one that is found in the sentence is followed; where one leaves a choice, chance takes it.
ADVICE: list[tuple[str, Action]] = [
    (r"[Mm]ove (/.+?) away", _move_away),
    (r"[Mm]ove warehouse/data away", _move_database_away),
    (r"[Dd]elete (/\S+)", _move_away),
    (r"[Pp]ut back a backup", _put_back),
    (r"[Pp]ut the file back", _put_back),
    (r"[Rr]estore (it|them) from a backup", _put_back),
    (COMMAND, _run),
    (r"[Ff]ree some space", _nothing),
    (r"[Mm]ount it for writing|check the machine's clock", _nothing),
    (r"(?i)run(s)? again|try again", _nothing),
]


def follow(scene: Scene, ended: Ended) -> str | None:
    """Do what its sentence says; the words that were followed, None if it gives no advice that this program knows."""
    text = " ".join(ended.said.split())
    found = [(match, action) for pattern, action in ADVICE if (match := re.search(pattern, text))]
    if not found:
        return None
    match, action = found[0]
    choices = [one for one in found if one[1] in (_put_back, _run)]
    # A backup is the more likely choice, and the cheaper one.
    if action is _put_back and choices and scene.rng.random() < RATHER_A_COMMAND:
        match, action = scene.rng.choice(choices)
    action(scene, match)
    return match[0]
