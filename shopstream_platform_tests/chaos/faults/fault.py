"""What a fault is: something done before, in the middle of and after one refresh."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from shopstream_platform_tests.chaos.moments import ANY
from shopstream_platform_tests.chaos.shop import ChaosShop, Command, Ended


@dataclass
class Scene:
    """One round's shop, chance and notes."""

    shop: ChaosShop
    rng: random.Random
    command: Command | None = None
    # What was there before the fault, so that "put the file back" can be followed.
    originals: dict[Path, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    # Commands that ran beside the refresh.
    beside: list[Ended] = field(default_factory=list)
    # Whether an error of the refresh is the expected end; a fault that a refresh must survive leaves it False.
    problems: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.shop.home


class Fault:
    """A fault that strikes in the middle of a refresh, unless it is one that is there before."""

    moments: tuple[str, ...] = ANY
    # Whether it lies in wait before the refresh begins.
    lies_in_wait = False
    # Whether `shopstream verify` is what finds it.
    found_by_verify = False
    # Whether a machine can have it at all; else why not.
    unavailable: str | None = None
    # A fault that few seconds suffice for.
    cheap = False

    def __init__(self, name: str) -> None:
        self.name = name

    def environment(self, scene: Scene) -> dict[str, str]:
        """More settings of the refresh."""
        return {}

    def strike(self, scene: Scene) -> None:
        """Do it."""

    def end(self, scene: Scene) -> None:
        """Undo it, as the owner of the machine would."""
