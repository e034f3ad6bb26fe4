"""What is written: the same every time, what is committed, and nothing lost if it fails."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopstream_platform.cli.app import app
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.pbip import project as writer
from shopstream_platform.pbip.check.reading import read_model
from shopstream_platform.pbip.model import data_type
from shopstream_platform.pbip.tmdl import dax_quoted, quoted
from shopstream_platform.serving.power_bi import build as power_bi
from shopstream_platform.serving.power_bi.check import problems

RUN = CliRunner()


def test_what_is_committed_is_what_is_declared() -> None:
    assert power_bi.differences(power_bi.PROJECT) == []


def test_every_build_is_the_same(project: Path) -> None:
    first = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    power_bi.write(project)
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == first
    assert len(first) == len(power_bi.files()) > 50
    assert [path.name for path in project.parent.iterdir()] == [project.name]


def test_a_build_that_fails_leaves_what_was_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = power_bi.files()
    monkeypatch.setattr(writer, "files", lambda _: before | {"ShopStream.pbip/impossible": b""})
    with pytest.raises(OSError):
        power_bi.write(project)
    monkeypatch.undo()
    assert power_bi.differences(project) == []


def test_what_desktop_keeps_for_its_user_stays_and_is_no_difference(project: Path) -> None:
    kept = [project / f"ShopStream.{kind}/.pbi/localSettings.json" for kind in ("Report", "SemanticModel")]
    kept.append(project / "ShopStream.SemanticModel/.pbi/cache.abf")
    for path in kept:
        path.parent.mkdir(exist_ok=True)
        path.write_text(path.name)
    power_bi.write(project)
    assert [path.read_text() for path in kept] == [path.name for path in kept]
    assert power_bi.differences(project) == []
    assert problems(project) == []


def test_what_is_not_as_declared_is_named(project: Path) -> None:
    (project / "ShopStream.pbip").unlink()
    (project / "more.txt").write_text("")
    (project / "ShopStream.Report" / "definition.pbir").write_text("{}")
    assert power_bi.differences(project) == [
        "ShopStream.pbip is missing",
        "more.txt is not of the project",
        "ShopStream.Report/definition.pbir is not as declared",
    ]


def test_a_build_elsewhere_touches_nothing_but_a_project(tmp_path: Path) -> None:
    built = RUN.invoke(app, ["power-bi", "build", "--project", str(tmp_path / "new")])
    assert built.exit_code == 0, built.output
    assert power_bi.differences(tmp_path / "new") == []
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("years of work")
    refused = RUN.invoke(app, ["power-bi", "build", "--project", str(tmp_path / "other")])
    assert isinstance(refused.exception, ShopStreamError)
    assert "holds something else" in str(refused.exception)
    assert (tmp_path / "other" / "thesis.txt").exists()


def test_the_check_says_what_is_wrong_and_where(project: Path) -> None:
    fine = RUN.invoke(app, ["power-bi", "check", "--no-tools", "--project", str(project)])
    assert (fine.exit_code, fine.output) == (0, "as declared: ok\nreferences: ok\n")
    (project / "ShopStream.Report/definition/pages/acquisition/page.json").unlink()
    broken = RUN.invoke(app, ["power-bi", "check", "--no-tools", "--project", str(project)])
    assert broken.exit_code == 1
    assert "ShopStream.Report/definition/pages/acquisition/page.json is missing" in broken.output
    nowhere = RUN.invoke(app, ["power-bi", "check", "--project", str(project / "nowhere")])
    assert "shopstream power-bi build" in str(nowhere.exception)


def test_names_and_addresses_of_customers_are_not_imported(project: Path) -> None:
    model, _ = read_model(project)
    sources = {column.source for table in model.tables.values() for column in table.columns.values()}
    assert not sources & {"EMAIL", "FIRST_NAME", "LAST_NAME", "FULL_NAME"}


def test_nothing_is_aggregated_but_by_a_measure(project: Path) -> None:
    text = (project / "ShopStream.SemanticModel/definition/model.tmdl").read_text()
    assert "discourageImplicitMeasures" in text
    for path in project.rglob("*.tmdl"):
        assert "summarizeBy: sum" not in path.read_text()


def test_pages_are_those_of_the_dashboards(project: Path) -> None:
    from shopstream_platform.serving.render.catalogue import PAGES

    pages = json.loads((project / "ShopStream.Report/definition/pages/pages.json").read_text())
    # A page may be a dashboard alone; what is in both has one name, and one place in the order.
    assert pages["pageOrder"] == [name for name in PAGES if name in pages["pageOrder"]] != []


def test_a_type_that_no_column_has_is_refused() -> None:
    with pytest.raises(ValueError, match="no Power BI type is declared for variant"):
        data_type("variant")


def test_tables_are_in_quotes_wherever_dax_names_them(project: Path) -> None:
    assert (quoted("Date"), dax_quoted("Date")) == ("Date", "'Date'")
    assert quoted("Buyer's age") == dax_quoted("Buyer's age") == "'Buyer''s age'"
    country = (project / "ShopStream.SemanticModel/definition/tables/Country.tmdl").read_text()
    assert "SELECTCOLUMNS('Visits', \"Country\", 'Visits'[Visitor country])" in country
