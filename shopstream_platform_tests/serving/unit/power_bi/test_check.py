"""A whole project has no problem; broken in any of these ways, it has one, and it is named."""

import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopstream_platform.cli.app import app
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import is_claimed
from shopstream_platform.pbip import model, tools
from shopstream_platform.pbip.errors import ToolError
from shopstream_platform.serving.power_bi.build import files, write
from shopstream_platform.serving.power_bi.check import problems, tool_problems
from shopstream_platform_tests.serving.unit.power_bi.breaking import MODEL
from shopstream_platform_tests.serving.unit.power_bi.breaks_of_dax import BREAKS_OF_DAX
from shopstream_platform_tests.serving.unit.power_bi.breaks_of_model import BREAKS_OF_MODEL
from shopstream_platform_tests.serving.unit.power_bi.breaks_of_report import BREAKS_OF_REPORT

BREAKS = BREAKS_OF_MODEL | BREAKS_OF_DAX | BREAKS_OF_REPORT


def test_the_project_is_whole(project: Path) -> None:
    assert problems(project) == []


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_found(project: Path, name: str) -> None:
    broken, expected = BREAKS[name]
    broken(project)
    found = problems(project)
    assert any(re.search(expected, problem) for problem in found), found


# What Git ignores is none of the project's parts.
@pytest.mark.parametrize("file", [path for path in files() if path != ".gitignore"])
@pytest.mark.parametrize("instead", [None, "", "{}", "[]"])
def test_a_part_that_is_gone_or_empty_is_a_sentence(project: Path, file: str, instead: str | None) -> None:
    (project / file).unlink()
    if instead is not None:
        (project / file).write_text(instead)
    found = problems(project)
    assert found
    assert all(len(problem.splitlines()) == 1 for problem in found)


def test_a_type_that_the_declaration_gives_wrongly_is_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_TYPES", ((r"number\(\d+,2\)", "double"), *model._TYPES))
    write(project)
    assert "Campaigns[Revenue of matched customers] is double, but number(38,2) in mart_crm_conversion" in problems(
        project
    )


def _relationships(project: Path) -> list[str]:
    return (project / MODEL / "relationships.tmdl").read_text().strip().split("\n\n")


# The one that no visual of ours needs is for whoever looks at cohorts by year.
@pytest.mark.parametrize("number", [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12])
def test_no_relationship_can_be_left_out(project: Path, number: int) -> None:
    found = _relationships(project)
    assert len(found) == 13
    (project / MODEL / "relationships.tmdl").write_text("\n\n".join(found[:number] + found[number + 1 :]) + "\n\n")
    assert problems(project), found[number]


def test_without_the_parser_the_way_out_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("shopstream_platform.pbip.check")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sidemantic_dax", None)
    asked = CliRunner().invoke(app, ["power-bi", "check", "--no-tools", "--project", str(project)])
    assert isinstance(asked.exception, ShopStreamError)
    assert str(asked.exception).endswith("pip install 'shopstream-platform[power-bi]'")


def test_without_node_the_way_out_is_named(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.shutil, "which", lambda name: None)
    with pytest.raises(ShopStreamError, match=r"Node\.js 20 or newer.*: install it, or pass --no-tools$"):
        tool_problems(project, tmp_path / "home")


def test_a_home_that_begins_with_the_validators_can_be_reset(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def installed(folder: Path) -> None:
        assert folder == tmp_path / "home" / "power_bi" / "node"
        folder.mkdir(parents=True)

    monkeypatch.setattr(tools, "install", installed)
    monkeypatch.setattr(tools, "tool_problems", lambda project, folder: [f"{project.name} {folder.name}"])
    assert tool_problems(project, tmp_path / "home") == ["project node"]
    assert is_claimed(tmp_path / "home")


def test_a_validator_that_fails_is_a_sentence(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path) -> None:
        raise ToolError("npm could not install them")

    monkeypatch.setattr(tools, "install", fail)
    with pytest.raises(ShopStreamError, match=r"^npm could not install them, or pass --no-tools$"):
        tool_problems(project, tmp_path / "home")
