"""Moments in a refresh at which a fault strikes. The seed chooses which, and how long after it."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from shopstream_platform_tests.chaos.processes import dbt_of
from shopstream_platform_tests.chaos.shop import ChaosShop, Command

POLL_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 150
# Moment -> at most so many seconds after it.
SLACK = {"start": 4.0, "plan": 1.5, "run": 8.0, "dbt": 6.0, "after dbt": 3.0}
ANY = tuple(SLACK)


@dataclass(frozen=True)
class Moment:
    """A point in the work of a command and some seconds after it."""

    name: str
    after: float

    def __str__(self) -> str:
        return f"{self.name} +{self.after:.1f} s"


def choose(rng: random.Random, names: tuple[str, ...] = ANY) -> Moment:
    """One of the moments."""
    name = rng.choice(names)
    return Moment(name, rng.uniform(0, SLACK[name]))


def reached(moment: Moment, shop: ChaosShop, command: Command) -> bool:
    """Wait for it; False if the command ended before."""
    conditions: dict[str, list[Callable[[], bool]]] = {
        "start": [],
        # Its first line says what will run.
        "plan": [lambda: bool(command.said.strip())],
        "run": [lambda: bool(command.said.strip())],
        "dbt": [lambda: dbt_of(shop.home) is not None],
        "after dbt": [lambda: dbt_of(shop.home) is not None, lambda: dbt_of(shop.home) is None],
    }
    end = time.monotonic() + LONGEST_WAIT_SECONDS
    waits = [*conditions[moment.name], _later(moment.after)]
    for true in waits:
        while not true():
            if command.ended or time.monotonic() > end:
                return False
            time.sleep(POLL_SECONDS)
    return not command.ended


def _later(seconds: float) -> Callable[[], bool]:
    since: list[float] = []

    def passed() -> bool:
        since.append(time.monotonic())
        return since[-1] - since[0] >= seconds

    return passed
