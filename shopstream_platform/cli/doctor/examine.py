"""Every connection and permission, one finding each, with what to do about it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from psycopg2.extensions import connection
from rich.console import Console
from rich.table import Table as Grid

from shopstream_platform.cli.console import cell
from shopstream_platform.cli.doctor.aws import bucket_findings
from shopstream_platform.cli.doctor.environment import environment_findings
from shopstream_platform.cli.doctor.feed import feed_findings, remembered
from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.cli.doctor.home import home_findings
from shopstream_platform.cli.doctor.login import login_findings
from shopstream_platform.cli.doctor.snowflake import building_findings, loading_findings
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import CalendarSettings
from shopstream_platform.config.groups import Source as Mode
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import newest_partition, now_at_source
from shopstream_platform.contract.declare import SHOP, Table
from shopstream_platform.contract.tables import SOURCES, tables_of
from shopstream_platform.dbt.project import read_manifest
from shopstream_platform.pipeline.extract.schema import (
    check_columns,
    check_server,
    limits_of_server,
    limits_of_sight,
    source_columns,
)
from shopstream_platform.pipeline.load.transaction import check_load_log, check_start_date
from shopstream_platform.pipeline.refresh.compare import Beyond, read_beyond
from shopstream_platform.services import resolve
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.postgres import describe, savepoint, snapshot
from shopstream_platform.stores.warehouse import open_session

PROBE_FOLDER = "doctor/"
PROBE_KEY = f"{PROBE_FOLDER}probe.txt"


def examine(settings: Settings) -> list[Finding]:
    """All checks; one that fails does not stop the others."""
    examinations: list[tuple[str, Callable[[Settings], Iterator[Finding]]]] = [
        ("configuration", _configuration),
        ("source", _source),
        *((f"source {source.name}", partial(_source, name=source.name)) for source in SOURCES),
        ("lake", _lake),
        ("warehouse", _warehouse),
        ("dbt", _dbt),
    ]
    return [finding for subject, check in examinations for finding in _guarded(subject, check, settings)]


def print_findings(console: Console, findings: list[Finding]) -> None:
    """One line a finding."""
    colours = {"ok": "green", "warning": "yellow", "error": "red"}
    table = Grid(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        table.add_row(f"[{colours[finding.state]}]{finding.state}[/]", finding.subject, cell(finding.detail))
    console.print(table)


def _guarded(subject: str, check: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except ShopStreamError as error:
        yield Finding(subject, "error", str(error))


def _configuration(settings: Settings) -> Iterator[Finding]:
    embedded = ", ".join(settings.embedded_services) or "nothing"
    source = settings.oltp.source
    yield Finding("configuration", "ok", f"environment {settings.env}, source {source}, embedded: {embedded}")
    yield from environment_findings(settings)
    yield from home_findings(settings.home)
    if settings.embedded_services and os.environ.get("DAGSTER_HOME") is None:
        detail = 'DAGSTER_HOME is not set: plain `dagster` commands keep no history; eval "$(shopstream env)"'
        yield Finding("dagster", "warning", detail)


def _source(settings: Settings, name: str = SHOP) -> Iterator[Finding]:
    at = resolve.source(settings, name)
    subject = f"source {name}" if name else "source"
    with snapshot(at.dsn, setting=at.setting) as conn:
        check_server(conn)
        yield Finding(subject, "ok", f"PostgreSQL {conn.server_version // 10000} at {describe(at.dsn)}")
        if behind := limits_of_server(conn):
            yield Finding(subject, "warning", behind)
        missing = []
        for table in tables_of(name):
            try:
                with savepoint(conn, table.name):
                    undeclared = check_columns(table, source_columns(conn, table))
                    yield from _not_seen(conn, table, settings.calendar)
            except ShopStreamError as error:
                simulated = name == SHOP and settings.oltp.source is Mode.SIMULATED
                if simulated and "does not exist" in str(error):
                    missing.append(table.name)
                else:
                    yield Finding(f"source.{table.name}", "error", str(error))
                continue
            if undeclared:
                detail = f"undeclared columns are left out: {', '.join(undeclared)}"
                yield Finding(f"source.{table.name}", "warning", detail)
        yield from feed_findings(conn, settings, name, remembered(settings, name))
        if missing:
            detail = f"no tables {', '.join(missing)} yet: `shopstream seed` or `shopstream demo` makes them"
            yield Finding(subject, "warning", detail)


def _not_seen(conn: connection, table: Table, calendar: CalendarSettings) -> Iterator[Finding]:
    """What a refresh does not see of the table, or does not load yet."""
    subject = f"source.{table.name}"
    if limits := limits_of_sight(conn, table):
        yield Finding(subject, "warning", limits)
    if not table.partitioned:
        return
    if beyond := read_beyond(conn, table, newest_partition(calendar), now_at_source(calendar)):
        yield Finding(subject, "warning" if beyond.future or beyond.later else "ok", in_words(beyond))


def in_words(beyond: Beyond) -> str:
    """How many rows are of a day that is not loaded yet, and how many claim to be of a later hour."""
    waiting = {"of today (SHOPSTREAM_INCLUDE_TODAY is false)": beyond.today, "of later days": beyond.future}
    counted = ", ".join(f"{rows:,} {which}" for which, rows in waiting.items() if rows)
    parts = [f"rows not loaded yet: {counted}"] if counted else []
    parts += [f"rows dated later today, loaded with it: {beyond.later:,}"] if beyond.later else []
    return "; ".join(parts)


def _lake(settings: Settings) -> Iterator[Finding]:
    lake = Lake(resolve.object_store(settings))
    if not settings.lake_is_embedded:
        yield from bucket_findings(settings.lake)
    etag = lake.write(PROBE_KEY, b"probe", "text/plain")
    if lake.etags(PROBE_FOLDER).get(PROBE_KEY) != etag:
        yield Finding(
            "lake", "error", f"{lake.uri(PROBE_KEY)} was written but is not listed: check the bucket's policy"
        )
    lake.delete([PROBE_KEY])
    yield Finding("lake", "ok", f"put, list and delete work in {lake.uri('')}")


def _warehouse(settings: Settings) -> Iterator[Finding]:
    at, embedded = resolve.warehouse(settings), settings.warehouse_is_embedded
    with open_session(at) as warehouse:
        yield from login_findings(warehouse, at, embedded=embedded)
        yield from loading_findings(warehouse, at.names)
        if at.transform_role is None:
            yield from building_findings(warehouse, at.names, settings.dbt)
        check_load_log(warehouse)
        check_start_date(warehouse, settings.calendar.start_date)
    if at.transform_role is not None:
        # Another session, since one of a token may not change its role.
        with open_session(replace(at, role=at.transform_role)) as warehouse:
            yield from login_findings(warehouse, replace(at, role=at.transform_role), embedded=embedded)
            yield from building_findings(warehouse, at.names, settings.dbt)


def _dbt(settings: Settings) -> Iterator[Finding]:
    nodes = read_manifest(settings.dbt)["nodes"].values()
    models = sum(node["resource_type"] == "model" for node in nodes)
    yield Finding("dbt", "ok", f"the project parses: {models} models in a manifest of its present code")
