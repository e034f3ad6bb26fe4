"""The dbt project parses silently, is documented and tested throughout, and is SQL that Snowflake parses."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from shopstream_platform.contract.metrics import SEMANTIC
from shopstream_platform.contract.tables import PARTITIONED
from shopstream_platform.dbt import project as dbt_project
from shopstream_platform.dbt.coverage import coverage
from shopstream_platform.dbt.project import EXECUTABLE, PROFILES_DIR, PROJECT_DIR
from shopstream_platform.serving.pages.acquisition import queries as acquisition
from shopstream_platform.serving.pages.customer_analysis import queries as customers
from shopstream_platform.serving.pages.product_performance import queries as products
from shopstream_platform.serving.power_bi.tables import MODEL
from shopstream_platform.simulator.events import STEPS
from shopstream_platform_tests.dbt.integration.expected import NAMES
from shopstream_platform_tests.dbt.rendering import VARIABLES
from shopstream_platform_tests.dbt.rendering import parsed as parsed_sql

# macros/session.sql sets the session that builds; a view is read in anybody's.
VIEWS = sorted(path for layer in ("staging", "intermediate") for path in PROJECT_DIR.glob(f"models/{layer}/*.sql"))
# A text as a time, or a time as a text, without its format.
BY_THE_SESSIONS_FORMAT = re.compile(
    r"""'\s*::\s*(?:date|time)|:\w+\s*::\s*(?:date|time)"""
    r"""|\b(?:try_)?to_(?:date|time\w*|char|varchar)\s*\((?:[^,()]|\([^()]*\))*\)""",
    re.IGNORECASE,
)
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


def models_of(manifest: dict[str, Any], *layers: str) -> dict[str, dict[str, Any]]:
    """Key -> model, of some layers."""
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    return {key: node for key, node in models.items() if node["fqn"][1] in layers}


def test_every_mart_is_used_and_what_uses_it_is_named(manifest: dict[str, Any]) -> None:
    exposures = {one["name"]: set(one["depends_on"]["nodes"]) for one in manifest["exposures"].values()}
    assert exposures["power_bi"] == {f"model.shopstream_dbt.{table.source}" for table in MODEL.tables}
    marts = models_of(manifest, "marts").keys()
    assert marts - set().union(*exposures.values()) == set()
    # One that reads another source is somebody's own: no simulated shop has its tables.
    brought = {key for key, one in manifest["sources"].items() if one["source_name"] != "raw"}
    of_the_shop = {manifest["nodes"][key]["name"] for key in marts if not brought & _ancestors(manifest, key)}
    assert of_the_shop == set(NAMES), "each is computed from the source, too"


def test_an_intermediate_model_is_one_that_several_models_read(manifest: dict[str, Any]) -> None:
    for key in models_of(manifest, "intermediate"):
        readers = [child for child in manifest["child_map"][key] if child.startswith("model.")]
        assert len(readers) > 1, key


def test_a_fact_names_all_partitioned_tables_that_it_is_made_from(manifest: dict[str, Any]) -> None:
    incremental = {
        key: node for key, node in manifest["nodes"].items() if node["config"]["materialized"] == "incremental"
    }
    partitioned = {f"source.shopstream_dbt.raw.{table.name}": table.name for table in PARTITIONED}
    for key, node in incremental.items():
        made_from = {partitioned[source] for source in _ancestors(manifest, key) if source in partitioned}
        assert sorted(node["config"]["meta"]["partition_tables"]) == sorted(made_from), key
        keeps = {"_partition_date", "_code_version", *(f"_{table}_load_id" for table in made_from)}
        assert {column for column in node["columns"] if column.startswith("_")} == keeps
    # A unit test knows no config of its model.
    for test in manifest["unit_tests"].values():
        node = manifest["nodes"][test["depends_on"]["nodes"][0]]
        if node["unique_id"] in incremental:
            assert test["overrides"]["macros"]["partition_tables"] == node["config"]["meta"]["partition_tables"]
    assert incremental


def _ancestors(manifest: dict[str, Any], key: str) -> set[str]:
    parents = set(manifest["parent_map"].get(key, ()))
    return parents.union(*(_ancestors(manifest, parent) for parent in parents))


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
    # The profile's: one for all.
    assert {model["config"].get("snowflake_warehouse") for model in models} == {None}
    for model in models:
        # Names and addresses that are not masked are for no reader.
        closed = model["schema"] == "STAGING" or model["name"] == "dim_customers"
        readers = [] if closed else ["SHOPSTREAM_REPORTER"]
        assert model["config"]["grants"].get("select", []) == readers, model["name"]


def test_every_model_and_column_is_documented_and_tested(manifest: dict[str, Any]) -> None:
    shares = coverage(manifest)
    assert [share.missing for share in shares] == [()] * len(shares)
    assert all(share.total > 15 for share in shares)


def test_coverage_notices_what_is_missing(manifest: dict[str, Any]) -> None:
    before = [set(share.missing) for share in coverage(manifest)]
    model = "model.shopstream_dbt.mart_inventory"
    broken = json.loads(json.dumps(manifest))
    broken["nodes"] = {
        key: node
        for key, node in broken["nodes"].items()
        if node["resource_type"] != "test" or model not in node["depends_on"]["nodes"]
    }
    broken["unit_tests"] = {k: t for k, t in broken["unit_tests"].items() if t["model"] != "mart_inventory"}
    broken["nodes"][model]["description"] = " "
    broken["nodes"][model]["columns"]["product_id"]["description"] = ""
    models, columns, tested_models, tested_columns = (
        set(share.missing) - old for share, old in zip(coverage(broken), before, strict=True)
    )
    assert models == tested_models == {"mart_inventory"}
    assert columns == {"mart_inventory.product_id"}
    without_constraint = {n for n, column in broken["nodes"][model]["columns"].items() if not column["constraints"]}
    assert tested_columns == {f"mart_inventory.{column}" for column in without_constraint}
    assert {"product_name", "days_of_stock"} <= without_constraint
    assert coverage(broken)[3].percent < 100


def test_no_model_has_a_clustering_key(manifest: dict[str, Any]) -> None:
    """Automatic clustering is billed outside every resource monitor, and tables of this size gain nothing by it."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "snapshot")]
    assert [node["name"] for node in nodes if node["config"].get("cluster_by")] == []
    assert len(nodes) > 15


def test_contracts_are_enforced_on_all_but_staging(manifest: dict[str, Any]) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    enforced = {node["name"] for node in models if node["config"]["contract"]["enforced"]}
    assert enforced == {node["name"] for node in models if node["fqn"][1] != "staging"}


def test_every_mart_says_grain_additivity_and_freshness(manifest: dict[str, Any]) -> None:
    described = models_of(manifest, "intermediate", "marts")
    assert described.keys() >= models_of(manifest, "marts").keys() > set()
    for model in described.values():
        assert all(word in model["description"] for word in ("Grain:", "Additive", "Freshness:")), model["name"]


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
    unknown = {function.name.lower() for function in parsed_sql(path).find_all(exp.Anonymous)}
    # What sqlglot does not know by name is looked up in Snowflake's reference by hand.
    assert unknown <= {"seq4"}


@pytest.mark.parametrize(
    ("sql", "depends"),
    [
        ("'2026-01-31'::date", True),
        ("metadata:at::timestamp_ntz", True),
        ("name::varchar::date", True),
        ("to_date(trim(name))", True),
        ("try_to_timestamp_ntz(name)", True),
        ("to_char(order_date)", True),
        ("to_date(trim(name), 'YYYY-MM-DD')", False),
        ("to_char(order_date, 'YYYY')", False),
        ("ordered_at::date", False),
    ],
)
def test_what_a_session_calls_a_date_is_noticed(sql: str, depends: bool) -> None:
    assert bool(BY_THE_SESSIONS_FORMAT.search(sql)) == depends


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.stem)
def test_a_view_means_the_same_in_every_session(path: Path) -> None:
    assert BY_THE_SESSIONS_FORMAT.findall(path.read_text()) == []


def test_the_funnels_steps_are_those_of_the_shop() -> None:
    assert list(VARIABLES["funnel_steps"]) == list(STEPS) == acquisition.STEPS
    assert VARIABLES["funnel_steps"] == {step: [step] for step in STEPS}


def test_the_pages_know_every_label_of_the_marts(manifest: dict[str, Any]) -> None:
    accepted = {
        (test["attached_node"].split(".")[-1], test["column_name"]): set(test["test_metadata"]["kwargs"]["values"])
        for test in manifest["nodes"].values()
        if test.get("test_metadata") and test["test_metadata"]["name"] == "accepted_values"
    }
    assert accepted["mart_activation", "first_order_wait"] == set(acquisition.WAITS)
    assert accepted["mart_customer_ltv", "segment"] == set(customers.SEGMENTS)
    assert accepted["mart_product_performance", "abc_class"] == set(products.CLASSES)


def test_every_label_that_does_not_count_is_known() -> None:
    meanings = {*VARIABLES["status_spellings"].values(), *VARIABLES["uncounted_statuses"]}
    assert meanings <= set(VARIABLES["known_statuses"])
    assert not VARIABLES["status_spellings"].keys() & set(VARIABLES["known_statuses"])


def test_another_meaning_is_another_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = shutil.copytree(PROJECT_DIR, tmp_path / "project", ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(dbt_project, "PROJECT_DIR", copy)
    before = dbt_project.code_version(), dbt_project.shared_code()
    project = copy / "dbt_project.yml"
    project.write_text(project.read_text().replace("returned: refunded", "returned: delivered"))
    after = dbt_project.code_version(), dbt_project.shared_code()
    assert before[0] != after[0]
    assert before[1] != after[1]


@pytest.mark.parametrize(
    ("path", "is_shared"),
    [
        ("models/marts/mart_activation.sql", False),
        ("models/marts/mart_activation.yml", False),
        ("snapshots/snap_users.yml", False),
        ("seeds/targets.csv", False),
        ("tests/assert_dates_have_no_gap.sql", False),
        ("tests/generic/unique_grain.sql", True),
        ("macros/quoted.sql", True),
        ("profiles.yml", True),
    ],
)
def test_code_of_one_model_is_not_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, is_shared: bool
) -> None:
    copy = shutil.copytree(PROJECT_DIR, tmp_path / "project", ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(dbt_project, "PROJECT_DIR", copy)
    before = dbt_project.shared_code()
    with (copy / path).open("a") as file:
        file.write("\n")
    assert (dbt_project.shared_code() != before) == is_shared
