"""The dbt project parses silently, is documented and tested throughout, and is SQL that Snowflake parses."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import yaml
from jinja2 import Environment
from sqlglot import exp

from shopstream_platform import dbt_project
from shopstream_platform.dashboards.data import acquisition
from shopstream_platform.dashboards.metrics import SEMANTIC
from shopstream_platform.dbt_project import EXECUTABLE, PROFILES_DIR, PROJECT_DIR
from shopstream_platform.operations.dbt_coverage import coverage
from shopstream_platform.power_bi.tables import MODEL
from shopstream_platform.source.events import STEPS

VARIABLES = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text("utf-8"))["vars"]["shopstream_dbt"]
OPTIONS = ("--log-format", "json", "parse", "--show-all-deprecations", "--no-partial-parse")


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where a fresh `dbt parse` put its files, and what it said."""
    return parse(tmp_path_factory.mktemp("parsed"))


def parse(target: Path, **variables: str) -> tuple[Path, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "SNOWFLAKE_"))}
    place = {"DBT_PROJECT_DIR": str(PROJECT_DIR), "DBT_PROFILES_DIR": str(PROFILES_DIR)}
    done = subprocess.run(
        [str(EXECUTABLE), *OPTIONS, "--target-path", str(target), "--log-path", str(target)],
        env=own | place | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return target, done.stdout


@pytest.fixture(scope="module")
def manifest(parsed: tuple[Path, str]) -> dict[str, Any]:
    """What dbt knows of the project."""
    return json.loads((parsed[0] / "manifest.json").read_text())


def test_it_parses_without_a_warning_or_a_deprecation(parsed: tuple[Path, str]) -> None:
    events = [json.loads(line)["info"] for line in parsed[1].splitlines() if line.startswith("{")]
    assert events
    assert [event["msg"] for event in events if event["level"] in ("warn", "error")] == []


def test_every_schema_but_raw_takes_the_prefix(tmp_path: Path, manifest: dict[str, Any]) -> None:
    prefixed = json.loads((parse(tmp_path, SHOPSTREAM_SCHEMA_PREFIX="alice_")[0] / "manifest.json").read_text())
    assert _schemas(manifest) == {"STAGING", "CORE", "MARTS", "AUDIT"}
    assert _schemas(prefixed) == {"ALICE_STAGING", "ALICE_CORE", "ALICE_MARTS", "ALICE_AUDIT"}
    assert {source["schema"] for source in prefixed["sources"].values()} == {"RAW"}


def _schemas(manifest: dict[str, Any]) -> set[str]:
    stored = [node for node in manifest["nodes"].values() if node["config"].get("store_failures") is not False]
    return {node["schema"] for node in stored if node["resource_type"] in ("model", "snapshot", "test")}


def test_every_mart_is_used_and_what_uses_it_is_named(manifest: dict[str, Any]) -> None:
    marts = {
        key for key, node in manifest["nodes"].items() if node["resource_type"] == "model" and node["schema"] == "MARTS"
    }
    exposures = {one["name"]: set(one["depends_on"]["nodes"]) for one in manifest["exposures"].values()}
    imported = {f"model.shopstream_dbt.{table.source}" for table in MODEL.tables}
    assert exposures["power_bi"] == imported
    assert imported >= marts
    assert set().union(*(used for name, used in exposures.items() if name.startswith("dashboard_"))) >= marts


def test_the_figures_that_people_quote_are_metrics_with_a_meaning(manifest: dict[str, Any]) -> None:
    metrics = {metric["name"]: metric for metric in manifest["metrics"].values()}
    assert {"revenue", "orders", "average_basket", "monthly_growth", "repeat_rate"} <= metrics.keys()
    assert all(metric["label"] and metric["description"] for metric in metrics.values())


def test_the_dashboards_call_and_explain_a_metric_as_the_semantic_layer_does(manifest: dict[str, Any]) -> None:
    metrics = {metric["name"]: (metric["label"], metric["description"]) for metric in manifest["metrics"].values()}
    shown = {name: (metric.label["en"], metric.description["en"]) for name, metric in SEMANTIC.items()}
    assert {"revenue", "orders", "average_basket", "monthly_growth", "repeat_rate"} <= shown.keys()
    assert shown == {name: metrics[name] for name in shown}


def test_every_model_has_an_owner_a_warehouse_and_readers(manifest: dict[str, Any]) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert {model["config"]["group"] for model in models} == {"data_platform"}
    assert {model["config"]["snowflake_warehouse"] for model in models} == {"TRANSFORM_WH"}
    for model in models:
        readers = [] if model["schema"] == "STAGING" else ["REPORTER"]
        assert model["config"]["grants"].get("select", []) == readers, model["name"]


def test_every_model_and_column_is_documented_and_tested(manifest: dict[str, Any]) -> None:
    shares = coverage(manifest)
    assert [share.missing for share in shares] == [()] * len(shares)
    assert all(share.total > 15 for share in shares)


def test_coverage_notices_what_is_missing(manifest: dict[str, Any]) -> None:
    model = "model.shopstream_dbt.mart_inventory"
    broken = json.loads(json.dumps(manifest))
    broken["nodes"] = {k: n for k, n in broken["nodes"].items() if n.get("attached_node") != model}
    broken["nodes"] = {k: n for k, n in broken["nodes"].items() if "assert_marts_equal" not in k}
    broken["unit_tests"] = {k: t for k, t in broken["unit_tests"].items() if t["model"] != "mart_inventory"}
    broken["nodes"][model]["description"] = " "
    broken["nodes"][model]["columns"]["product_id"]["description"] = ""
    models, columns, tested_models, tested_columns = coverage(broken)
    assert models.missing == ("mart_inventory",)
    assert columns.missing == ("mart_inventory.product_id",)
    assert tested_models.missing == ("mart_inventory",)
    without_constraint = ("product_name", "merchant_id", "unit_price", "stock_value", "last_sold_date", "days_of_stock")
    assert set(tested_columns.missing) == {f"mart_inventory.{column}" for column in without_constraint}
    assert tested_columns.percent < 100


def test_contracts_are_enforced_on_core_and_marts(manifest: dict[str, Any]) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    enforced = {node["name"] for node in models if node["config"]["contract"]["enforced"]}
    assert enforced == {node["name"] for node in models if node["fqn"][1] in ("core", "marts")}


def test_every_mart_says_grain_additivity_and_freshness(manifest: dict[str, Any]) -> None:
    marts = [node for key, node in manifest["nodes"].items() if key.startswith("model.") and node["fqn"][1] == "marts"]
    assert len(marts) == 8
    for mart in marts:
        assert all(word in mart["description"] for word in ("Grain:", "Additive", "Freshness:")), mart["name"]


def test_no_test_that_keeps_its_rows_reads_a_personal_column(manifest: dict[str, Any]) -> None:
    personal = {
        name
        for node in manifest["nodes"].values()
        for name, column in node["columns"].items()
        if "pii" in column["config"].get("tags", [])
    }
    keeping = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["config"]["store_failures_as"] == "view"
    ]
    assert {"email", "last_name"} <= personal
    assert len(keeping) >= 15
    for node in keeping:
        words = set(re.findall(r"\w+", node["raw_code"])) | {node.get("column_name")}
        assert not words & personal, node["name"]


@pytest.mark.parametrize("path", sorted(PROJECT_DIR.glob("models/*/*.sql")), ids=lambda path: path.stem)
def test_every_model_is_snowflakes_sql(path: Path) -> None:
    (statement,) = sqlglot.parse(rendered(path.read_text()), dialect="snowflake")
    assert isinstance(statement, exp.Select)
    unknown = {function.name.lower() for function in statement.find_all(exp.Anonymous)}
    # What sqlglot does not know by name is looked up in Snowflake's reference by hand.
    assert unknown <= {"seq4"}


def rendered(sql: str) -> str:
    """The SQL with its variables as they are; relations by name, the project's macros as something of their kind."""
    environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)
    return environment.from_string(sql).render(
        config=lambda **_: "",
        ref=lambda name: name,
        source=lambda _, name: name,
        var=VARIABLES.__getitem__,
        quoted=lambda words: ", ".join(f"'{word}'" for word in words),
        in_one_spelling=lambda status: status,
        stale_partitions=lambda: "select * from current_loads",
        partition_columns=lambda stale: f"{stale}._partition_date",
        date_key=lambda day: f"year({day})",
        exact_ratio=lambda *_: "(1)::number(38, 2)",
    )


def test_the_funnels_steps_are_those_of_the_shop() -> None:
    assert list(VARIABLES["funnel_steps"]) == list(STEPS) == acquisition.STEPS
    assert VARIABLES["funnel_steps"] == {step: [step] for step in STEPS}


def test_every_label_that_does_not_count_is_known() -> None:
    meanings = {*VARIABLES["status_spellings"].values(), *VARIABLES["uncounted_statuses"]}
    assert meanings <= set(VARIABLES["known_statuses"])
    assert not VARIABLES["status_spellings"].keys() & set(VARIABLES["known_statuses"])


def test_another_meaning_is_another_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = shutil.copytree(PROJECT_DIR, tmp_path / "project", ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(dbt_project, "PROJECT_DIR", copy)
    before = dbt_project.code_version()
    project = copy / "dbt_project.yml"
    project.write_text(project.read_text().replace("returned: refunded", "returned: delivered"))
    assert dbt_project.code_version() != before
