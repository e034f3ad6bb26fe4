"""Every dbt test is a check of the graph, stops only for what is our own work, and says what it means."""

from typing import Any

import dagster as dg
import pytest

from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.tables import SOURCES
from shopstream_platform.dbt.project import PROJECT_DIR, read_manifest
from shopstream_platform.dbt.results import read_results, rule
from shopstream_platform.definitions import build_definitions

# Facts about our own work: keys, grains, labels that our SQL makes, sums.
OWN_LABELS = {"abc_class", "tier", "segment", "first_order_wait"}
OWN_RULES = {
    "assert_abc_classes_partition_revenue",
    "assert_campaign_revenue_is_not_doubled",
    "assert_cohorts_are_all_customers",
    "assert_dates_have_no_gap",
    "assert_every_partition_is_logged",
    "assert_funnel_steps_do_not_grow",
    "assert_marts_equal_facts",
    "assert_scores_make_segments",
}
OWN_DAYS = {"signup_date", "date_key"}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return read_manifest(DbtSettings())


def data_tests(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "test"}


def is_of_a_source(test: dict[str, Any]) -> bool:
    """Whether the test looks for what another database says is never NULL, in a column that is no key."""
    tables = {f"stg_{table.name}": table for source in SOURCES for table in source.tables}
    table = tables.get(test["attached_node"].rpartition(".")[2])
    return table is not None and test["column_name"] not in table.key


def is_our_own(test: dict[str, Any]) -> bool:
    metadata = test.get("test_metadata")
    if not metadata:
        return test["name"] in OWN_RULES
    match metadata["name"]:
        case "not_null" if is_of_a_source(test):
            return False
        case "unique" | "not_null" | "unique_grain":
            return True
        case "accepted_values":
            return test["column_name"] in OWN_LABELS
        case "relationships":
            # The calendar is made of the very days that look into it.
            return test["column_name"] in OWN_DAYS
        case _:
            return False


def test_every_test_is_a_check_of_the_graph(manifest: dict[str, Any]) -> None:
    graph = build_definitions(Settings()).resolve_asset_graph()
    layers = {path.name for path in PROJECT_DIR.glob("models/*/")} | {"snapshots", "seeds"}
    checks = [key for key in graph.asset_check_keys if key.asset_key.path[0] in layers]
    assert sorted(key.name for key in checks) == sorted(data_tests(manifest))
    assert dg.AssetCheckKey(dg.AssetKey(["marts", "mart_sales_daily"]), "assert_marts_equal_facts") in checks
    located = graph.get(dg.AssetKey(["intermediate", "int_order_lines__located"]))
    assert (located.group_name, located.tags["layer"]) == ("intermediate", "intermediate")
    tests = data_tests(manifest)
    assert [key for key in checks if graph.get_check_spec(key).description != rule(tests[key.name])] == []


def test_only_our_own_work_stops(manifest: dict[str, Any]) -> None:
    tests = data_tests(manifest)
    severities = {name: test["config"]["severity"].lower() for name, test in tests.items()}
    assert severities == {name: "error" if is_our_own(test) else "warn" for name, test in tests.items()}
    assert {*severities.values()} == {"error", "warn"}
    assert tests.keys() >= OWN_RULES


def test_what_warns_keeps_its_rows_unless_they_would_be_read_from_personal_columns(manifest: dict[str, Any]) -> None:
    warn = {name: test for name, test in data_tests(manifest).items() if test["config"]["severity"].lower() == "warn"}
    # A row that lacks a value would be kept with all its columns, personal ones among them.
    warn = {name: test for name, test in warn.items() if test.get("test_metadata", {}).get("name") != "not_null"}
    without = {name for name, test in warn.items() if test["config"]["store_failures_as"] != "view"}
    assert without == {"assert_addresses_are_of_one_account", "is_document_stg_events_metadata"}


def test_every_test_says_what_it_demands(manifest: dict[str, Any]) -> None:
    rules = {name: rule(test) for name, test in data_tests(manifest).items()}
    assert all(text.endswith(".") and len(text) > 10 for text in rules.values())
    assert rules["unique_dim_customers_user_id"] == "user_id is unique."
    grain = next(text for name, text in rules.items() if name.startswith("unique_grain_mart_sales_daily"))
    assert grain == "There is one row per sale_date, country."
    users = next(text for name, text in rules.items() if name.startswith("relationships_fact_orders_user_id"))
    assert users == "Every user_id is the user_id of a row of dim_customers."


def result(key: str, status: str, **more: Any) -> dict[str, Any]:
    return {"unique_id": key, "status": status, "message": None, "failures": None} | more


def key_of(manifest: dict[str, Any], name: str) -> str:
    return next(key for key, node in manifest["nodes"].items() if node["name"] == name)


def test_a_test_that_did_not_pass_is_told_with_its_meaning_its_rows_and_where_they_are(
    manifest: dict[str, Any],
) -> None:
    status, sums = (key_of(manifest, name) for name in ("assert_statuses_are_known", "assert_marts_equal_facts"))
    relation = '"SHOPSTREAM_DWH"."AUDIT"."ASSERT_STATUSES_ARE_KNOWN"'
    results = read_results(
        {
            "results": [
                result(status, "warn", failures=2, compiled_code="select warn", relation_name=relation),
                result(sums, "fail", failures=1, compiled_code="select fail", relation_name=None),
                result(key_of(manifest, "unique_dim_customers_user_id"), "pass", failures=0),
                result(
                    "model.shopstream_dbt.mart_inventory", "error", message="Database Error\n  100038: Numeric value"
                ),
                result("model.shopstream_dbt.mart_sales_daily", "skipped"),
            ]
        },
        manifest,
        lambda sql: (["ORDER_STATUS", "REVENUE"], [("on hold", 12), ("lost\n", 3)][: 2 if "warn" in sql else 1]),
    )
    warned, failed = results.broken["assert_statuses_are_known"], results.broken["assert_marts_equal_facts"]
    assert (warned.failed, failed.failed, len(results.broken)) == (False, True, 2)
    assert warned.sentence == (
        "Every order's status is known; one that is not counts as revenue. Found 2: order_status on hold, "
        "revenue 12; order_status lost , revenue 3. All of them: select * from AUDIT.ASSERT_STATUSES_ARE_KNOWN"
    )
    assert failed.sentence.endswith("nothing lost, nothing twice. Found 1: order_status on hold, revenue 12")
    assert results.failure() == (
        "dbt: mart_inventory could not be built: Database Error 100038: Numeric value; "
        f"test assert_marts_equal_facts failed: {failed.sentence}. Not built after that: mart_sales_daily"
    )


def test_a_build_without_failures_has_none_to_tell(manifest: dict[str, Any]) -> None:
    status = key_of(manifest, "assert_statuses_are_known")
    warned = result(status, "warn", failures=5, compiled_code=None, relation_name="a.b.c")
    results = read_results({"results": [warned]}, manifest, lambda _: ([], []))
    assert results.failure() is None
    assert "Found 5. All of them: select * from b.c" in results.broken["assert_statuses_are_known"].sentence
