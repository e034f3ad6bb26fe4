"""What makes an incremental model's rows stale is all of the code that makes them, and nothing else."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform.dbt import project as dbt_project
from shopstream_platform_tests.dbt.integration.dbt_command import environment, run_dbt

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FACTS = ("fact_orders", "fact_events")


@pytest.fixture
def compiled(running_home: Path, tmp_path: Path) -> Callable[..., str | dict[str, str]]:
    """Compile the facts of a copy of the project, in which in one file `old` is `new`: their versions, or the error."""

    def compile_facts(file: str = "", old: str = "", new: str = "", *arguments: str) -> str | dict[str, str]:
        project, target = tmp_path / "project", tmp_path / "target"
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(dbt_project.PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs"))
        if file:
            text = (project / file).read_text()
            assert old in text
            (project / file).write_text(text.replace(old, new))
        variables = environment(running_home, target) | {"DBT_PROJECT_DIR": str(project)}
        done = run_dbt(variables, "compile", "--select", *FACTS, *arguments)
        if done.returncode:
            return " ".join(done.stdout.split())
        folder = target / "compiled" / "shopstream_dbt" / "models" / "core"
        return {name: version((folder / f"{name}.sql").read_text()) for name in FACTS}

    return compile_facts


def version(sql: str) -> str:
    """The code version that a fact's compiled SQL writes beside its rows."""
    (found,) = set(re.findall(r"'([0-9a-f]{32})'", sql))
    return found


def test_the_version_is_of_models_macros_and_variables(compiled: Callable[..., Any]) -> None:
    before = compiled()
    assert before["fact_orders"] != before["fact_events"]

    def changed(*edit: str) -> set[str]:
        after = compiled(*edit)
        return {name for name in FACTS if after[name] != before[name]}

    assert changed("macros/in_one_spelling.sql", "when '' then null", "when '' then ''") == {"fact_orders"}
    assert changed("macros/quoted.sql", "replace(", " replace(") == {"fact_orders"}, "a macro that a macro calls"
    assert changed("macros/date_key.sql", "* 100 ", "* 100  ") == set(FACTS)
    assert changed("models/staging/stg_events.sql", "page::varchar", "path::varchar") == {"fact_events"}
    assert changed("dbt_project.yml", "[cancelled, refunded]", "[cancelled]") == {"fact_orders"}
    assert changed("", "", "", "--vars", '{"status_spellings": {"gone": "cancelled"}}') == {"fact_orders"}
    assert changed("macros/exact_ratio.sql", "10 ** scale", "10  ** scale") == set()


def test_a_list_of_partition_tables_that_is_wrong_is_an_error(compiled: Callable[..., Any]) -> None:
    said = compiled("models/core/fact_orders.sql", "['orders', 'order_items']", "['orders', 'order_item']")
    assert (
        "fact_orders names 'order_item' among its partition tables, which is not a partitioned table of RAW: list them "
        "in its config(meta={'partition_tables': [...]}), from orders, order_items, events."
    ) in said
    said = compiled("models/core/fact_events.sql", "meta={'partition_tables': ['events']},", "")
    assert "fact_events does not say which RAW tables its partitions are made from: list them in its config" in said
