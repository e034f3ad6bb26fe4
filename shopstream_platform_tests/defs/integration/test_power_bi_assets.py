"""power_bi/* without a workspace and with one, whose API `responses` plays."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
import requests
import responses
from dagster_powerbi.resource import BASE_API_URL
from pydantic import SecretStr, ValidationError

from shopstream_platform.config.load import load_settings
from shopstream_platform.config.service_settings import PowerBiSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.definitions import build_definitions
from shopstream_platform.defs.assets.power_bi import MODEL_KEY, REPORT_KEY, build_power_bi_assets
from shopstream_platform.defs.resources import power_bi as resource
from shopstream_platform.defs.selection import belongs
from shopstream_platform.pbip.check.reading import read_model
from shopstream_platform.pipeline.refresh.plan import Step
from shopstream_platform.serving.power_bi.build import PROJECT
from shopstream_platform.serving.power_bi.contracts import contracts
from shopstream_platform.serving.power_bi.tables import MODEL

WORKSPACE, MODEL_ID, REPORT_ID, OTHER = "0a", "1b", "2c", "3d"
SECRET = "~client.secret~"
LOGIN = "https://login.microsoftonline.com/tenant/oauth2/token"
GROUP = f"{BASE_API_URL}/groups/{WORKSPACE}"
REFRESHES = f"{GROUP}/datasets/{MODEL_ID}/refreshes"
LINEAGE = {dg.AssetKey([contracts()[table.source].schema, table.source]) for table in MODEL.tables}
FOREIGN = 'let a = X{[Name="FINANCE",Kind="Database"]}[Data], b = a{[Name="PUBLIC",Kind="Schema"]}[Data], '
FOREIGN += 'c = b{[Name="BUDGET",Kind="Table"]}[Data] in c'


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SHOPSTREAM_POWER_BI_CLIENT_SECRET", SECRET)
    monkeypatch.setattr(resource, "_POLL_SECONDS", 0)
    return Settings(power_bi=_workspace())


def _workspace(**more: Any) -> PowerBiSettings:
    known = {"workspace_id": WORKSPACE, "tenant_id": "tenant", "client_id": "client"}
    return PowerBiSettings(**known, client_secret=SecretStr(SECRET), **more)  # pyright: ignore[reportArgumentType]


@pytest.fixture
def api() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as api:
        api.post(LOGIN, json={"access_token": "token"})
        yield api


def published() -> dict[str, Any]:
    """The workspace after the project was published, beside a model of somebody else's."""
    model, _ = read_model(PROJECT)
    tables = [
        {
            "name": table.name,
            "columns": [{"name": column, "dataType": "String"} for column in table.columns],
            "source": [{"expression": table.query}],
        }
        for table in model.tables.values()
    ]
    budget = {"name": "Budget", "columns": [], "source": [{"expression": FOREIGN}]}
    return {
        "id": WORKSPACE,
        "dashboards": [],
        "reports": [{"id": REPORT_ID, "name": "ShopStream", "datasetId": MODEL_ID, "createdBy": "ann@shop.example"}],
        "datasets": [
            {"id": MODEL_ID, "name": "ShopStream", "configuredBy": "ann@shop.example", "tables": tables},
            {"id": OTHER, "name": "Budget of 2026", "tables": [budget]},
        ],
    }


def scanned(api: responses.RequestsMock) -> None:
    api.post(f"{BASE_API_URL}/admin/workspaces/getInfo", json={"id": "s"}, status=202)
    api.get(f"{BASE_API_URL}/admin/workspaces/scanStatus/s", json={"status": "Succeeded"})
    api.get(f"{BASE_API_URL}/admin/workspaces/scanResult/s", json={"workspaces": [published()]})


def _specs(settings: Settings) -> dict[str, dg.AssetSpec]:
    resources = resource.power_bi_resource(settings.power_bi)
    found = dg.Definitions(
        assets=build_power_bi_assets(settings.power_bi), resources=resources
    ).resolve_all_asset_specs()
    return {spec.key.to_user_string(): spec for spec in found if spec.key.path[0] == "power_bi"}


def _deps(spec: dg.AssetSpec) -> set[dg.AssetKey]:
    return {dep.asset_key for dep in spec.deps}


def test_without_a_workspace_the_project_shows_with_its_lineage() -> None:
    graph = build_definitions(Settings()).resolve_asset_graph()
    assert not {MODEL_KEY, REPORT_KEY} & graph.materializable_asset_keys
    assert graph.get(MODEL_KEY).parent_keys == LINEAGE
    assert graph.materializable_asset_keys >= LINEAGE
    assert graph.get(REPORT_KEY).parent_keys == {MODEL_KEY}
    assert "Repeat rate" in str(graph.get(MODEL_KEY).metadata["measures"])
    assert graph.get(REPORT_KEY).metadata["pages"] == 4


def test_what_is_published_shows_with_the_lineage_of_its_queries(
    settings: Settings, api: responses.RequestsMock
) -> None:
    scanned(api)
    specs = _specs(settings)
    assert set(specs) == {
        "power_bi/shopstream_semantic_model",
        "power_bi/shopstream_report",
        "power_bi/budget_of_2026_semantic_model",
    }
    model, report = specs["power_bi/shopstream_semantic_model"], specs["power_bi/shopstream_report"]
    assert _deps(model) == LINEAGE
    assert _deps(report) == {MODEL_KEY}
    assert _deps(specs["power_bi/budget_of_2026_semantic_model"]) == set()
    assert str(model.metadata["dagster-powerbi/web_url"].value).endswith(f"/groups/{WORKSPACE}/datasets/{MODEL_ID}")
    for spec in specs.values():
        assert (spec.group_name, spec.tags["layer"], spec.owners) == ("power_bi", "power_bi", ["team:data-platform"])
        assert spec.description


def test_without_the_scan_our_own_model_has_its_declared_lineage(api: responses.RequestsMock) -> None:
    workspace = published()
    datasets = [{"id": one["id"], "name": one["name"]} for one in workspace["datasets"]]
    api.get(f"{GROUP}/dashboards", json={"value": []})
    api.get(f"{GROUP}/reports", json={"value": workspace["reports"]})
    api.get(f"{GROUP}/datasets", json={"value": datasets})
    source = {"datasourceType": "Extension", "connectionDetails": {"path": "org-account.snowflakecomputing.com;BI_WH"}}
    for one in datasets:
        api.get(f"{GROUP}/datasets/{one['id']}/datasources", json={"value": [source]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPSTREAM_POWER_BI_CLIENT_SECRET", SECRET)
        specs = _specs(Settings(power_bi=_workspace(scan=False)))
    assert _deps(specs["power_bi/shopstream_semantic_model"]) == LINEAGE
    assert _deps(specs["power_bi/budget_of_2026_semantic_model"]) == set()


def test_a_build_refreshes_the_models_on_our_tables_alone(settings: Settings, api: responses.RequestsMock) -> None:
    scanned(api)
    graph = build_definitions(settings).resolve_asset_graph()
    mine = {key for key in graph.materializable_asset_keys if key.path[0] == "power_bi"}
    assert mine == {MODEL_KEY}
    assert belongs(MODEL_KEY, Step(tables=[], days=None, build=True))
    assert not belongs(MODEL_KEY, Step(tables=["orders"], days=None, build=False))
    assert graph.get(REPORT_KEY).parent_keys == {MODEL_KEY}


def refreshed(settings: Settings) -> dg.ExecuteInProcessResult:
    (asset,) = [one for one in build_power_bi_assets(settings.power_bi) if isinstance(one, dg.AssetsDefinition)]
    return dg.materialize([asset], resources=resource.power_bi_resource(settings.power_bi), raise_on_error=False)


def test_a_refresh_waits_until_it_is_complete(settings: Settings, api: responses.RequestsMock) -> None:
    scanned(api)
    started = api.post(REFRESHES, status=202)
    api.get(REFRESHES, json={"value": [{"status": "Unknown"}]})
    api.get(REFRESHES, json={"value": [{"status": "Completed"}]})
    result = refreshed(settings)
    assert result.success
    assert [event.asset_key for event in result.get_asset_materialization_events()] == [MODEL_KEY]
    assert started.call_count == 1


def test_a_refresh_that_fails_fails_the_asset(settings: Settings, api: responses.RequestsMock) -> None:
    scanned(api)
    api.post(REFRESHES, status=202)
    api.get(REFRESHES, json={"value": [{"status": "Failed", "serviceExceptionJson": "credentials expired"}]})
    result = refreshed(settings)
    assert not result.success
    assert "credentials expired" in _reason(result)


@pytest.mark.parametrize(
    ("status", "cure"),
    [(401, "_CLIENT_SECRET"), (403, "member of the workspace"), (404, "WORKSPACE_ID"), (400, "running already")],
)
def test_what_power_bi_refuses_is_a_sentence(
    settings: Settings, api: responses.RequestsMock, status: int, cure: str
) -> None:
    scanned(api)
    api.post(REFRESHES, status=status, json={"error": {"message": "internal 10.1.2.3"}})
    reason = _reason(refreshed(settings))
    assert f"Power BI would not refresh power_bi/shopstream_semantic_model: it answered {status}" in reason
    assert cure in reason
    assert "10.1.2.3" not in reason


@pytest.mark.parametrize("answer", [{"status": 429}, {"status": 503}, {"body": requests.ConnectionError("refused")}])
def test_what_may_pass_is_tried_again(
    settings: Settings, api: responses.RequestsMock, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopstream_platform.defs.assets.common.FIRST_PAUSE_SECONDS", 0)
    scanned(api)
    started = api.post(REFRESHES, **answer)
    api.post(REFRESHES, status=202)
    api.get(REFRESHES, json={"value": [{"status": "Completed"}]})
    assert refreshed(settings).success
    assert started.call_count == 1


def _reason(result: dg.ExecuteInProcessResult) -> str:
    (failure,) = (event for event in result.all_events if event.is_step_failure)
    return str(failure.step_failure_data.error)


@pytest.mark.parametrize("answer", [{"status": 403}, {"status": 500}, {"body": requests.ConnectionError("refused")}])
def test_a_workspace_that_does_not_answer_stops_nothing_else(
    settings: Settings, api: responses.RequestsMock, answer: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    api.post(f"{BASE_API_URL}/admin/workspaces/getInfo", **answer)
    graph = build_definitions(settings).resolve_asset_graph()
    assert graph.get(MODEL_KEY).parent_keys == LINEAGE
    assert dg.AssetKey(["raw", "orders"]) in graph.materializable_asset_keys
    assert MODEL_KEY not in graph.materializable_asset_keys
    assert "show as declared" in caplog.text


def test_the_secret_shows_nowhere(settings: Settings, api: responses.RequestsMock) -> None:
    scanned(api)
    job = build_definitions(settings).resolve_job_def("everything")
    assert SECRET not in repr(settings) + str(job.get_job_snapshot().__dict__) + str(_specs(settings))
    assert SECRET in str(api.calls[0].request.body)


def test_half_a_configuration_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSTREAM_POWER_BI_WORKSPACE_ID", WORKSPACE)
    with pytest.raises(Exception, match=r"set SHOPSTREAM_POWER_BI_TENANT_ID, .*_CLIENT_SECRET too, or none"):
        load_settings()
    with pytest.raises(ValidationError, match="half a Power BI configuration"):
        PowerBiSettings(client_id="client")
