"""Layer lake: the tables as compressed objects in S3, extracted from one snapshot of the source."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.config.groups import CalendarSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import newest_partition, now_at_source, today
from shopstream_platform.contract.declare import SHOP, Table
from shopstream_platform.contract.tables import relations_of, tables_of
from shopstream_platform.defs.assets.common import (
    LATER_DAYS,
    ONE_RUN_PER_RANGE,
    RUNNING_DAY,
    completeness,
    errors_for_the_user,
    not_while_forgetting,
    partition_days,
    selected_tables,
    step_name,
    table_key,
    table_spec,
)
from shopstream_platform.defs.named import named_of
from shopstream_platform.defs.partitions import daily_partitions
from shopstream_platform.defs.resources.lake import LakeResource
from shopstream_platform.defs.resources.postgres import PostgresResource, resource_key
from shopstream_platform.pipeline.extract.parallel import at_once, largest_first
from shopstream_platform.pipeline.extract.schema import check_server
from shopstream_platform.pipeline.extract.table import Extraction, as_read, extract
from shopstream_platform.pipeline.refresh.compare import read_beyond
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import folder, manifest_key, object_key, table_prefix

# Stands for any day in descriptions.
DAY_ZERO = date.min


def build_lake_assets(settings: Settings, source: str = SHOP) -> dg.AssetsDefinition:
    """lake/... for every table of a source: daily partitions where it has days, else a snapshot per extraction."""
    partitions = daily_partitions(settings.calendar)
    specs = [
        table_spec(
            "lake",
            table,
            description=_description(table),
            kinds={"s3", str(table.lake_format)},
            upstream="oltp",
            partitions=partitions if table.partitioned else None,
        )
        for table in tables_of(source)
    ]

    @dg.multi_asset(
        name=step_name("lake", source),
        specs=specs,
        can_subset=True,
        backfill_policy=ONE_RUN_PER_RANGE,
        required_resource_keys={resource_key(source), "lake"},
    )
    def lake(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        postgres: PostgresResource = getattr(context.resources, resource_key(source))
        lake: LakeResource = context.resources.lake
        objects, tables = lake.open(), selected_tables(context)
        days = partition_days(context, settings.calendar) if any(table.partitioned for table in tables) else None

        # Before the snapshot is taken: rows that come after it are not in it, so a day that ends later is not whole.
        running = today(settings.calendar)

        def work(conn: connection, table: Table) -> tuple[Extraction, dict[str, int]]:
            span = days if table.partitioned else None
            read = as_read(table, settings.oltp.oversized_values)
            extraction = extract(
                conn,
                objects,
                read,
                span,
                snapshot_day=running,
                run_id=context.run_id,
                chunk_rows=settings.lake.chunk_rows,
                # Of a plan that was made before this run, so before its snapshot.
                named=named_of(context.run.tags, table),
            )
            return extraction, _not_due(conn, table, settings.calendar)

        failed: dict[str, str] = {}
        number = min(settings.oltp.tables_at_once, len(tables))
        with (
            errors_for_the_user(context),
            not_while_forgetting(context, settings),
            postgres.snapshots(number, context.log.warning, relations_of(tables)) as connections,
        ):
            check_server(connections[0])
            with at_once(connections, largest_first(connections[0], tables), work) as finished:
                for table, future in finished:
                    try:
                        extraction, not_due = future.result()
                    except TransientError:
                        raise
                    except ShopStreamError as error:
                        # The other tables are extracted all the same; the step fails at its end.
                        failed[table.name] = str(error)
                        continue
                    if extraction.oversized:
                        context.log.warning(extraction.oversized)
                    if extraction.unnamed:
                        context.log.info(extraction.unnamed)
                    if extraction.kept:
                        context.log.info(extraction.kept)
                    if undeclared := extraction.undeclared_columns:
                        context.log.warning(f"{table.name}: undeclared columns left out: {undeclared}")
                    yield dg.MaterializeResult(
                        asset_key=table_key("lake", table),
                        metadata=_metadata(objects, table, extraction) | not_due,
                    )
            if failed:
                # In catalogue order, whichever table was the first to fail.
                raise ShopStreamError("; ".join(dict.fromkeys(failed[t.name] for t in tables if t.name in failed)))

    return lake


def _description(table: Table) -> str:
    first = object_key(table, DAY_ZERO, part=0).replace(str(DAY_ZERO), "<day>").replace("00010101", "<yyyymmdd>")
    what = "One folder per day, replaced whole." if table.partitioned else "A full snapshot per extraction."
    return f"{table.description}\n\n{what} Objects `{first}`; the folder's `_manifest.json` says what counts."


def _not_due(conn: connection, table: Table, calendar: CalendarSettings) -> dict[str, int]:
    """Rows that the snapshot has and no partition takes yet; nothing where one of them will never be taken."""
    if not table.partitioned:
        return {}
    try:
        beyond = read_beyond(conn, table, newest_partition(calendar), now_at_source(calendar))
    except ShopStreamError:
        return {}
    return {RUNNING_DAY: beyond.today if beyond else 0, LATER_DAYS: beyond.future if beyond else 0}


def _metadata(lake: Lake, table: Table, extraction: Extraction) -> dict[str, Any]:
    manifests = extraction.manifests
    where = folder(table, manifests[0].day) if len(manifests) == 1 else table_prefix(table)
    days = completeness(next((m.day for m in manifests if not m.complete), None)) if table.partitioned else {}
    return days | {
        "dagster/uri": dg.MetadataValue.url(lake.uri(where)),
        "dagster/partition_row_count" if table.partitioned else "dagster/row_count": sum(m.rows for m in manifests),
        "bytes": sum(m.bytes for m in manifests),
        "objects": sum(len(m.files) for m in manifests),
        "manifest": lake.uri(manifest_key(table, manifests[-1].day)),
        "seconds": round(extraction.seconds, 3),
        "undeclared_columns": extraction.undeclared_columns,
        "left_out_for_size": extraction.oversized or "nothing",
        "kept_from_an_earlier_declaration": extraction.kept or "nothing",
        **_chunks(extraction),
    }


def _chunks(extraction: Extraction) -> dict[str, int]:
    """Of a large snapshot table: how many chunks it has, and how many of them had changed."""
    if extraction.chunks_written is None:
        return {}
    return {"chunks": len(extraction.manifests[0].chunks), "chunks_extracted": extraction.chunks_written}
