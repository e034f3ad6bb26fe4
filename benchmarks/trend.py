"""`python -m benchmarks.trend BEFORE NOW`: which ratios have grown since another run, as warnings of a workflow.

Ratios within a group are compared, never seconds: machines differ from night to night.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

# Of the same machine twice, ratios differ by less.
TOLERANCE = 1.25
Ratios = dict[tuple[str, str], float]


def ratios(path: Path) -> Ratios:
    """(Group, case) -> its ratio to the group's first case."""
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return {(one["group"], one["case"]): float(one["ratio"]) for one in document["results"]}


def grown(before: Ratios, now: Ratios, tolerance: float = TOLERANCE) -> list[str]:
    """A sentence for each case whose ratio has grown by more than the tolerance, or that is measured no longer."""
    worse = [
        f"{group}, {case}: {now[group, case]:.2f} times the first case, {ratio:.2f} before"
        for (group, case), ratio in before.items()
        if now.get((group, case), 0) > tolerance * ratio
    ]
    gone = [f"{group}, {case} is not measured any more" for group, case in before.keys() - now.keys()]
    return [*worse, *sorted(gone)]


def main(
    before: Annotated[Path, typer.Argument(help="JSON of an earlier run; none yet is no fault.")],
    now: Annotated[Path, typer.Argument(help="JSON of this run.")],
) -> None:
    """Print a warning of GitHub's for each ratio that has grown."""
    if not before.exists():
        print(f"nothing to compare with: {before} is not there yet")
        return
    found = grown(ratios(before), ratios(now))
    for sentence in found:
        print(f"::warning title=benchmark::{sentence}")
    print(f"{len(found)} of {len(ratios(now))} ratios have grown by more than {TOLERANCE - 1:.0%}")


if __name__ == "__main__":
    typer.run(main)
