"""Layers staging, core, intermediate and marts: the dbt project, one invocation for all selected models.

The key of a model is its folder and its name: models/marts/mart_sales_daily.sql is marts/mart_sales_daily.
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.metadata.source_code import CodeReferencesMetadataSet

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.dbt.ahead import offered
from shopstream_platform.dbt.column_lineage import ColumnLineage
from shopstream_platform.dbt.models import BUILT, read_models
from shopstream_platform.dbt.project import (
    PROJECT_DIR,
    drop_old_artifacts,
    environment,
    keep_parsed,
)
from shopstream_platform.dbt.results import (
    LONGEST_ERROR,
    ROWS_SHOWN,
    Results,
    read_results,
    rule,
)
from shopstream_platform.defs.assets.common import (
    ONE_RUN_PER_RANGE,
    OWNERS,
    TESTS_TAG,
    completeness,
    errors_for_the_user,
    not_while_forgetting,
    turn_of_dbt,
)
from shopstream_platform.defs.dagster_dbt import (
    DagsterDbtTranslator,
    DbtCliInvocation,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from shopstream_platform.defs.latency import latency
from shopstream_platform.defs.resources.warehouse import WarehouseResource
from shopstream_platform.pipeline.load.running import running_day
from shopstream_platform.pipeline.refresh.build import all_made_from, since_tested
from shopstream_platform.stores.build_log import passed_builds, table_versions
from shopstream_platform.stores.dbt_login import dbt_variables

# One dbt at a time in an account that several machines use; the instance sets the pool's limit, and its daemon frees
# what a killed run has left. On one machine a lock does that, which needs no daemon.
POOL = "dbt"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Translator(DagsterDbtTranslator):
    """dbt node -> asset: key [folder, name], group = layer, owners, layer tag."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            # `raw` has the shop's tables, another dbt source those of the database that it is called by.
            source, table = dbt_resource_props["source_name"], dbt_resource_props["name"]
            return dg.AssetKey(["raw", *([] if source == "raw" else [source]), table])
        return dg.AssetKey([_layer(dbt_resource_props), dbt_resource_props["name"]])

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec._replace(description=rule(manifest["nodes"][unique_id])) if spec else None

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return _layer(dbt_resource_props)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return OWNERS

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        model = dg.LocalFileCodeReference(file_path=str(PROJECT_DIR / dbt_resource_props["original_file_path"]))
        references = dg.CodeReferencesMetadataValue(code_references=[model])
        return {
            **super().get_metadata(dbt_resource_props),
            **CodeReferencesMetadataSet(code_references=references),
        }

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        return {**super().get_tags(dbt_resource_props), "layer": _layer(dbt_resource_props)}


def pool_of(settings: Settings) -> str | None:
    """The pool of what runs dbt; none where a lock of the machine does the same."""
    return None if settings.warehouse_is_embedded else POOL


def build_dbt_assets(settings: Settings, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """Every model of the dbt project; its tests are asset checks."""

    @dbt_assets(
        manifest=manifest,
        name="dbt",
        dagster_dbt_translator=Translator(),
        backfill_policy=ONE_RUN_PER_RANGE,
        pool=pool_of(settings),
    )
    def dbt_models(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: WarehouseResource
    ) -> Iterator[Any]:
        with errors_for_the_user(context):
            with warehouse.session(layer="dbt", run=context.run_id) as session:
                about = completeness(running_day(session))
                # Before dbt reads RAW: what is loaded meanwhile is built again by the next run.
                models = read_models(settings.dbt)
                noted = all_made_from(models, table_versions(session))
                tested = ""
                if TESTS_TAG in context.run.tags:
                    tested = since_tested(models, passed_builds(session, settings.dbt.schema_of("CORE")))
            variables = environment(settings.dbt, run_id=context.run_id, made_from=noted, tested=tested)
            # dbt's profile reads the environment of its process.
            os.environ.update(dbt_variables(warehouse.connection()) | variables)
        # Unit tests are of the code, not of the data: CI runs them.
        arguments = ["build", "--exclude-resource-type", "unit_test"]
        not_passed: list[dg.AssetCheckResult] = []
        with not_while_forgetting(context, settings), turn_of_dbt(context, settings), offered():
            invocation = dbt.cli(arguments, context=context, raise_on_error=False)
            columns = _ColumnsMadeFrom(manifest, invocation)
            for event in invocation.stream():
                if isinstance(event, dg.AssetCheckResult) and not event.passed:
                    not_passed.append(event)
                elif isinstance(event, dg.Output):
                    # Measured model by model: the marts come last.
                    more = (
                        about | latency(context.run.tags) | columns.of(context.asset_key_for_output(event.output_name))
                    )
                    yield event.with_metadata(dict(event.metadata) | more)
                else:
                    yield event
        results = _results(invocation, warehouse)
        yield from (_explained(check, results) for check in not_passed)
        keep_parsed(invocation.target_path)
        drop_old_artifacts()
        _tell_the_rest(context, not_passed, results)
        if problem := results.failure() or _unexplained(invocation):
            raise dg.Failure(description=problem, allow_retries=False)

    return dbt_models


class _ColumnsMadeFrom:
    """Metadata of a model's columns: from which columns of which assets each is made."""

    def __init__(self, manifest: Mapping[str, Any], invocation: DbtCliInvocation) -> None:
        nodes = {**manifest["nodes"], **manifest["sources"]}
        self._keys = {
            unique_id: Translator().get_asset_key(node) for unique_id, node in nodes.items() if _is_asset(node)
        }
        self._ids = {key: unique_id for unique_id, key in self._keys.items()}
        of_raw = {raw_name(table).upper(): table.column_names for table in TABLES}
        self._lineage, self._nodes = ColumnLineage(manifest, of_raw), nodes
        self._compiled = invocation.target_path / "compiled"

    def of(self, key: dg.AssetKey) -> dict[str, Any]:
        """Nothing for a snapshot, of which dbt keeps no compiled SQL, and for SQL that cannot be followed."""
        unique_id = self._ids[key]
        node = self._nodes[unique_id]
        path = self._compiled / node["package_name"] / node["original_file_path"]
        found = self._lineage.of(unique_id, path.read_text("utf-8")) if path.suffix == ".sql" and path.exists() else {}
        deps = {
            column: [dg.TableColumnDep(self._keys[parent], name) for parent, name in made_from]
            for column, made_from in found.items()
        }
        return {"dagster/column_lineage": dg.TableColumnLineage(deps)} if deps else {}


def _is_asset(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] in (*BUILT, "source")


def _results(invocation: DbtCliInvocation, warehouse: WarehouseResource) -> Results:
    """What dbt says of its nodes; nothing if it ended before the first of them."""
    if not (invocation.target_path / "run_results.json").exists():
        return Results()
    run_results = invocation.get_artifact("run_results.json")

    def sample(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        # A session only if a test did not pass, and never a reason to fail: the test has said what it has to say.
        try:
            with warehouse.session(layer="dbt") as session:
                cursor = session.execute(f"SELECT * FROM (\n{sql}\n) AS broken LIMIT {ROWS_SHOWN}")
                return [column.name for column in cursor.description], [tuple(row) for row in cursor.fetchall()]
        except ShopStreamError:
            return [], []

    return read_results(run_results, invocation.manifest, sample)


def _explained(check: dg.AssetCheckResult, results: Results) -> dg.AssetCheckResult:
    """The same check with the rule that it stands for and what was found against it."""
    broken = results.broken.get(str(check.check_name))
    return check._replace(description=broken.sentence) if broken else check


def _tell_the_rest(context: dg.AssetExecutionContext, told: list[dg.AssetCheckResult], results: Results) -> None:
    """dbt also runs tests whose checks this run was not asked for."""
    for name in results.broken.keys() - {str(check.check_name) for check in told}:
        context.log.warning(f"{name}: {results.broken[name].sentence}")


def _unexplained(invocation: DbtCliInvocation) -> str | None:
    """Why dbt failed without a result: it could not begin, or was ended."""
    if invocation.is_successful():
        return None
    said = " ".join(" ".join(invocation._error_messages).split())
    why = _COLOURS.sub("", said) or f"it ended with exit code {invocation.process.returncode}"
    return f"dbt could not build: {why[:LONGEST_ERROR]}. Its log is {invocation.target_path / 'dbt.log'}"


def _layer(dbt_resource_props: Mapping[str, Any]) -> str:
    """models/<layer>/<name>.sql; snapshots and seeds are layers of their own."""
    if (kind := dbt_resource_props["resource_type"]) in ("snapshot", "seed"):
        return f"{kind}s"
    return dbt_resource_props["fqn"][1]
