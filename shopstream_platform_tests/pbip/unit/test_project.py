"""A small model becomes a whole project, and what is broken in it is found."""

import json
import re
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from shopstream_platform.pbip.check.problems import problems
from shopstream_platform.pbip.check.reading import read_model
from shopstream_platform.pbip.model import Column
from shopstream_platform.pbip.project import Project, differences, files, write
from shopstream_platform.pbip.sources import Metric
from shopstream_platform_tests.pbip.small import METRICS, MODEL, PROJECT, SALES, SOURCES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(PROJECT, tmp_path / "small")
    return tmp_path / "small"


def visual(folder: Path, name: str) -> dict:
    path = folder / "Small.Report/definition/pages/sales/visuals" / name / "visual.json"
    return json.loads(path.read_text())["visual"]


def test_what_is_written_is_whole_and_as_declared(folder: Path) -> None:
    assert problems(folder, SOURCES, METRICS) == []
    assert differences(PROJECT, folder) == []


def test_what_is_written_can_be_read(folder: Path) -> None:
    model, found = read_model(folder, SOURCES)
    assert found == []
    assert list(model.tables) == ["Country", "Days", "Sales"]
    assert model.tables["Sales"].columns["Revenue"].data_type == "decimal"
    assert model.measures["Total"][1].dax == "SUM('Sales'[Revenue])"


def test_days_are_chosen_by_their_first_and_last_and_names_from_a_list(folder: Path) -> None:
    modes = {
        name: visual(folder, name)["objects"]["data"][0]["properties"]["mode"]["expr"]["Literal"]["Value"]
        for name in ("choose_day", "choose_country")
    }
    assert modes == {"choose_day": "'Between'", "choose_country": "'Dropdown'"}


def test_ids_are_those_of_the_model_in_every_build() -> None:
    assert files(PROJECT) == files(PROJECT)
    other = replace(PROJECT, model=replace(MODEL, ids=uuid4()))

    def ids(project: Project) -> set[str]:
        texts = b"".join(files(project).values()).decode()
        return set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", texts))

    assert len(ids(PROJECT)) == len(ids(other)) > 10
    assert not ids(PROJECT) & ids(other)


def broken_model(**changes: object) -> Project:
    return replace(PROJECT, model=replace(MODEL, **changes))


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        (broken_model(relationships=MODEL.relationships[:1]), "Country does not filter Sales"),
        (broken_model(parameters=MODEL.parameters[1:]), "SnowflakeServer is no parameter"),
        (
            broken_model(tables=(MODEL.tables[0], replace(SALES, columns=(*SALES.columns, Column("Buyer", "buyer"))))),
            r"Sales\[Buyer\] is personal and stays in the warehouse",
        ),
        (
            broken_model(tables=(MODEL.tables[0], replace(SALES, measures=(replace(SALES.measures[0], dax="SUM("),)))),
            "measure Total",
        ),
        (replace(PROJECT, pages=(*PROJECT.pages, replace(PROJECT.pages[0], title="Again"))), "names a page twice"),
    ],
)
def test_what_is_declared_wrongly_is_found(tmp_path: Path, project: Project, expected: str) -> None:
    write(project, tmp_path / "broken")
    found = problems(tmp_path / "broken", SOURCES, METRICS)
    assert any(re.search(expected, problem) for problem in found), found


def test_the_project_is_held_against_what_is_handed_in(folder: Path) -> None:
    assert problems(folder, {**SOURCES, "mart_sales": replace(SOURCES["mart_sales"], schema="other")}, METRICS)
    missing = Metric("orders", "Orders", "Orders.")
    assert problems(folder, SOURCES, [missing]) == ["there is no measure Orders, which is dbt's metric orders"]
