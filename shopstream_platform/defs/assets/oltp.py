"""Layer oltp: the shop's tables in PostgreSQL.

Simulated source: materializing days lets the simulator add the business of these days. External source: the tables are
only read; a materialization records what they hold.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
from psycopg2.extensions import connection

from shopstream_platform.config.groups import Source
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import Days, days_between, now_at_source, today
from shopstream_platform.contract.declare import SHOP, Table
from shopstream_platform.contract.tables import tables_of
from shopstream_platform.defs.assets.common import (
    ONE_RUN_PER_RANGE,
    PREVIEW_ROWS,
    completeness,
    errors_for_the_user,
    order_by_key,
    partition_days,
    selected_tables,
    step_name,
    table_key,
    table_spec,
    text_table,
)
from shopstream_platform.defs.partitions import daily_partitions
from shopstream_platform.defs.resources.postgres import PostgresResource, resource_key
from shopstream_platform.pipeline.evolve.source import bring_source
from shopstream_platform.pipeline.extract import sql
from shopstream_platform.pipeline.extract.schema import check_columns, check_server, source_columns


def build_oltp_assets(settings: Settings, source: str = SHOP) -> dg.AssetsDefinition:
    """oltp/... for every table of a source, daily partitions, one step."""
    partitions = daily_partitions(settings.calendar)
    specs = [
        table_spec(
            "oltp",
            table,
            description=f"{table.description}\n\nPostgreSQL table `{table.source_sql}` of {_database(source)}.",
            kinds={"postgres", "table"},
            upstream=None,
            partitions=partitions,
        ).merge_attributes(metadata={"dagster/table_name": table.source_sql})
        for table in tables_of(source)
    ]
    simulated = not source and settings.oltp.source is Source.SIMULATED

    @dg.multi_asset(
        name=step_name("oltp", source),
        specs=specs,
        can_subset=True,
        backfill_policy=ONE_RUN_PER_RANGE,
        required_resource_keys={resource_key(source)},
    )
    def oltp(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        postgres: PostgresResource = getattr(context.resources, resource_key(source))
        days = partition_days(context, settings.calendar)
        with errors_for_the_user(context):
            if simulated:
                _simulate(context, postgres, settings, days)
            running = today(settings.calendar)
            with postgres.snapshot() as conn:
                check_server(conn)
                for table in selected_tables(context):
                    yield dg.MaterializeResult(
                        asset_key=table_key("oltp", table), metadata=_observed(conn, table, days, running)
                    )

    return oltp


def _database(source: str) -> str:
    return f"the database {source}" if source else "the shop's OLTP database"


def _simulate(context: dg.AssetExecutionContext, postgres: PostgresResource, settings: Settings, days: Days) -> None:
    # 0.6 s with Faker and numpy, which only a simulated source needs.
    from shopstream_platform.pipeline.simulated import ensure_own_source, simulate_days

    with postgres.connect() as conn:
        allow_foreign = settings.oltp.allow_foreign_source
        ensure_own_source(conn, embedded=settings.postgres_is_embedded, allow_foreign=allow_foreign)
        for sentence in bring_source(conn, tables_of(SHOP)):
            context.log.info(sentence)
        scale, seed = settings.simulator.scale, settings.simulator.seed
        wanted, now = days_between(days.first, days.last), now_at_source(settings.calendar)
        summary = simulate_days(conn, wanted, scale=scale, seed=seed, now=now)
    context.log.info(f"simulated source: {summary}")


def _observed(conn: connection, table: Table, days: Days, running: date) -> dict[str, Any]:
    """Rows, and a preview without personal data."""
    undeclared = check_columns(table, source_columns(conn, table))
    visible = [column for column in table.columns if not column.pii]
    with conn.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table.source_sql}")
        (total,) = cursor.fetchone() or (0,)
        # As the server writes them: the driver cannot read every type, such as an interval in ISO 8601.
        columns = ", ".join(f"{column.source_sql}::text" for column in visible)
        newest = f"{order_by_key([column.source_sql for column in table.key_columns])} LIMIT {PREVIEW_ROWS}"
        cursor.execute(f"SELECT {columns} FROM {table.source_sql} {newest}")
        preview = text_table([column.name for column in visible], cursor.fetchall())
        metadata: dict[str, Any] = {
            "dagster/row_count": total,
            "preview": preview,
            "undeclared_columns": undeclared,
        }
        if table.partitioned:
            metadata |= completeness(running if days.last >= running else None)
            cursor.execute(f"SELECT count(*) FROM {sql.from_clause(table)} WHERE {sql.in_range(table, days)}")
            (metadata["dagster/partition_row_count"],) = cursor.fetchone() or (0,)
    return metadata
