"""What keeps the packages readable; which way imports run is checked by import-linter."""

import re
from pathlib import Path

import pytest

import shopstream_platform

PACKAGE = Path(shopstream_platform.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = Path(__file__).parent
DECLARED = PACKAGE / "contract" / "sources"
MOST_LINES, OF_DEFINITIONS = 300, 60


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_nothing_but_the_definitions_lies_in_the_packages_root() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "definitions.py"}
    assert lines(PACKAGE / "definitions.py") <= OF_DEFINITIONS


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_short_and_says_what_it_is(module: Path) -> None:
    # A declaration is as long as its database has tables.
    assert module.parent == DECLARED or lines(module) <= MOST_LINES
    assert module.read_text("utf-8").startswith(('"""', "'''"))


@pytest.mark.security
def test_commands_print_by_the_console_that_spells_controls_out() -> None:
    """A console of rich's own would send control characters of the data to the terminal."""
    made = [str(path.relative_to(PACKAGE)) for path in MODULES if "= Console(" in path.read_text("utf-8")]
    printed = [
        str(path.relative_to(PACKAGE))
        for path in (PACKAGE / "cli").rglob("*.py")
        if re.search(r"(?<![\w.])print\(", path.read_text("utf-8"))
    ]
    assert (made, printed) == ([], [])


def test_the_tests_mirror_the_rooms() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    beside = {"chaos", "deploy", "e2e", "fixtures", "samples"}
    assert {path.name for path in TESTS.iterdir() if (path / "__init__.py").exists()} - beside <= rooms


def test_unit_tests_start_no_browser_no_dbt_and_no_server() -> None:
    """Those are started by fixtures and modules of the integration tests, which unit tests do not import."""
    found = [
        (path.relative_to(TESTS), word)
        for path in sorted(TESTS.glob("*/unit/**/*.py"))
        for word in (
            "playwright",
            "build_definitions",
            "read_manifest",
            "embedded_home",
            "running_home",
            "new_pipeline",
            "pipeline: Pipeline",
            "run_dbt",
        )
        if word in path.read_text("utf-8")
    ]
    assert found == []
