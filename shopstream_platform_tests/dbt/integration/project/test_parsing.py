"""When the project is parsed: what was cut is parsed again, and what dbt made is not taken for its code."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.dbt import project as dbt_project


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project in a folder of its own, parsed once."""
    project = tmp_path / "project"
    shutil.copytree(dbt_project.PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs"))
    for name, value in {
        "PROJECT_DIR": project,
        "PROFILES_DIR": project,
        "MANIFEST": project / "target" / "manifest.json",
        "_CODE_OF_MANIFEST": project / "target" / "manifest.code",
    }.items():
        monkeypatch.setattr(dbt_project, name, value)
    return project


@pytest.mark.slow
def test_what_is_cut_is_parsed_again(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(dbt_project.read_manifest(DbtSettings())["nodes"])
    manifest = copied / "target" / "manifest.json"
    for kept in (20_000, 0):
        whole = manifest.read_bytes()
        assert len(whole) > kept
        manifest.write_bytes(whole[:kept])
        assert set(dbt_project.read_manifest(DbtSettings())["nodes"]) == before
    monkeypatch.setattr(dbt_project, "_parse", lambda _settings: pytest.fail("what is whole was parsed again"))
    assert set(dbt_project.read_manifest(DbtSettings())["nodes"]) == before


@pytest.mark.slow
def test_an_edited_model_leaves_the_tests_on_it_as_declared(copied: Path) -> None:
    before = _singular_tests()
    model = copied / "models" / "staging" / "stg_orders.yml"
    model.write_text(model.read_text().replace("Order number.", "Number of the order."))
    assert _singular_tests() == before
    assert all(description for description, _ in before.values())


def _singular_tests() -> dict[str, tuple[str, Any]]:
    nodes = dbt_project.read_manifest(DbtSettings())["nodes"].values()
    tests = [node for node in nodes if node["resource_type"] == "test" and "test_metadata" not in node]
    return {test["name"]: (test["description"], test["config"]) for test in tests}


def test_what_dbt_made_is_not_code(copied: Path) -> None:
    before = dbt_project.code_version()
    compiled = copied / "target_ci" / "compiled" / "shopstream_dbt" / "dbt_project.yml"
    (compiled / "models").mkdir(parents=True)
    (compiled / "models" / "mart.sql").write_text("select 1")
    (copied / "models" / "odd.yml").mkdir()
    (copied / "README.md").write_text("For people.")
    (copied / "old_target").mkdir()
    (copied / "old_target" / "x.sql").write_text("select 1")
    assert dbt_project.code_version() == before
    (copied / "models" / "marts" / "new.sql").write_text("select 1")
    assert dbt_project.code_version() != before


@pytest.mark.slow
def test_a_model_of_what_is_not_there_is_named(copied: Path) -> None:
    (copied / "models" / "marts" / "mart_x.sql").write_text("select * from {{ ref('stg_gone__film') }}")
    with pytest.raises(ShopStreamError) as error:
        dbt_project.read_manifest(DbtSettings())
    assert str(error.value) == (
        "the dbt project does not parse: model mart_x (models/marts/mart_x.sql) uses model stg_gone__film, which was "
        "not found; correct or delete models/marts/mart_x.sql, or bring stg_gone__film back"
    )


def test_the_parse_takes_no_setting_of_dbts_from_the_shell(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DBT_TARGET_PATH", "DBT_ENGINE_TARGET_PATH", "DBT_TARGET", "DBT_WARN_ERROR", "DBT_PROFILE"):
        monkeypatch.setenv(name, "junk")
    assert dbt_project.read_manifest(DbtSettings())["metadata"]["project_name"] == "shopstream_dbt"
    assert not (copied / "junk").exists()
