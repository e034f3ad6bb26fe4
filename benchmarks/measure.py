"""Whole processes: wall time, CPU time, peak memory. Cases of a group take turns, so that a busy moment hits all."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile


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
    with TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, env=dict(environment), stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {output.read().decode()[-2000:]}")
    return Measure(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(
    group: str, cases: Mapping[str, Sequence[str]], environment: Mapping[str, str], rounds: int
) -> list[Result]:
    """Every case once a round, in order; the first case is what the others are compared with."""
    measures: dict[str, list[Measure]] = {case: [] for case in cases}
    for _ in range(rounds):
        for case, command in cases.items():
            measures[case].append(run(command, environment))
    limit = median(one.wall for one in next(iter(measures.values())))
    return [_result(group, case, taken, limit) for case, taken in measures.items()]


def _result(group: str, case: str, taken: list[Measure], limit: float) -> Result:
    wall = median(one.wall for one in taken)
    cpu, peak = median(one.cpu for one in taken), max(one.peak for one in taken)
    return Result(group, case, len(taken), wall, cpu, peak, wall / limit)


def write_json(path: Path, results: list[Result], machine: Mapping[str, object]) -> None:
    """Everything that was measured, and on what."""
    body = {"machine": dict(machine), "results": [asdict(result) for result in results]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=2) + "\n")
