"""A look at a shop that has not changed starts no warehouse: an idle platform costs nothing.

Without a running warehouse Snowflake answers SHOW and DESCRIBE, and, for a day each time, a query whose text and tables
are those of an earlier one (https://docs.snowflake.com/en/user-guide/querying-persisted-results).
INFORMATION_SCHEMA it does not (https://docs.snowflake.com/en/sql-reference/info-schema).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform.config.connections import PostgresConnection
from shopstream_platform.config.groups import CalendarSettings, DbtSettings, OltpSettings, Source
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.dbt.models import read_models
from shopstream_platform.pipeline.refresh import plan
from shopstream_platform.pipeline.refresh.build import made_from
from shopstream_platform.services import embedded, resolve
from shopstream_platform.serving.render import record
from shopstream_platform.stores.build_log import table_versions
from shopstream_platform.stores.warehouse import Warehouse, open_session
from shopstream_platform_tests.fixtures.pipeline import START, Pipeline, day, days

SCHEMA, LAST = "IDLE_CORE", 2
LOG = "invocation_id VARCHAR, started_at TIMESTAMP_NTZ(9), finished_at TIMESTAMP_NTZ(9), build_number NUMBER(38, 0)"
BUILT = "table_schema VARCHAR, table_name VARCHAR, made_from VARCHAR, invocation_id VARCHAR"
METADATA = re.compile(r"(SHOW|DESCRIBE TABLE)\s")
# Of another value each time, or of what is never in the cache.
NEVER_CACHED = re.compile(
    r"INFORMATION_SCHEMA|CURRENT_|SYSDATE|SYSTIMESTAMP|RANDOM|UUID|SEQ\d|RESULT_SCAN|SAMPLE|@", re.I
)
SMALL = {"RAW._LOAD_LOG", "RAW._VERSION", f"{SCHEMA}._BUILD_LOG", f"{SCHEMA}._BUILD_TABLES"}


def needs_a_warehouse(statement: str, seen: list[str]) -> bool:
    """Whether it is more than metadata, or a query that was asked before."""
    if METADATA.match(statement):
        return False
    tables = set(re.findall(r"\b(?:FROM|JOIN)\s+([\w.]+)", statement, re.I))
    return (
        statement not in seen
        or not re.match(r"SELECT\s", statement)
        or bool(NEVER_CACHED.search(statement))
        or not (tables <= SMALL)
    )


class Recording(Warehouse):
    """A session that notes what it sends."""

    sent: list[str]

    def execute(self, sql: str, parameters: tuple[Any, ...] | None = None) -> Any:
        """Note, then run."""
        self.sent.append(sql % parameters if parameters else sql)
        return super().execute(sql, parameters)


@pytest.fixture
def own(running_home: Path) -> Iterator[Warehouse]:
    """A session that may end without a current schema."""
    with open_session(embedded.ensure_warehouse(running_home)) as session:
        yield session


@pytest.fixture
def look(
    pipeline: Pipeline, own: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], tuple[plan.Plan, list[str]]]]:
    """Plan as a tick does, on a shop that is loaded and built: the plan, and the statements that it took."""
    pipeline.insert_one_of_each(day(1))
    for table in SHOP_TABLES:
        pipeline.move(table, days(0, LAST) if table.partitioned else None)
    run = own.execute
    run(f"CREATE SCHEMA {SCHEMA}")
    run(f"CREATE TABLE {SCHEMA}._BUILD_LOG ({LOG})")
    run(f"INSERT INTO {SCHEMA}._BUILD_LOG SELECT 'b', SYSDATE(), SYSDATE(), 1")
    run(f"CREATE TABLE {SCHEMA}._BUILD_TABLES ({BUILT})")
    recording = Recording(pipeline.warehouse.session)

    @contextmanager
    def recorded(*_: object, **tag: str) -> Iterator[Warehouse]:
        assert tag == {"layer": "plan"}
        yield recording

    monkeypatch.setattr(plan, "open_session", recorded)
    monkeypatch.setattr(plan, "newest_partition", lambda _: day(LAST))
    monkeypatch.setattr(resolve, "warehouse", lambda _: None)
    monkeypatch.setattr(resolve, "postgres", lambda _: PostgresConnection(pipeline.dsn))
    monkeypatch.setattr(record, "published", lambda _: {})
    monkeypatch.setattr(record, "stale_pages", lambda *_: {})
    monkeypatch.setattr(resolve, "object_store", lambda _: None)
    monkeypatch.setattr(record, "Lake", lambda _: pipeline.lake)
    settings = Settings(
        oltp=OltpSettings(source=Source.EXTERNAL, drift_days=2),
        calendar=CalendarSettings(start_date=START),
        dbt=DbtSettings(schema_prefix="IDLE_"),
    )
    versions = table_versions(own)
    for model in read_models(settings.dbt).values():
        schema, name = model.relation.split(".")
        run(f"INSERT INTO {SCHEMA}._BUILD_TABLES SELECT '{schema}', '{name}', '{made_from(model, versions)}', 'b'")

    def make() -> tuple[plan.Plan, list[str]]:
        recording.sent = []
        made = plan.make_plan(settings, settings.oltp.drift_days, why_stale=record.why_stale)
        return made, recording.sent

    yield make
    run(f"DROP SCHEMA {SCHEMA} CASCADE")


def test_a_tick_on_an_unchanged_shop_starts_no_warehouse(look: Callable[[], tuple[plan.Plan, list[str]]]) -> None:
    _, first = look()
    made, sent = look()
    assert made.steps == []
    assert len(sent) >= 5
    assert [statement for statement in sent if needs_a_warehouse(statement, first)] == []


def test_neither_a_missing_log_of_builds_nor_one_of_an_earlier_version_starts_one(
    look: Callable[[], tuple[plan.Plan, list[str]]], own: Warehouse
) -> None:
    changes = (
        f"ALTER TABLE {SCHEMA}._BUILD_LOG DROP COLUMN build_number",
        f"ALTER TABLE {SCHEMA}._BUILD_TABLES DROP COLUMN made_from",
        f"DROP TABLE {SCHEMA}._BUILD_TABLES",
        f"DROP TABLE {SCHEMA}._BUILD_LOG",
    )
    for change in changes:
        own.execute(change)
        _, first = look()
        made, sent = look()
        assert (made.build_reason is None) == change.endswith("build_number")
        if made.build_reason:
            assert made.build_reason == "models have not been built yet"
        assert [statement for statement in sent if needs_a_warehouse(statement, first)] == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES",
        "SELECT MAX(load_id), SYSDATE() FROM RAW._LOAD_LOG",
        "SELECT COUNT(*) FROM RAW.ORDERS",
        "UPDATE RAW._LOAD_LOG SET run_id = 1",
    ],
)
def test_what_starts_a_warehouse_is_noticed(statement: str) -> None:
    assert needs_a_warehouse(statement, [statement])
    assert needs_a_warehouse("SELECT COUNT(*) FROM RAW._LOAD_LOG", [])
    assert not needs_a_warehouse("SELECT COUNT(*) FROM RAW._LOAD_LOG", ["SELECT COUNT(*) FROM RAW._LOAD_LOG"])
