"""Microsoft's validators find nothing in the project, and find what our own check leaves to them."""

import json
import shutil
from pathlib import Path

import pytest

from shopstream_platform.pbip import tools
from shopstream_platform.pbip.errors import ToolError
from shopstream_platform.pbip.project import write
from shopstream_platform.pbip.tools import install, tool_problems
from shopstream_platform_tests.pbip.small import PROJECT

VISUAL = "Small.Report/definition/pages/sales/visuals/by_country/visual.json"
SALES = "Small.SemanticModel/definition/tables/Sales.tmdl"


@pytest.fixture(scope="module")
def validators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "node"
    install(folder)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(PROJECT, tmp_path / "small")
    return tmp_path / "small"


def test_they_find_nothing(project: Path, validators: Path) -> None:
    assert tool_problems(project, validators) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (VISUAL, '"Category": {', '"Kategorie": {', "PBIR_ROLE"),
        (VISUAL, '"clusteredBarChart"', '"clusteredBarCart"', "clusteredBarCart"),
        (SALES, "\tin\n", "\tinn\n", "table Sales: powerquery-parser"),
        (SALES, "[Data],\n", "[Data]\n", "powerquery-parser"),
        (SALES, 'Kind="Table"]}', 'Kind="Table]}', "powerquery-parser"),
        (
            "Small.SemanticModel/definition/expressions.tmdl",
            'BI_WH" meta [',
            'BI_WH" meta ',
            "parameter SnowflakeWarehouse: powerquery-parser",
        ),
    ],
)
def test_they_find_what_is_no_report_and_no_m(
    project: Path, validators: Path, file: str, old: str, new: str, expected: str
) -> None:
    before = (project / file).read_text()
    assert old in before
    (project / file).write_text(before.replace(old, new, 1))
    (first, *_) = tool_problems(project, validators)
    assert expected in first


def test_they_are_installed_once(validators: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.shutil, "which", lambda name: None)
    install(validators)


def test_without_node_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.shutil, "which", lambda name: None)
    with pytest.raises(ToolError, match=r"Node\.js 20 or newer"):
        install(tmp_path)


def test_an_install_that_fails_is_a_sentence_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    shutil.copytree(tools._NODE, source)
    lock = json.loads((source / "package-lock.json").read_text())
    lock["packages"]["node_modules/ajv"]["integrity"] = "sha512-" + "A" * 86 + "=="
    (source / "package-lock.json").write_text(json.dumps(lock))
    monkeypatch.setattr(tools, "_NODE", source)
    for _ in range(2):
        with pytest.raises(ToolError, match="npm could not install Microsoft's validators into"):
            install(tmp_path / "home")


def test_the_lock_file_names_no_address() -> None:
    assert "resolved" not in (tools._NODE / "package-lock.json").read_text()
