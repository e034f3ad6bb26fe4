"""Commands that run beside a refresh, or eight at once."""

from collections.abc import Iterator

from shopstream_platform_tests.chaos.faults.fault import Fault, Scene
from shopstream_platform_tests.chaos.moments import ANY


class Beside(Fault):
    """Commands that somebody starts in the middle of a refresh."""

    def __init__(self, name: str, *commands: tuple[str, ...], moments: tuple[str, ...] = ANY) -> None:
        super().__init__(name)
        self._commands, self.moments = commands, moments

    def strike(self, scene: Scene) -> None:
        running = [scene.shop.start_command(*command) for command in self._commands]
        scene.beside += [command.wait() for command in running]


class EightUp(Fault):
    """Eight starts at once of services that are down."""

    lies_in_wait = True
    cheap = True

    def strike(self, scene: Scene) -> None:
        scene.shop.command("down")
        running = [scene.shop.start_command("up") for _ in range(8)]
        scene.beside += [command.wait() for command in running]
        scene.problems += [f"up: {ended.said}" for ended in scene.beside if ended.code != 0]


def faults() -> Iterator[Fault]:
    """Of one home."""
    yield Beside("two refreshes", ("refresh",))
    yield EightUp("eight up")
    yield Beside("reset beside", ("reset", "--yes"))
    yield Beside("down beside", ("down",))
    yield Beside("verify beside", ("verify",))
    yield Beside("status and sql beside", ("status",), ("sql", "SELECT COUNT(*) FROM RAW.ORDERS"))
