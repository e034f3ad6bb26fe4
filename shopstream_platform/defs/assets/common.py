"""What the layers' assets share: keys, descriptions, metadata, and how errors reach the user."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.config.groups import CalendarSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.config.visible import visible_cell
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import BY_NAME, BY_PATH
from shopstream_platform.defs.git import commit
from shopstream_platform.pipeline.forget.exclusion import beside
from shopstream_platform.services.process import dbt_turn

OWNERS = ["team:data-platform"]
# Of a run whose dbt tests look at newly loaded partitions where that is enough.
TESTS_TAG = "shopstream/tests"
# Of a run that a plan has asked for: the tables that it could not load.
WITHOUT_TAG, NOTHING = "shopstream/without", "nothing"
# Metadata of an extraction: rows that the source had and that were not due.
RUNNING_DAY, LATER_DAYS = "rows_of_the_running_day_not_due", "rows_of_later_days_not_due"
RUN_TAGS = {"owner": "data-platform", **({"git_commit": found} if (found := commit()) else {})}
RETRIES, FIRST_PAUSE_SECONDS = 3, 2
PREVIEW_ROWS, LONGEST_CELL = 5, 60
# How the message of a step that waits begins.
WAITING = "waiting for"
# One step takes a whole range of days: one query and one transaction per table.
ONE_RUN_PER_RANGE = dg.BackfillPolicy.single_run()


def table_spec(
    layer: str,
    table: Table,
    *,
    description: str,
    kinds: set[str],
    upstream: str | None,
    partitions: dg.PartitionsDefinition | None,
) -> dg.AssetSpec:
    """The spec of <layer>/<table>; group = layer, lineage and column lineage from <upstream>/<table>."""
    key = table_key(layer, table)
    metadata: dict[str, Any] = {"dagster/column_schema": column_schema(table, layer)}
    if upstream:
        metadata["dagster/column_lineage"] = _same_columns(table_key(upstream, table), table)
    return dg.AssetSpec(
        key,
        deps=[table_key(upstream, table)] if upstream else [],
        description=description,
        group_name=layer,
        kinds=kinds,
        owners=OWNERS,
        tags={"layer": layer} | ({"pii": "true"} if any(c.pii for c in table.columns) else {}),
        metadata=metadata,
        partitions_def=partitions,
    )


def table_key(layer: str, table: Table) -> dg.AssetKey:
    """<layer>/<table> of the shop, <layer>/<source>/<table> of another source."""
    return dg.AssetKey([layer, *table.path])


def step_name(layer: str, source: str) -> str:
    """The step that materializes a layer of a source: `lake` is the shop's."""
    return f"{layer}_{source}" if source else layer


def table_of(key: dg.AssetKey) -> Table:
    """The table that a key of the layers oltp, lake and raw is of; KeyError for another key."""
    return BY_PATH[tuple(key.path[1:])]


def order_by_key(columns: Sequence[str]) -> str:
    """The newest rows first, as far as a key says which they are."""
    return f"ORDER BY {', '.join(f'{column} DESC' for column in columns)}" if columns else ""


def column_schema(table: Table, layer: str) -> dg.TableSchema:
    """The table's columns as the UI shows them, in the types of the layer's engine."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.snowflake_type if layer == "raw" else column.postgres_type,
                description=column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
                tags={"pii": ""} if column.pii else {},
            )
            for column in table.columns
        ]
    )


def text_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.TableMetadataValue:
    """Rows as the UI shows them: as text, whatever is in them, which markdown would not be; long values are cut."""

    def cell(value: object) -> str:
        return visible_cell(str(value))[:LONGEST_CELL]

    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns])
    records = [dg.TableRecord({name: cell(value) for name, value in zip(columns, row, strict=True)}) for row in rows]
    return dg.MetadataValue.table(records, schema)


def selected_tables(context: dg.AssetExecutionContext) -> list[Table]:
    """The tables whose assets this step is to materialize, in catalogue order."""
    selected = {table_of(key).name for key in context.selected_asset_keys}
    return [table for name, table in BY_NAME.items() if name in selected]


def partition_days(context: dg.AssetExecutionContext, calendar: CalendarSettings) -> Days:
    """The run's days. An asset of a layer is never materialized without a partition if it has any."""
    days = sorted(date.fromisoformat(key) for key in context.partition_keys)
    return Days(first=days[0], last=days[-1], start=calendar.start_date)


def completeness(running: date | None) -> dict[str, Any]:
    """Metadata of days of which one may not be over; it is the newest of a run's days if any is."""
    if running is None:
        return {"complete": True}
    return {"complete": False, "running_day": f"{running} was not over: more of it can be loaded again and again"}


@contextmanager
def errors_for_the_user(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Iterator[None]:
    """Transient faults are tried again with growing pauses; anything else the user can mend fails at once."""
    try:
        yield
    except TransientError as error:
        attempt = context.op_execution_context.retry_number
        pause = FIRST_PAUSE_SECONDS * 2**attempt
        context.log.warning(f"{error} (attempt {attempt + 1}, next in {pause} s)")
        if attempt >= RETRIES:
            raise dg.Failure(description=str(error), allow_retries=False) from None
        raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=pause) from error
    except ShopStreamError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from None


@contextmanager
def not_while_forgetting(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[None]:
    """The block writes what it has read: not while `shopstream forget` erases it elsewhere."""
    with beside(settings.home, lambda other: context.log.info(f"{WAITING} {other} (Ctrl-C ends the wait)")):
        yield


@contextmanager
def turn_of_dbt(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[None]:
    """The run's turn of dbt on the embedded warehouse."""
    holder = f"run {context.run_id.split('-')[0]}, process {os.getpid()}"

    def tell(other: str) -> None:
        context.log.info(f"{WAITING} the dbt of {other} (Ctrl-C ends the wait; what was loaded stays)")

    with dbt_turn.turn_of_dbt(settings, holder, tell):
        yield


def _same_columns(upstream: dg.AssetKey, table: Table) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {name: [dg.TableColumnDep(asset_key=upstream, column_name=name)] for name in table.column_names}
    )
