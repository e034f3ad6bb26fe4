"""When the project is parsed: what was cut is parsed again, and what dbt made is not taken for its code."""

import shutil
from pathlib import Path

import pytest

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


def test_what_is_cut_is_parsed_again(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(dbt_project.read_manifest(DbtSettings())["nodes"])
    manifest, partial = copied / "target" / "manifest.json", copied / "target" / "partial_parse.msgpack"
    # A cut partial parse is read only when something is to be parsed.
    for cuts in ({manifest: 20_000}, {manifest: 0}, {partial: 1000, manifest: 1}):
        for path, kept in cuts.items():
            whole = path.read_bytes()
            assert len(whole) > kept
            path.write_bytes(whole[:kept])
        assert set(dbt_project.read_manifest(DbtSettings())["nodes"]) == before
    monkeypatch.setattr(dbt_project, "_parse", lambda _settings: pytest.fail("what is whole was parsed again"))
    assert set(dbt_project.read_manifest(DbtSettings())["nodes"]) == before


def test_what_dbt_made_is_not_code(copied: Path) -> None:
    before = dbt_project.code_version()
    compiled = copied / "target_ci" / "compiled" / "shopstream_dbt" / "dbt_project.yml"
    (compiled / "models").mkdir(parents=True)
    (compiled / "models" / "mart.sql").write_text("select 1")
    (copied / "models" / "odd.yml").mkdir()
    (copied / "old_target").mkdir()
    (copied / "old_target" / "x.sql").write_text("select 1")
    assert dbt_project.code_version() == before
    (copied / "models" / "marts" / "new.sql").write_text("select 1")
    assert dbt_project.code_version() != before


def test_the_parse_takes_no_setting_of_dbts_from_the_shell(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DBT_TARGET_PATH", "DBT_ENGINE_TARGET_PATH", "DBT_TARGET", "DBT_WARN_ERROR", "DBT_PROFILE"):
        monkeypatch.setenv(name, "junk")
    assert dbt_project.read_manifest(DbtSettings())["metadata"]["project_name"] == "shopstream_dbt"
    assert not (copied / "junk").exists()
