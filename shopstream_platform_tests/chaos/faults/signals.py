"""Signals to the refresh, to dbt, to a service, to all of them."""

import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil

from shopstream_platform_tests.chaos.faults.fault import Fault, Scene
from shopstream_platform_tests.chaos.moments import ANY
from shopstream_platform_tests.chaos.processes import GONE, SERVICES, dbt_of, of_home, service, with_children

STOPPED_SECONDS = 10
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSTOP)
TARGETS = ("refresh", "dbt", *SERVICES, "all")


class Signal(Fault):
    """One signal; a process that it stops goes on after a while."""

    def __init__(self, number: signal.Signals, target: str) -> None:
        super().__init__(f"{number.name} {target}")
        self._number, self._target = number, target
        self.moments = ("dbt",) if target == "dbt" else ANY
        self.cheap = target == "refresh" and number is signal.SIGKILL

    def strike(self, scene: Scene) -> None:
        hit = self._processes(scene)
        scene.notes.append(f"{len(hit)} processes")
        self._send(hit, self._number)
        if self._number is signal.SIGSTOP:
            time.sleep(STOPPED_SECONDS)
            self._send(hit, signal.SIGCONT)

    def _processes(self, scene: Scene) -> list[psutil.Process]:
        if self._target == "all":
            return of_home(scene.home)
        if self._target == "refresh":
            assert scene.command
            return [psutil.Process(scene.command.process.pid)]
        found = dbt_of(scene.home) if self._target == "dbt" else service(scene.home, self._target)
        if found is None:
            return []
        # A frozen server is frozen with all its parts; any other signal is for the server to pass on.
        return with_children(found) if self._number is signal.SIGSTOP else [found]

    def _send(self, processes: list[psutil.Process], number: signal.Signals) -> None:
        for process in processes:
            with suppress(*GONE, ProcessLookupError):
                process.send_signal(number)


def faults() -> Iterator[Fault]:
    """Every signal to every target."""
    for number in SIGNALS:
        for target in TARGETS:
            yield Signal(number, target)
