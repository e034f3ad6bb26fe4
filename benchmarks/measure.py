"""Whole processes: wall time, CPU time, peak memory. Cases of a group take turns, so that a busy moment hits all."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psutil

from shopstream_platform.services import embedded

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Measure:
    """One run of a process. Seconds, MiB."""

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True)
class Result:
    """Medians of a case's rounds; ratio is wall time over that of the group's first case."""

    group: str
    case: str
    rounds: int
    wall: float
    cpu: float
    peak: float
    ratio: float


def python(*arguments: str) -> list[str]:
    """A command of this interpreter that imports from the checkout."""
    return [sys.executable, *arguments]


def run(command: Sequence[str], environment: Mapping[str, str]) -> Measure:
    """One process from start to end; RuntimeError with what it printed if it fails."""
    launched = [sys.executable, "-S", str(LAUNCHER), *command]
    done = subprocess.run(launched, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return Measure(**json.loads(done.stdout))


def cpu_seconds(root: psutil.Process) -> float:
    """CPU seconds of a process and all below it so far, those included that have ended and were waited for."""
    found = 0.0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            found += times.user + times.system + times.children_user + times.children_system
    return found


def services_cpu(home: Path) -> dict[str, float]:
    """CPU seconds of each running service of a home so far."""
    return {one.name: cpu_seconds(psutil.Process(one.pid)) for one in embedded.status(home) if one.pid}


def compare(
    group: str, cases: Mapping[str, Sequence[str]], environment: Mapping[str, str], rounds: int
) -> list[Result]:
    """Every case once a round, in order; the first case is what the others are compared with."""
    measures: dict[str, list[Measure]] = {case: [] for case in cases}
    for _ in range(rounds):
        for case, command in cases.items():
            measures[case].append(run(command, environment))
    limit = median(one.wall for one in next(iter(measures.values())))
    return [result(group, case, taken, limit) for case, taken in measures.items()]


def result(group: str, case: str, taken: list[Measure], limit: float) -> Result:
    """Medians of the rounds, the highest peak; `limit` is the wall time that they are compared with."""
    wall = median(one.wall for one in taken)
    cpu, peak = median(one.cpu for one in taken), max(one.peak for one in taken)
    return Result(group, case, len(taken), wall, cpu, peak, wall / limit)


def write_json(path: Path, results: list[Result], machine: Mapping[str, object]) -> None:
    """Everything that was measured, and on what."""
    body = {"machine": dict(machine), "results": [asdict(result) for result in results]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=2) + "\n")
