"""Layer raw: the tables in Snowflake's RAW schema, loaded by COPY INTO and reconciled with the source."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from typing import Any

import dagster as dg

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.declare import SHOP, Table
from shopstream_platform.contract.raw import LOAD_LOG, raw_name
from shopstream_platform.contract.tables import TABLES, tables_of
from shopstream_platform.defs.assets.common import (
    ONE_RUN_PER_RANGE,
    PREVIEW_ROWS,
    completeness,
    errors_for_the_user,
    not_while_forgetting,
    order_by_key,
    partition_days,
    selected_tables,
    step_name,
    table_key,
    table_spec,
    text_table,
)
from shopstream_platform.defs.latency import latency
from shopstream_platform.defs.partitions import daily_partitions
from shopstream_platform.defs.resources.lake import LakeResource
from shopstream_platform.defs.resources.warehouse import WarehouseResource
from shopstream_platform.pipeline.evolve.raw import prepare
from shopstream_platform.pipeline.load.contents import ReconciliationError
from shopstream_platform.pipeline.load.transaction import Loaded, check_start_date, load
from shopstream_platform.pipeline.upgrade.warehouse import open_warehouse
from shopstream_platform.stores.warehouse import Warehouse

CHECK = "reconciled_with_source"
LOADS_IN_PARALLEL = 3
Result = dg.MaterializeResult | dg.AssetCheckResult


def build_raw_assets(settings: Settings, source: str = SHOP) -> dg.AssetsDefinition:
    """raw/... for every table of a source, each with a blocking check that reports the load's reconciliation."""
    partitions = daily_partitions(settings.calendar)
    specs = [
        table_spec(
            "raw",
            table,
            description=_description(table),
            kinds={"snowflake", "table"},
            upstream="lake",
            partitions=partitions if table.partitioned else None,
        ).merge_attributes(metadata={"dagster/table_name": f"{settings.snowflake.database}.{raw_name(table)}"})
        for table in tables_of(source)
    ]
    checks = [
        dg.AssetCheckSpec(
            CHECK,
            asset=table_key("raw", table),
            blocking=True,
            description="Row count and content checksum equal the source's, partition by partition, before the commit.",
        )
        for table in tables_of(source)
    ]

    @dg.multi_asset(
        name=step_name("raw", source),
        specs=specs,
        check_specs=checks,
        can_subset=True,
        backfill_policy=ONE_RUN_PER_RANGE,
    )
    def raw(context: dg.AssetExecutionContext, lake: LakeResource, warehouse: WarehouseResource) -> Iterator[Result]:
        tables = selected_tables(context)
        with errors_for_the_user(context), not_while_forgetting(context, settings):
            with warehouse.session(layer="raw", run=context.run_id) as session:
                for sentence in open_warehouse(session):
                    context.log.info(sentence)
                check_start_date(session, settings.calendar.start_date)
                # All of them: dbt's tests read tables that no load has reached yet.
                prepared = prepare(session, TABLES)
            for sentence in prepared.done:
                context.log.info(sentence)
            with ThreadPoolExecutor(LOADS_IN_PARALLEL) as pool:
                loads = {
                    t: pool.submit(_load, context, settings, lake, warehouse, t)
                    for t in tables
                    if t.name not in prepared.refused
                }
                yield from _results(loads, [prepared.refused[t.name] for t in tables if t.name in prepared.refused])

    return raw


def _load(
    context: dg.AssetExecutionContext,
    settings: Settings,
    lake: LakeResource,
    warehouse: WarehouseResource,
    table: Table,
) -> tuple[Loaded, dict[str, Any]]:
    started = perf_counter()
    days = partition_days(context, settings.calendar) if table.partitioned else None
    with warehouse.session(layer="raw", table=table.name, run=context.run_id) as session:
        loaded = load(session, lake.open(), table, days, start_date=settings.calendar.start_date, run_id=context.run_id)
        seconds = perf_counter() - started
        if loaded.not_compared:
            context.log.warning(f"{table.name}: {loaded.not_compared}")
        return loaded, _metadata(table, loaded, seconds) | latency(context.run.tags) | _preview(session, table)


def _results(loads: dict[Table, Future[tuple[Loaded, dict[str, Any]]]], refused: list[str]) -> Iterator[Result]:
    """Every table's outcome; a table that failed or was refused raises at the end, after the others were committed."""
    failed: list[ShopStreamError] = [ShopStreamError(reason) for reason in refused]
    for table, future in loads.items():
        key = table_key("raw", table)
        try:
            loaded, metadata = future.result()
        except ReconciliationError as error:
            failed.append(error)
            yield dg.AssetCheckResult(asset_key=key, check_name=CHECK, passed=False, metadata={"problem": str(error)})
        except ShopStreamError as error:
            failed.append(error)
        else:
            yield dg.MaterializeResult(
                asset_key=key,
                metadata=metadata,
                check_results=[
                    dg.AssetCheckResult(asset_key=key, check_name=CHECK, passed=True, metadata=_figures(loaded))
                ],
            )
    if failed:
        kind = TransientError if all(isinstance(error, TransientError) for error in failed) else ShopStreamError
        raise kind("; ".join(dict.fromkeys(str(error) for error in failed)))


def _description(table: Table) -> str:
    grain = "One row per source row; a day is replaced whole." if table.partitioned else "The newest snapshot."
    where = f"Snowflake table `{raw_name(table)}`; loads are written to `{LOAD_LOG}`."
    return f"{table.description}\n\n{grain} {where}"


def _metadata(table: Table, loaded: Loaded, seconds: float) -> dict[str, Any]:
    running = next((manifest.day for manifest in loaded.manifests if not manifest.complete), None)
    return (completeness(running) if table.partitioned else {}) | {
        "dagster/partition_row_count" if table.partitioned else "dagster/row_count": loaded.rows,
        "load_id": loaded.load_id,
        "objects": sum(len(manifest.files) for manifest in loaded.manifests),
        "partitions_updated_in_place": loaded.in_place,
        **({} if loaded.chunks is None else {"chunks_replaced": loaded.chunks}),
        "seconds": round(seconds, 3),
    }


def _preview(session: Warehouse, table: Table) -> dict[str, Any]:
    """The newest rows, without personal data."""
    visible = [column.name for column in table.columns if not column.pii]
    newest = f"{order_by_key(table.key)} LIMIT {PREVIEW_ROWS}"
    rows = session.rows(f"SELECT {', '.join(visible)} FROM {raw_name(table)} {newest}")
    return {"preview": text_table(visible, rows)}


def _figures(loaded: Loaded) -> dict[str, Any]:
    return {
        "rows": loaded.rows,
        "partitions": len(loaded.manifests),
        # As text: larger than the integers that the UI can show.
        "checksum": str(loaded.checksum),
        **({"not_compared": loaded.not_compared} if loaded.not_compared else {}),
    }
