"""`python -m shopstream_platform_tests.chaos.table FILE...`: rounds in files of JSON lines as a Markdown table."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

OUTCOMES = ("undisturbed", "by the next refresh", "by the advice", "FAILED")


def table(lines: list[dict[str, Any]]) -> str:
    """A row a fault."""
    counts: dict[str, Counter[str]] = {}
    seconds: Counter[str] = Counter()
    for line in lines:
        counts.setdefault(line["fault"], Counter())[line["outcome"]] += 1
        seconds[line["fault"]] += line["seconds"]
    rows = ["| fault | rounds | undisturbed | by the next refresh | by the advice | failed | seconds a round |"]
    rows.append("|---|---|---|---|---|---|---|")
    for fault in sorted(counts):
        found, total = counts[fault], sum(counts[fault].values())
        cells = [str(found[outcome] or "") for outcome in OUTCOMES]
        rows.append(f"| {fault} | {total} | {' | '.join(cells)} | {seconds[fault] / total:.0f} |")
    whole = sum(counts.values(), Counter())
    rows.append(f"| **sum** | {len(lines)} | {' | '.join(str(whole[outcome]) for outcome in OUTCOMES)} | |")
    return "\n".join(rows)


def read(files: list[str]) -> list[dict[str, Any]]:
    """The rounds; the last line of a file, which sums them up, is none."""
    lines = [json.loads(line) for file in files for line in Path(file).read_text().splitlines()]
    return [line for line in lines if "fault" in line]


if __name__ == "__main__":
    print(table(read(sys.argv[1:])))
