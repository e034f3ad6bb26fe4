"""`shopstream dev`: the graph from oltp to marts, as Dagster's UI shows it, and runs started from there."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform_tests.e2e import dagster_ui
from shopstream_platform_tests.e2e.browser import GraphQL, page
from shopstream_platform_tests.e2e.dagster_ui import PAGE_MS, RUN_SECONDS, SCREENSHOTS, Key, graph, launch, nodes
from shopstream_platform_tests.e2e.shop import Shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

STATES_MS = 8_000
BACKFILL = """mutation Backfill($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
} }"""
BACKFILL_STATUS = """query Status($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill {
    status error { message } runs(limit: 10) { runId status tags { key value } assetSelection { path } }
} } }"""


@pytest.fixture(scope="module")
def ui(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphQL]:
    """The UI of `shopstream dev`."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with dagster_ui.dev(shop, tmp_path_factory.mktemp("ui")) as dev:
        yield dev.graphql


def _ancestors(graph: dict[Key, set[Key]], key: Key) -> set[Key]:
    parents = graph.get(key, set())
    return parents.union(*(_ancestors(graph, parent) for parent in parents))


def test_the_code_location_loads(ui: GraphQL) -> None:
    entry = dagster_ui.location(ui)
    assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation", entry


def test_every_mart_descends_from_the_tables_of_the_source(ui: GraphQL) -> None:
    found = graph(ui)
    for table in SHOP_TABLES:
        assert found[("lake", table.name)] == {("oltp", table.name)}
        assert ("lake", table.name) in found[("raw", table.name)]
        assert ("raw", table.name) in found[("staging", f"stg_{table.name}")]

    marts = {key for key in found if key[0] == "marts"}
    assert {("marts", f"mart_{name}") for name in ("sales_overview", "product_performance", "customer_ltv")} <= marts
    for mart in marts:
        assert any(key[0] == "oltp" for key in _ancestors(found, mart)), mart
    assert all(node["groupName"] == node["assetKey"]["path"][0] for node in nodes(ui))


def test_the_lineage_page_shows_every_layer(ui: GraphQL) -> None:
    layers = dict.fromkeys(key[0] for key in graph(ui))
    assert {"oltp", "lake", "raw", "staging", "core", "marts", "dashboards"} <= layers.keys()
    with page(ui) as tab:
        dagster_ui.open_graph(tab, ui)
        for layer in layers:
            # In the list on the left, and as a group in the graph.
            shown = tab.get_by_text(layer, exact=True).and_(tab.locator(":visible"))
            expect(shown).to_have_count(2, timeout=PAGE_MS)
        tab.wait_for_timeout(STATES_MS)
        tab.screenshot(path=SCREENSHOTS / "layers.png")


def test_the_lineage_page_shows_the_way_of_a_dashboard(ui: GraphQL) -> None:
    dashboard = ("dashboards", "sales_overview")
    way = {dashboard, *_ancestors(graph(ui), dashboard)}
    with page(ui) as tab:
        dagster_ui.open_graph(tab, ui, selection=f'+key:"{"/".join(dashboard)}"', expanded={key[0] for key in way})
        for name in ("order_items", "stg_order_items", "fact_orders", "dim_products", "mart_sales_daily"):
            expect(tab.get_by_text(name, exact=True).first).to_be_visible(timeout=PAGE_MS)
        # The states of the assets come after the page, a few at a time.
        tab.wait_for_timeout(STATES_MS)
        tab.screenshot(path=SCREENSHOTS / "asset-graph.png")


def test_the_lineage_page_shows_the_way_from_the_marts_to_power_bi(ui: GraphQL) -> None:
    with page(ui) as tab:
        way = '2+key:"power_bi/shopstream_report"'
        dagster_ui.open_graph(tab, ui, selection=way, expanded={"core", "marts", "power_bi"})
        for name in ("mart_customer_ltv", "shopstream_semantic_model", "shopstream_report"):
            expect(tab.get_by_text(name, exact=True).first).to_be_visible(timeout=PAGE_MS)
        tab.wait_for_timeout(STATES_MS)
        tab.screenshot(path=SCREENSHOTS / "power-bi.png")


def test_a_day_of_orders_and_all_that_follows_is_materialized_by_hand(ui: GraphQL, shop: Shop) -> None:
    before, known = shop.contents(), {run["runId"] for run in dagster_ui.runs(ui)}
    with page(ui) as tab:
        dagster_ui.open_graph(tab, ui, selection='key:"raw/orders"+')
        expect(tab.get_by_text("oltp", exact=True)).to_have_count(0, timeout=PAGE_MS)
        assert dagster_ui.materialize_newest_day(tab) == str(shop.yesterday)

        dagster_ui.wait_until(lambda: len(dagster_ui.runs(ui)) > len(known), PAGE_MS / 1000)
        (started,) = {run["runId"] for run in dagster_ui.runs(ui)} - known
        tab.goto(f"{ui.address}/runs/{started}")
        expect(tab.get_by_text("Success", exact=True).first).to_be_visible(timeout=1000 * RUN_SECONDS)
        tab.wait_for_timeout(STATES_MS)
        tab.screenshot(path=SCREENSHOTS / "run.png")

        _look_at_the_asset(tab, ui)
    found = dagster_ui.run(ui, started)
    assert found["status"] == "SUCCESS"
    assets = graph(ui)
    downstream = [key for key in assets if ("raw", "orders") in _ancestors(assets, key)]
    assert found["stats"]["materializations"] == len(downstream) + 1
    assert shop.contents() == before


def _look_at_the_asset(tab: Page, ui: GraphQL) -> None:
    """Row count, preview, schema, checks and lineage of raw/orders."""
    tab.goto(f"{ui.address}/assets/raw/orders")
    expect(tab.get_by_text("dagster/partition_row_count").first).to_be_visible(timeout=PAGE_MS)
    expect(tab.get_by_text("preview", exact=True).first).to_be_visible()
    preview = tab.locator("table").filter(has_text="payment_method").last
    expect(preview.get_by_role("row")).not_to_have_count(0)
    expect(tab.get_by_text("NUMBER(10,2)").first).to_be_visible()
    expect(tab.get_by_role("link", name=re.compile(r"^Open raw\.py"))).to_be_visible(timeout=PAGE_MS)
    expect(tab.get_by_text("SHOPSTREAM_DWH.RAW.ORDERS").first).to_be_visible()
    tab.wait_for_load_state("networkidle")
    tab.screenshot(path=SCREENSHOTS / "asset.png")

    tab.goto(f"{ui.address}/assets/raw/orders?view=checks")
    tab.get_by_text("reconciled_with_source").first.click()
    expect(tab.get_by_text("Passed", exact=True).first).to_be_visible(timeout=PAGE_MS)
    expect(tab.get_by_text("checksum").first).to_be_visible()
    tab.screenshot(path=SCREENSHOTS / "checks.png")

    tab.goto(f"{ui.address}/assets/raw/orders?view=lineage")
    expect(tab.get_by_text("stg_orders", exact=True).first).to_be_visible(timeout=PAGE_MS)
    expect(tab.get_by_text(re.compile(r"^3 / 3 Passed")).first).to_be_visible(timeout=PAGE_MS)
    tab.screenshot(path=SCREENSHOTS / "lineage.png")


def test_a_run_of_all_assets_started_from_the_ui_succeeds(ui: GraphQL, shop: Shop) -> None:
    before = shop.contents()
    found = dagster_ui.finished(ui, launch(ui, graph(ui), shop.yesterday))
    assert found["status"] == "SUCCESS", dagster_ui.why(ui, found["runId"])
    assert found["stats"]["stepsFailed"] == 0
    assert found["stats"]["materializations"] == len(graph(ui))
    assert shop.contents() == before


def test_a_backfill_of_several_days_from_the_ui_is_one_run_of_the_range(ui: GraphQL, shop: Shop) -> None:
    before = shop.contents()
    first, last = shop.yesterday - timedelta(days=4), shop.yesterday - timedelta(days=2)
    launched = ui.ask(
        BACKFILL,
        params={
            "assetSelection": [{"path": list(key)} for key in graph(ui)],
            "partitionNames": [str(first + timedelta(days=n)) for n in range(3)],
        },
    )["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    deadline = time.monotonic() + 2 * RUN_SECONDS
    while True:
        found = ui.ask(BACKFILL_STATUS, id=launched["backfillId"])["partitionBackfillOrError"]
        if found["status"] not in ("REQUESTED", "FAILING", "CANCELING"):
            break
        assert time.monotonic() < deadline, found
        time.sleep(1)
    assert found["status"] == "COMPLETED_SUCCESS", [dagster_ui.why(ui, run["runId"]) for run in found["runs"]]
    (ranged,) = [run for run in found["runs"] if ["raw", "orders"] in [key["path"] for key in run["assetSelection"]]]
    tags = {tag["key"]: tag["value"] for tag in ranged["tags"]}
    assert tags["dagster/asset_partition_range_start"] == str(first)
    assert tags["dagster/asset_partition_range_end"] == str(last)
    newest = "SELECT run_id FROM RAW._LOAD_LOG WHERE table_name = 'orders' ORDER BY load_id DESC LIMIT 1"
    loads = "SELECT COUNT(DISTINCT load_id), COUNT(*) FROM RAW._LOAD_LOG WHERE table_name = 'orders'"
    assert shop.warehouse_rows(f"{loads} AND run_id = ({newest})") == [(1, 3)]
    assert shop.contents() == before
