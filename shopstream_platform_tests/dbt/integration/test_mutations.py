"""All dbt unit tests pass, and breaking any single business rule of a model makes one of its unit tests fail."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shopstream_platform.dbt import project as dbt_project
from shopstream_platform_tests.dbt.integration.dbt_command import environment, run_dbt
from shopstream_platform_tests.dbt.integration.mutations import MUTATIONS, Mutation, name_of_copy, write_copies
from shopstream_platform_tests.fixtures.pipeline import Pipeline

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def outcomes(
    running_home: Path, new_pipeline: Callable[[], Pipeline], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, set[str]]:
    """Model or broken copy -> how its unit tests ended."""
    new_pipeline().source.close()
    project = tmp_path_factory.mktemp("mutated") / "project"
    shutil.copytree(dbt_project.PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs"))
    variables = environment(running_home, project / "target")
    # Of the original project: unit tests take the types of their rows from what it builds.
    assert run_dbt(variables, "run").returncode == 0
    write_copies(project)
    run_dbt(variables | {"DBT_PROJECT_DIR": str(project)}, "test", "--select", "test_type:unit")
    manifest = json.loads((project / "target" / "manifest.json").read_text())
    models = {key: test["model"] for key, test in manifest["unit_tests"].items()}
    ended: dict[str, set[str]] = {}
    for result in json.loads((project / "target" / "run_results.json").read_text())["results"]:
        if result["unique_id"] in models:
            ended.setdefault(models[result["unique_id"]], set()).add(result["status"])
    return ended


def test_all_unit_tests_of_the_unbroken_models_pass(outcomes: dict[str, set[str]]) -> None:
    unbroken = {model: ended for model, ended in outcomes.items() if "__" not in model}
    assert {model: ended for model, ended in unbroken.items() if ended != {"pass"}} == {}
    assert {mutation.model for mutation in MUTATIONS} < set(unbroken)


@pytest.mark.parametrize(("number", "mutation"), enumerate(MUTATIONS, start=1), ids=[m.rule for m in MUTATIONS])
def test_a_broken_rule_makes_a_test_fail(outcomes: dict[str, set[str]], number: int, mutation: Mutation) -> None:
    ended = outcomes[name_of_copy(mutation.model, number)]
    assert "error" not in ended, "the mutation is no SQL"
    assert "fail" in ended
