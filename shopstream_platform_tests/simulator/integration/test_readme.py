"""The README's example does what the README says."""

import runpy
from pathlib import Path

import pytest

from shopstream_platform_tests.fixtures.readme import program
from shopstream_platform_tests.simulator.integration.conftest import SCHEMA, NewDatabase, dsn_of


def test_the_example(
    new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shop.sql").write_text(";\n".join((*SCHEMA.create_tables, *SCHEMA.create_indexes)))
    Path("simulate.py").write_text(program("simulator", "print_report("))
    monkeypatch.setattr("sys.argv", ["simulate.py", dsn_of(new_database())])
    runpy.run_path("simulate.py")
    assert capsys.readouterr().out.startswith("Simulated shop: 30 days, 2025-09-01 to 2025-09-30")
    runpy.run_path("simulate.py")
    assert capsys.readouterr().out.startswith("Simulated shop: every day exists already.")
