"""One round: a change at the source, a refresh under a fault, and the proof of how it ended."""

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.services import embedded
from shopstream_platform_tests.chaos import advice, moments, oracle
from shopstream_platform_tests.chaos.faults import FAULTS
from shopstream_platform_tests.chaos.faults.fault import Fault, Scene
from shopstream_platform_tests.chaos.processes import GONE, of_home
from shopstream_platform_tests.chaos.shop import ChaosShop, Ended

# Refreshes after a fault, with advice followed between them.
ATTEMPTS = 4
LONGEST_SAID = 600


@dataclass
class Round:
    """What happened."""

    seed: int
    number: int
    fault: str
    moment: str = ""
    changed: str = ""
    notes: list[str] = field(default_factory=list)
    code: int | None = None
    said: str = ""
    followed: list[str] = field(default_factory=list)
    outcome: str = ""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """For one line of JSON."""
        return asdict(self)


def names(only: Sequence[str] = ()) -> list[str]:
    """The faults that this machine can have, or those of them whose name has one of the words."""
    possible = [name for name, fault in FAULTS.items() if not fault.unavailable]
    return [name for name in possible if not only or any(words in name for words in only)]


def fault_of(seed: int, number: int, among: Sequence[str]) -> Fault:
    """All of them once, in an order of the seed's own, before one comes again."""
    deck = random.Random(seed).sample(among, len(among))
    return FAULTS[deck[number % len(deck)]]


def play(shop: ChaosShop, seed: int, number: int, among: Sequence[str], *, change: bool = True) -> Round:
    """One round. Its chance is its own, so that a round can be played again by its number.

    Without a change at the source a refresh of a finished shop has nothing to do.
    """
    rng, fault = random.Random(f"{seed}/{number}"), fault_of(seed, number, among)
    scene, played = Scene(shop, rng), Round(seed, number, fault.name)
    began = time.monotonic()
    try:
        if change:
            played.changed = shop.change(rng)
        _play(scene, fault, played)
    except Exception as error:
        # Of this program, or of a client that it uses itself; the other rounds go on.
        scene.problems.append(f"the round broke off: {type(error).__name__}: {error}")
    played.notes, played.problems = scene.notes, scene.problems
    played.seconds = round(time.monotonic() - began, 1)
    played.outcome = "FAILED" if scene.problems else played.outcome
    return played


def _play(scene: Scene, fault: Fault, played: Round) -> None:
    moment = moments.choose(scene.rng, fault.moments)
    disturbed = _disturbed(scene, fault, moment, played)
    played.code, played.said = disturbed.code, _short(disturbed.said)
    for ended in [disturbed, *scene.beside]:
        _check_words(scene, ended)
    if _recovered(scene, disturbed, played):
        _prove(scene, played)
    played.outcome = (
        "undisturbed"
        if disturbed.code == 0 and not played.followed
        else "by the next refresh"
        if not played.followed
        else "by the advice"
    )


def _disturbed(scene: Scene, fault: Fault, moment: moments.Moment, played: Round) -> Ended:
    try:
        if fault.lies_in_wait:
            fault.strike(scene)
            played.moment = "before"
        scene.command = scene.shop.start_command("refresh", **fault.environment(scene))
        if not fault.lies_in_wait:
            in_time = moments.reached(moment, scene.shop, scene.command)
            played.moment = str(moment) if in_time else f"{moment}: missed"
            if in_time:
                fault.strike(scene)
        return scene.command.wait()
    finally:
        if scene.command and not scene.command.ended:
            scene.command.process.kill()
        fault.end(scene)


def _check_words(scene: Scene, ended: Ended) -> None:
    name = " ".join(ended.arguments)
    if ended.hung:
        scene.problems.append(f"{name} hung for {ended.seconds:.0f} s: {_short(ended.said)}")
    killed = ended.code < 0
    scene.problems += [
        f"{name}: {fault}: {_short(ended.said)}" for fault in oracle.told_badly(ended.said, ended.code, killed=killed)
    ]


def _recovered(scene: Scene, ended: Ended, played: Round) -> bool:
    """The next refresh ends well, or does so after the advice of those before it was followed."""
    for attempt in range(ATTEMPTS):
        # What the disturbed refresh itself advised is not tried first: the fault may have been all.
        if attempt:
            followed = advice.follow(scene, ended)
            if followed is None:
                scene.problems.append(f"no advice that can be followed: {_short(ended.said)}")
                return False
            played.followed.append(followed)
        ended = scene.shop.command("refresh")
        _check_words(scene, ended)
        if ended.code == 0:
            return True
    scene.problems.append(f"not mended by what was advised: {_short(ended.said)}")
    return False


def _prove(scene: Scene, played: Round) -> None:
    verified = scene.shop.command("verify")
    _check_words_of_verify(scene, verified)
    if verified.code != 0:
        followed = advice.follow(scene, verified)
        played.followed.append(f"verify: {followed}")
        scene.shop.command("refresh")
        verified = scene.shop.command("verify")
        if verified.code != 0:
            scene.problems.append(f"verify: {_short(verified.said)}")
    try:
        scene.problems += oracle.raw_differs(scene.shop)
        scene.problems += oracle.leftovers(scene.shop)
    except ShopStreamError as error:
        scene.problems.append(f"the state cannot be read: {error}")


def _check_words_of_verify(scene: Scene, ended: Ended) -> None:
    if ended.hung or "Traceback (most recent call last)" in ended.said or "an unexpected " in ended.said:
        scene.problems.append(f"verify: {_short(ended.said)}")


def afresh(shop: ChaosShop) -> None:
    """A shop that is finished, whatever was there."""
    try:
        embedded.reset(shop.home)
    except ShopStreamError:
        shop.command("reset", "--yes")
    for process in of_home(shop.home):
        with suppress(*GONE):
            process.kill()
    ran = shop.command("refresh")
    if ran.code != 0:
        raise SystemExit(f"the shop could not be made: {ran.said}")


def _short(said: str) -> str:
    text = " ".join(said.split())
    return text if len(text) <= LONGEST_SAID else f"{text[:200]} ... {text[-LONGEST_SAID + 200 :]}"
