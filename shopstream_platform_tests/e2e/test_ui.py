"""`shopstream dev`: the graph from oltp to marts, as Dagster's UI shows it, and a run started from there."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from shopstream_platform.tables import TABLES
from shopstream_platform_tests.e2e.browser import GraphQL, page
from shopstream_platform_tests.e2e.shop import PROGRAMS, ROOT, Shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Key = tuple[str, ...]

START_SECONDS, RUN_SECONDS, STOP_SECONDS = 180, 300, 30
# The UI shows a large graph in part at first.
ZOOM_OUT_CLICKS = 5
SCREENSHOTS = ROOT / "build" / "screenshots"
LOCATION = """{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
    __typename
    ... on PythonError { message }
    ... on RepositoryLocation { repositories { name } }
} } } } }"""
NODES = "{ assetNodes { assetKey { path } groupName isMaterializable dependencyKeys { path } } }"
LAUNCH = """mutation Launch($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
} }"""
STATUS = """query Status($id: ID!) { runOrError(runId: $id) { ... on Run {
    status stats { ... on RunStatsSnapshot { materializations stepsFailed } }
} } }"""

BACKFILL = """mutation Backfill($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
} }"""
BACKFILL_STATUS = """query Status($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill {
    status error { message } runs(limit: 10) { status tags { key value } assetSelection { path } }
} } }"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def ui(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphQL]:
    """The UI of `shopstream dev`, stopped with all its processes afterwards."""
    port, log = _free_port(), tmp_path_factory.mktemp("ui") / "dev.log"
    with log.open("wb") as output:
        dev = subprocess.Popen(
            [PROGRAMS / "shopstream", "dev", "--port", str(port)],
            cwd=ROOT,
            env=shop.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        graphql = GraphQL(port)
        _wait_until(lambda: graphql.answers() or _ended(dev, log), START_SECONDS, log)
        yield graphql
    finally:
        os.killpg(dev.pid, signal.SIGINT)
        try:
            dev.wait(STOP_SECONDS)
        finally:
            _kill_group(dev.pid)


def _ended(process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, f"shopstream dev ended with {process.returncode}:\n{log.read_text()}"
    return False


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _wait_until(true: Any, seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s:\n{log.read_text()[-5000:]}"
        time.sleep(0.5)


def _nodes(ui: GraphQL) -> list[dict[str, Any]]:
    """The platform's assets; a table that it only reads is none."""
    return [node for node in ui.ask(NODES)["assetNodes"] if node["isMaterializable"]]


def _graph(ui: GraphQL) -> dict[Key, set[Key]]:
    """Asset -> the assets that it is made from."""
    return {
        tuple(node["assetKey"]["path"]): {tuple(key["path"]) for key in node["dependencyKeys"]} for node in _nodes(ui)
    }


def _ancestors(graph: dict[Key, set[Key]], key: Key) -> set[Key]:
    parents = graph.get(key, set())
    return parents.union(*(_ancestors(graph, parent) for parent in parents))


def test_the_code_location_loads(ui: GraphQL) -> None:
    (entry,) = ui.ask(LOCATION)["workspaceOrError"]["locationEntries"]
    assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation", entry


def test_every_mart_descends_from_the_tables_of_the_source(ui: GraphQL) -> None:
    graph = _graph(ui)
    for table in TABLES:
        assert graph[("lake", table.name)] == {("oltp", table.name)}
        assert ("lake", table.name) in graph[("raw", table.name)]
        assert ("raw", table.name) in graph[("staging", f"stg_{table.name}")]

    marts = {key for key in graph if key[0] == "marts"}
    assert {("marts", f"mart_{name}") for name in ("sales_overview", "product_performance", "customer_ltv")} <= marts
    for mart in marts:
        assert any(key[0] == "oltp" for key in _ancestors(graph, mart)), mart
    assert all(node["groupName"] == node["assetKey"]["path"][0] for node in _nodes(ui))


def test_the_lineage_page_shows_every_layer(ui: GraphQL) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    layers = dict.fromkeys(key[0] for key in _graph(ui))
    with page() as tab:
        tab.goto(f"{ui.address}/asset-groups?expanded=" + ",".join(f"global@global:{layer}" for layer in layers))
        expect(tab.get_by_text("stg_orders", exact=True).first).to_be_visible(timeout=60_000)
        for _ in range(ZOOM_OUT_CLICKS):
            tab.get_by_label("zoom_out").last.click()
        for name in ("crm_contacts", "stg_order_items", "dim_customers", "fact_orders", "mart_customer_ltv"):
            expect(tab.get_by_text(name, exact=True).first).to_be_visible()
        for layer in layers:
            # In the list on the left, and above the group in the graph.
            expect(tab.get_by_text(layer, exact=True).and_(tab.locator(":visible"))).to_have_count(2)
        tab.wait_for_load_state("networkidle")
        tab.screenshot(path=SCREENSHOTS / "asset-graph.png")
    assert (SCREENSHOTS / "asset-graph.png").stat().st_size > 20_000


def test_a_run_of_all_assets_started_from_the_ui_succeeds(ui: GraphQL, shop: Shop) -> None:
    before = shop.contents()
    (entry,) = ui.ask(LOCATION)["workspaceOrError"]["locationEntries"]
    (repository,) = entry["locationOrLoadError"]["repositories"]
    launched = ui.ask(
        LAUNCH,
        params={
            "mode": "default",
            "runConfigData": "{}",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": str(shop.yesterday)}]},
            "selector": {
                "repositoryLocationName": entry["name"],
                "repositoryName": repository["name"],
                "pipelineName": "__ASSET_JOB",
                "assetSelection": [{"path": list(key)} for key in _graph(ui)],
            },
        },
    )["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run = launched["run"]["runId"]
    deadline = time.monotonic() + RUN_SECONDS
    while (found := ui.ask(STATUS, id=run)["runOrError"])["status"] not in ("SUCCESS", "FAILURE", "CANCELED"):
        assert time.monotonic() < deadline, found
        time.sleep(1)
    assert found["status"] == "SUCCESS", found
    assert found["stats"]["stepsFailed"] == 0
    assert found["stats"]["materializations"] == len(_graph(ui))
    assert shop.contents() == before


def test_a_backfill_of_several_days_from_the_ui_is_one_run_of_the_range(ui: GraphQL, shop: Shop) -> None:
    before = shop.contents()
    first, last = shop.yesterday - timedelta(days=4), shop.yesterday - timedelta(days=2)
    launched = ui.ask(
        BACKFILL,
        params={
            "assetSelection": [{"path": list(key)} for key in _graph(ui)],
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
    assert found["status"] == "COMPLETED_SUCCESS", found
    (ranged,) = [run for run in found["runs"] if ["raw", "orders"] in [key["path"] for key in run["assetSelection"]]]
    tags = {tag["key"]: tag["value"] for tag in ranged["tags"]}
    assert tags["dagster/asset_partition_range_start"] == str(first)
    assert tags["dagster/asset_partition_range_end"] == str(last)
    newest = "SELECT run_id FROM RAW._LOAD_LOG WHERE table_name = 'orders' ORDER BY load_id DESC LIMIT 1"
    loads = "SELECT COUNT(DISTINCT load_id), COUNT(*) FROM RAW._LOAD_LOG WHERE table_name = 'orders'"
    assert shop.warehouse_rows(f"{loads} AND run_id = ({newest})") == [(1, 3)]
    assert shop.contents() == before
