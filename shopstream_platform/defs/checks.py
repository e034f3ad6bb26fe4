"""Checks of schema, freshness and volume, in a job apart from refreshes, so that they also notice a missing refresh.

Whether a load is right is checked where it is loaded (defs/assets/raw.py) and built (dbt's tests).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import Source
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import days_between
from shopstream_platform.contract.declare import SHOP, Table
from shopstream_platform.contract.raw import LOAD_LOG
from shopstream_platform.contract.tables import PARTITIONED, TABLES, source_names, tables_of
from shopstream_platform.dbt.models import Models
from shopstream_platform.defs.assets.common import (
    RUN_TAGS,
    errors_for_the_user,
    step_name,
    table_key,
    table_of,
    text_table,
)
from shopstream_platform.defs.resources.postgres import PostgresResource, resource_key
from shopstream_platform.defs.resources.warehouse import WarehouseResource
from shopstream_platform.pipeline.extract.schema import check_columns, check_server, source_columns
from shopstream_platform.pipeline.load.volume import ENOUGH_WEEKS, Volume, is_unusual, read_volumes
from shopstream_platform.simulator import occasions
from shopstream_platform.stores.warehouse import Warehouse

CHECKS_JOB = "checks"
SCHEMA, FRESH, VOLUME = "schema_as_declared", "partitions_loaded", "volume_as_usual"
# The time after midnight in which yesterday may still be loading.
DUE_AFTER = timedelta(hours=6)
DAILY = dg.FreshnessPolicy.time_window(warn_window=timedelta(hours=26), fail_window=timedelta(hours=30))
# A snapshot that has not changed is not loaded again.
SNAPSHOT = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=2), fail_window=timedelta(days=7))
# A model of snapshots alone is built when one of these has changed, and once a week with all others.
WEEKLY = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=8), fail_window=timedelta(days=9))
SHOWN = 10
LoadedDays = dict[date, datetime]
Results = Iterator[dg.AssetCheckResult]
CHECK_KEYS = [
    *(dg.AssetCheckKey(table_key("oltp", table), SCHEMA) for table in TABLES),
    *(dg.AssetCheckKey(table_key("raw", table), name) for table in PARTITIONED for name in (FRESH, VOLUME)),
]

checks_job = dg.define_asset_job(
    CHECKS_JOB,
    selection=dg.AssetSelection.checks(*CHECK_KEYS),
    executor_def=dg.in_process_executor,
    tags=RUN_TAGS,
    description="Schema of the source, freshness and volume of RAW; materializes nothing.",
)


def build_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """The source's schema; RAW's freshness and volume."""
    return [*(_schema_checks(source) for source in source_names()), _raw_checks(settings)]


def with_freshness(models: Models) -> Callable[[dg.AssetSpec], dg.AssetSpec]:
    """What gives a spec the policy of its layer; oltp/* and lake/* show in raw/*."""
    of_days = {table.name for table in PARTITIONED}
    daily = {model.name for model in models.values() if model.tables & of_days}

    def policy(spec: dg.AssetSpec) -> dg.FreshnessPolicy | None:
        layer = spec.key.path[0]
        if layer == "raw":
            return DAILY if table_of(spec.key).partitioned else SNAPSHOT
        if layer not in ("core", "marts"):
            return None
        return DAILY if spec.key.path[-1] in daily else WEEKLY

    def apply(spec: dg.AssetSpec) -> dg.AssetSpec:
        found = policy(spec)
        return dg.apply_freshness_policy(spec, found) if found else spec

    return apply


def _specs(layer: str, name: str, tables: tuple[Table, ...], description: str) -> list[dg.AssetCheckSpec]:
    return [dg.AssetCheckSpec(name, asset=table_key(layer, t), description=description) for t in tables]


def _schema_checks(source: str) -> dg.AssetChecksDefinition:
    description = "The source's columns are those that the catalogue declares; an undeclared one warns."

    @dg.multi_asset_check(
        name=step_name("oltp_checks", source),
        specs=_specs("oltp", SCHEMA, tables_of(source), description),
        can_subset=True,
        required_resource_keys={resource_key(source)},
    )
    def oltp_checks(context: dg.AssetCheckExecutionContext) -> Results:
        postgres: PostgresResource = getattr(context.resources, resource_key(source))
        with errors_for_the_user(context), postgres.snapshot() as conn:
            check_server(conn)
            for table in _tables(context, SCHEMA):
                try:
                    found = source_columns(conn, table)
                    undeclared = check_columns(table, found)
                except ShopStreamError as error:
                    yield _result("oltp", table, SCHEMA, problem=str(error), metadata={})
                    continue
                yield _result(
                    "oltp",
                    table,
                    SCHEMA,
                    problem=f"undeclared columns are left out: {', '.join(undeclared)}" if undeclared else None,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={"columns": len(found), "declared": len(table.columns), "undeclared": undeclared},
                )

    return oltp_checks


def _raw_checks(settings: Settings) -> dg.AssetChecksDefinition:
    fresh = (
        "Every day of the newest SHOPSTREAM_DRIFT_DAYS up to yesterday, and the first partition, was loaded since it "
        "was over. The running day is not due."
    )
    volume = "The newest days that are over have about as many rows as the same weekday of the weeks before."
    specs = _specs("raw", FRESH, PARTITIONED, fresh) + _specs("raw", VOLUME, PARTITIONED, volume)

    @dg.multi_asset_check(name="raw_checks", specs=specs, can_subset=True)
    def raw_checks(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> Results:
        with errors_for_the_user(context), warehouse.session(layer="checks", run=context.run.run_id) as session:
            loaded, volumes = read_loaded_days(session), read_volumes(session)
            now = datetime.now(ZoneInfo(settings.calendar.source_timezone))
            for table in _tables(context, FRESH):
                yield freshness(table, loaded[table.name], settings, now)
            for table in _tables(context, VOLUME):
                yield volume_check(table, volumes[table.name], expected_days(settings, table, volumes[table.name]))

    return raw_checks


def _tables(context: dg.AssetCheckExecutionContext, name: str) -> list[Table]:
    return [table_of(key.asset_key) for key in sorted(context.selected_asset_check_keys) if key.name == name]


def read_loaded_days(warehouse: Warehouse) -> dict[str, LoadedDays]:
    """Table -> day -> when it was loaded last after it was over."""
    found: dict[str, LoadedDays] = defaultdict(dict)
    for table, day, at in warehouse.rows(
        f"SELECT table_name, partition_date, MAX(loaded_at) FROM {LOAD_LOG} WHERE partition_date IS NOT NULL "
        "AND COALESCE(is_complete, TRUE) GROUP BY table_name, partition_date"
    ):
        found[table][day] = at
    return found


def freshness(table: Table, loaded: LoadedDays, settings: Settings, now: datetime) -> dg.AssetCheckResult:
    """Whether every day that is due was loaded."""
    due = (now - DUE_AFTER).date() - timedelta(days=1)
    start = settings.calendar.start_date
    first = max(start, due - timedelta(days=settings.oltp.drift_days - 1))
    expected = {start, *days_between(first, due)} if due >= start else set[date]()
    missing = sorted(expected - loaded.keys())
    metadata: dict[str, Any] = {
        "due": str(due),
        "days_expected": len(expected),
        "days_missing": len(missing),
        "missing": [str(day) for day in missing[-SHOWN:]],
    }
    if loaded:
        metadata["newest_partition"] = str(max(loaded))
        newest = max(loaded.values())
        metadata["newest_load"] = dg.MetadataValue.timestamp(newest.replace(tzinfo=ZoneInfo("UTC")))
    problem = f"{len(missing)} days are not loaded whole, the newest {missing[-1]}: refresh" if missing else None
    return _result("raw", table, FRESH, problem=problem, metadata=metadata)


def expected_days(settings: Settings, table: Table, volumes: list[Volume]) -> set[date]:
    """Days whose volume is known to be another: the user's, and sales of the simulated shop."""
    simulated = settings.oltp.source is Source.SIMULATED and table.source == SHOP
    return {*settings.calendar.unusual_days, *(v.day for v in volumes if simulated and occasions.is_unusual(v.day))}


def volume_check(table: Table, volumes: list[Volume], expected: Collection[date] = ()) -> dg.AssetCheckResult:
    """Whether the newest days, but for those whose volume is expected to differ, are near their weekdays' history."""
    judged = [volume for volume in volumes if volume.weeks >= ENOUGH_WEEKS and volume.day not in expected]
    unusual = [volume for volume in judged if is_unusual(volume)]
    metadata: dict[str, Any] = {"days_judged": len(judged), "days_unusual": len(unusual)}
    if left_out := [str(volume.day) for volume in volumes if volume.day in expected]:
        metadata["days_not_judged"] = left_out
    if judged:
        rows = [(v.day, v.rows, f"{v.usual:g}", f"{v.deviation:+.1f}") for v in judged]
        metadata["days"] = text_table(["day", "rows", "usual", "deviation"], rows)
        metadata["largest_deviation"] = max(abs(volume.deviation) for volume in judged)
    else:
        metadata["note"] = f"fewer than {ENOUGH_WEEKS} weeks of history: nothing to compare with yet"
    problem = "; ".join(f"{v.day} has {v.rows:,} rows instead of about {v.usual:,.0f}" for v in unusual) or None
    if problem:
        problem += ": look at these days at the source; if they are right, list them in SHOPSTREAM_UNUSUAL_DAYS"
    return _result("raw", table, VOLUME, problem=problem, severity=dg.AssetCheckSeverity.WARN, metadata=metadata)


def _result(
    layer: str,
    table: Table,
    name: str,
    *,
    problem: str | None,
    metadata: dict[str, Any],
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=table_key(layer, table),
        check_name=name,
        passed=problem is None,
        severity=severity,
        description=problem,
        metadata=metadata,
    )
