"""Ratios of two runs of the benchmarks."""

from pathlib import Path

import pytest

from benchmarks.measure import Result, write_json
from benchmarks.trend import grown, main, ratios

BEFORE = {("extract", "COPY"): 1.0, ("extract", "whole"): 1.8, ("import", "definitions"): 3.0}


def test_what_has_grown_is_named() -> None:
    now = {**BEFORE, ("extract", "whole"): 2.3}
    assert grown(BEFORE, now) == ["extract, whole: 2.30 times the first case, 1.80 before"]


def test_what_is_within_the_noise_or_faster_is_not() -> None:
    assert grown(BEFORE, {**BEFORE, ("extract", "whole"): 2.2, ("import", "definitions"): 1.0}) == []


def test_what_is_new_is_no_growth_and_what_is_gone_is_told() -> None:
    now = {key: ratio for key, ratio in BEFORE.items() if key[0] == "extract"} | {("load", "COPY INTO"): 9.0}
    assert grown(BEFORE, now) == ["import, definitions is not measured any more"]


def test_files_of_two_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, now = tmp_path / "before.json", tmp_path / "now.json"
    write_json(now, [Result("extract", "whole", 1, 2.0, 1.0, 1.0, 2.0)], {})
    main(before, now)
    assert "not there yet" in capsys.readouterr().out
    write_json(before, [Result("extract", "whole", 1, 1.0, 1.0, 1.0, 1.0)], {})
    main(before, now)
    assert capsys.readouterr().out.splitlines() == [
        "::warning title=benchmark::extract, whole: 2.00 times the first case, 1.00 before",
        "1 of 1 ratios have grown by more than 25%",
    ]
    assert ratios(now) == {("extract", "whole"): 2.0}
