"""A database beside the shop in the asset graph."""

from dataclasses import replace

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.definitions import build_definitions
from shopstream_platform.defs.selection import keys_of_step
from shopstream_platform.pipeline.refresh.plan import Step, dashboards_alone
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform_tests.fixtures.second_source import AUTHORS, LETTERS, declare


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    with pytest.MonkeyPatch.context() as patch:
        declare(patch)
        yield build_definitions(Settings())


@pytest.fixture
def graph(definitions: dg.Definitions) -> BaseAssetGraph:
    return definitions.resolve_asset_graph()


def names(keys: list[dg.AssetKey]) -> set[str]:
    return {key.to_user_string() for key in keys}


def test_its_keys_have_its_name_and_the_shops_stay_as_they_are(graph: BaseAssetGraph) -> None:
    found = names(list(graph.materializable_asset_keys))
    assert {f"{layer}/archive/letters" for layer in ("oltp", "lake", "raw")} <= found
    assert {f"{layer}/{table.name}" for layer in ("oltp", "lake", "raw") for table in SHOP_TABLES} <= found
    raw = graph.get(dg.AssetKey(["raw", "archive", "letters"]))
    assert raw.parent_keys == {dg.AssetKey(["lake", "archive", "letters"])}
    assert raw.partitions_def is not None
    assert graph.get(dg.AssetKey(["raw", "archive", "authors"])).partitions_def is None


def test_it_has_steps_a_resource_and_checks_of_its_own(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("everything")
    assert {"oltp_archive", "lake_archive", "raw_archive"} <= set(job.graph.node_dict)
    assert {"postgres", "postgres_archive"} <= set(definitions.resources or {})
    checks = {key.to_user_string() for key in definitions.resolve_asset_graph().asset_check_keys}
    assert {"oltp/archive/authors:schema_as_declared", "raw/archive/letters:reconciled_with_source"} <= checks


def test_a_step_takes_the_tables_of_its_source(graph: BaseAssetGraph) -> None:
    step = Step([LETTERS.name, AUTHORS.name], None, build=False)
    wanted = {f"{layer}/archive/{name}" for layer in ("lake", "raw") for name in ("letters", "authors")}
    assert names(keys_of_step(step, graph)) == wanted


def test_nothing_is_built_from_a_table_that_could_not_be_loaded(graph: BaseAssetGraph) -> None:
    whole = names(keys_of_step(Step([], None, build=True), graph))
    without = names(keys_of_step(Step([], None, build=True, without=("crm_contacts",)), graph))
    assert {"staging/stg_crm_contacts", "marts/mart_crm_conversion", "dashboards/acquisition"} <= whole - without
    assert {"staging/stg_orders", "core/fact_orders", "marts/mart_product_performance"} <= without
    assert names(keys_of_step(Step([], None, build=True, without=(LETTERS.name,)), graph)) == whole


def test_a_build_of_some_models_takes_what_is_made_from_them(graph: BaseAssetGraph) -> None:
    models = ("stg_events", "fact_events", "dim_date", "mart_conversion_funnel")
    found = names(keys_of_step(Step(["events"], None, build=True, models=models), graph))
    layers = {"lake": [], "raw": [], "dashboards": []}
    for key in found:
        layers.setdefault(key.split("/")[0], []).append(key.split("/")[-1])
    assert layers.pop("dashboards") == ["acquisition"]
    assert (layers.pop("lake"), layers.pop("raw")) == (["events"], ["events"])
    assert {name for of_layer in layers.values() for name in of_layer} == set(models)
    crm = names(keys_of_step(Step([], None, build=True, models=("stg_crm_contacts",)), graph))
    assert "raw/crm_contacts" not in crm
    assert "core/fact_orders" not in crm


def test_pages_are_those_of_the_models_that_are_built_and_those_that_are_stale(graph: BaseAssetGraph) -> None:
    def pages(step: Step) -> set[str]:
        return {key.path[-1] for key in keys_of_step(step, graph) if key.path[0] == "dashboards"}

    assert pages(Step([], None, build=True)) == PAGES.keys()
    funnel = Step([], None, build=True, models=("mart_conversion_funnel",))
    assert pages(funnel) == {"acquisition"}
    assert pages(replace(funnel, pages=("sales_overview",))) == {"acquisition", "sales_overview"}
    assert pages(replace(funnel, models=("data_status",))) == PAGES.keys()
    assert names(keys_of_step(dashboards_alone(["sales_overview"]), graph)) == {"dashboards/sales_overview"}
