"""What keeps the packages readable; which way imports run is checked by import-linter."""

import re
import tomllib
from pathlib import Path

import pytest

import shopstream_platform

PACKAGE = Path(shopstream_platform.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = Path(__file__).parent
DECLARED = PACKAGE / "contract" / "sources"
MOST_LINES, OF_DEFINITIONS = 300, 60
# What dbt writes into its project.
MADE = {"target", "logs", "dbt_packages"}


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
    beside = {"benchmarks", "chaos", "deploy", "e2e", "fixtures", "samples"}
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


def test_the_french_readme_has_the_commands_of_the_english_one() -> None:
    def blocks(name: str) -> list[str]:
        return re.findall(r"```sh\n(.*?)```", (PACKAGE.parent / name).read_text("utf-8"), re.S)

    assert blocks("README.fr.md") == blocks("README.md")
    assert len(blocks("README.md")) == 3


def test_a_wheel_has_all_of_the_dbt_project() -> None:
    declared = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert "shopstream_dbt*" in declared["packages"]["find"]["include"]
    kinds = {pattern.removeprefix("*") for pattern in declared["package-data"]["*"]}
    project = PACKAGE.parent / "shopstream_dbt"
    files = [path for path in project.rglob("*") if path.is_file() and path.relative_to(project).parts[0] not in MADE]
    assert {path.suffix for path in files if path.name != "README.md" and not path.name.startswith(".")} == kinds
