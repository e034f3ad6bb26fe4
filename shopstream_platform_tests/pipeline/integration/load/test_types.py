"""Every type that a database may use arrives in RAW as the source holds it, in both formats, with and without a key."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.columns import column
from shopstream_platform.contract.declare import ByDay, Kind, Table
from shopstream_platform.contract.raw import LOAD_LOG, raw_ddl, raw_name
from shopstream_platform.pipeline.extract.schema import check_columns, source_columns
from shopstream_platform.pipeline.refresh.drift import find_drift, read_loads
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.every_type import ALL_SORTS, BAG, CSV, DEFINITIONS, JSON, TABLES
from shopstream_platform_tests.fixtures.pipeline import SNAPSHOT_DAY, Pipeline, day, days

few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def zoo(pipeline: Pipeline) -> Iterator[Pipeline]:
    pipeline.sql('DROP SCHEMA IF EXISTS "Zoo Of" CASCADE; DROP SCHEMA IF EXISTS contrib CASCADE')
    pipeline.sql("CREATE EXTENSION IF NOT EXISTS citext")
    pipeline.sql(DEFINITIONS)
    for table in TABLES:
        written = {"select": "integer"} | {
            f"The {name}": sort.written for name, sort in ALL_SORTS.items() if name in table.column_names
        }
        columns = ", ".join(f'"{name}" {type_}' for name, type_ in written.items())
        pipeline.sql(f"CREATE TABLE {table.source_sql} ({columns})")
    for statement in raw_ddl(TABLES):
        pipeline.warehouse.execute(statement)
    yield pipeline
    pipeline.sql('DROP SCHEMA "Zoo Of" CASCADE')
    for table in TABLES:
        pipeline.warehouse.execute(f"DROP TABLE {raw_name(table)}")
        pipeline.warehouse.execute(f"DROP TABLE RAW._LOAD_LOCK_{table.name.upper()}")
        pipeline.warehouse.execute(f"DELETE FROM {LOAD_LOG} WHERE table_name = '{table.name}'")


def insert(pipeline: Pipeline, table: Table, rows: list[dict[str, Any]]) -> None:
    pipeline.sql(f"TRUNCATE {table.source_sql}")
    for number, row in enumerate(rows):
        given_ = {name: value for name, value in row.items() if name in table.column_names}
        names = ", ".join(['"select"', *(f'"The {name}"' for name in given_)])
        marks = ", ".join(["%s", *(f"CAST(%s AS {ALL_SORTS[name].written})" for name in given_)])
        pipeline.sql(
            f"INSERT INTO {table.source_sql} ({names}) VALUES ({marks})", [number, *map(_sent, given_.values())]
        )


def _sent(value: Any) -> Any:
    """As text where a literal would lose something: -0.0 is a numeric, which has no sign there."""
    return repr(value) if isinstance(value, float) else value


def held(pipeline: Pipeline, table: Table) -> list[tuple[Any, ...]]:
    """What the source holds, as its own text or Python's value of it."""
    shown = {
        Kind.TEXT: "{}::text",
        Kind.JSON: "to_jsonb({})::text",
        Kind.DECIMAL: "{}",
        Kind.FLOAT: "{}::text::float8",
        Kind.INSTANT: "({} AT TIME ZONE 'UTC')::text",
    }
    columns = ", ".join(shown.get(c.kind, "{}").format(c.source_sql) for c in table.columns)
    pipeline.sql("SET intervalstyle = 'iso_8601'")
    rows = pipeline.sql(f"SELECT {columns} FROM {table.source_sql} ORDER BY 1")
    return [tuple(canonical(c.kind, value) for c, value in zip(table.columns, row, strict=True)) for row in rows]


def loaded(pipeline: Pipeline, table: Table) -> list[tuple[Any, ...]]:
    rows = pipeline.warehouse.rows(f"SELECT {', '.join(table.column_names)} FROM {raw_name(table)} ORDER BY 1")
    return [tuple(canonical(c.kind, value) for c, value in zip(table.columns, row, strict=True)) for row in rows]


def canonical(kind: Kind, value: Any) -> Any:
    """Equal if and only if the values are: NULL is not an empty text, -0.0 is not 0.0, NaN is NaN."""
    if value is None:
        return None
    match kind:
        case Kind.FLOAT:
            return "nan" if math.isnan(value) else (math.copysign(1, value), value)
        case Kind.JSON:
            return json.dumps(json.loads(value), sort_keys=True)
        case Kind.BINARY:
            return bytes(value)
        case Kind.INSTANT if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        case _:
            return value


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


ROWS = st.lists(
    st.fixed_dictionaries({name: optional(sort.values) for name, sort in ALL_SORTS.items()}), min_size=1, max_size=6
)
NOTHING = dict.fromkeys(ALL_SORTS)
EDGES: list[dict[str, Any]] = [
    NOTHING,
    NOTHING | {"note": "", "short": "", "fixed": "", "bytes": b"", "tags": "{}"},
    NOTHING | {"double": -0.0, "single": 3.4028235e38, "day": date(1, 1, 1), "hour": time(23, 59, 59, 999999)},
    NOTHING | {"double": 5e-324, "single": 0.1, "day": date(9999, 12, 31), "free": Decimal("0.000000001")},
    NOTHING | {"double": float("-inf"), "single": float("nan"), "exact": Decimal("-999999999.999")},
    NOTHING | {"double": 2.0**53 + 2, "instant": datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=UTC)},
    NOTHING | {"number": str(UUID(int=0)), "no_scale": -(10**38) + 1, "bytes": bytes(range(256))},
    NOTHING | {"free": Decimal("-12345678901234567890.123456789"), "exact": Decimal("123456789.125")},
    NOTHING | {"moment": datetime(1, 1, 1), "instant": datetime(1, 1, 1, tzinfo=UTC), "hour": time(0)},
]


@few
@given(ROWS)
@example(EDGES)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.path[-1])
def test_every_type_arrives(zoo: Pipeline, table: Table, rows: list[dict[str, Any]]) -> None:
    insert(zoo, table, rows)
    zoo.move(table)
    assert loaded(zoo, table) == held(zoo, table)


def test_rows_that_are_there_twice_are_loaded_twice_and_reconciled(zoo: Pipeline) -> None:
    insert(zoo, BAG, [{"note": "a"}])
    zoo.sql(f'INSERT INTO {BAG.source_sql} ("select", "The note") SELECT 0, \'a\' FROM generate_series(1, 2)')
    assert zoo.move(BAG).rows == 3
    assert len(loaded(zoo, BAG)) == 3


def drifted(zoo: Pipeline, table: Table) -> bool:
    with snapshot(zoo.dsn) as conn:
        drift = find_drift(conn, read_loads(zoo.warehouse), days(0), (table,))
    assert drift.refused == {}
    return bool(drift)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("double", "0", "-0"),
        ("big", "4294967295", "-1"),
        ("double", "1e300", "1.0000000000000002e300"),
        ("single", "0.1", "0.10000001"),
        ("free", "1.5", "1.500000001"),
        ("number", str(UUID(int=1)), str(UUID(int=2))),
        ("hour", "10:00", "10:00:00.000001"),
        ("instant", "2026-01-01 00:00:00+00", "2026-01-01 00:00:00.000001+00"),
        ("bytes", "\\x00", "\\x0000"),
        ("bytes", "\\x", None),
        ("note", "", None),
        ("free_case", "a", "A"),
        ("fixed", "a", "b"),
        ("tags", "{a}", "{A}"),
        ("plain", "[1.5]", "[1.50]"),
        ("reach", "[1,3)", "[1,4)"),
        ("lasts", "1 mon", "30 days"),
        ("mood", "sad", "so, so"),
        ("place", "(a,1)", "(a,)"),
    ],
)
def test_the_smallest_change_is_drift(zoo: Pipeline, name: str, before: str, after: str | None) -> None:
    insert(zoo, JSON, [{name: before}])
    zoo.move(JSON)
    assert not drifted(zoo, JSON)
    zoo.sql(f'UPDATE {JSON.source_sql} SET "The {name}" = %s::{ALL_SORTS[name].written}', [after])
    assert drifted(zoo, JSON)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("free", "1.0000000001", r"it needs more digits than NUMBER\(38,9\)"),
        ("free", "1e30", "it needs more digits"),
        ("free", "NaN", "it needs more digits than .*, or is infinity or NaN"),
        ("exact", "NaN", "infinity, NaN"),
        ("day", "infinity", "infinity, NaN, BC or a year over 9999"),
        ("day", "0001-01-01 BC", "BC"),
        ("instant", "infinity", "infinity"),
        ("hour", "24:00", "24:00"),
    ],
)
@pytest.mark.parametrize("table", [CSV, BAG], ids=["with key", "without"])
def test_what_snowflake_cannot_hold_is_refused_by_its_row(
    zoo: Pipeline, table: Table, name: str, value: str, why: str
) -> None:
    insert(zoo, table, [{name: None}, {name: value}])
    row = "the row with select_ 1" if table.key else r"a row \(the table has no key\)"
    with pytest.raises(ShopStreamError, match=rf"{table.name}\.{name} of {row} holds a value .*{why}"):
        zoo.move(table)


@pytest.mark.parametrize("kind", ["timestamptz", "date"])
def test_days_of_an_instant_are_those_of_utc(zoo: Pipeline, kind: str) -> None:
    declared = {"timestamptz": "timestamp with time zone"}.get(kind, kind)
    name = f"zoo__{kind}"
    table = Table(
        name=name,
        description="",
        columns=(
            column("a", "integer", key=True),
            column("b", "text", key=True),
            column("at", declared),
        ),
        partition=ByDay("at"),
        source="zoo",
        relation=f'"Zoo Of"."{kind}"',
    )
    zoo.sql(f"CREATE TABLE {table.source_sql} (a integer, b text, at {kind}, PRIMARY KEY (a, b))")
    zoo.sql("SET timezone = 'America/New_York'")
    zoo.sql(
        f"INSERT INTO {table.source_sql} VALUES (1, '', %s), (1, 'x', %s)", [f"{day(0)} 23:59+00", f"{day(1)} 00:00+00"]
    )
    for statement in raw_ddl((table,)):
        zoo.warehouse.execute(statement)
    zoo.move(table, days(0, 1))
    found = zoo.warehouse.rows(f"SELECT b, _partition_date FROM {raw_name(table)} ORDER BY 1")
    zoo.warehouse.execute(f"DROP TABLE {raw_name(table)}")
    assert found == [("", day(0)), ("x", day(1))]


def test_the_declaration_agrees_with_the_source(zoo: Pipeline) -> None:
    with snapshot(zoo.dsn) as conn:
        for table in TABLES:
            assert check_columns(table, source_columns(conn, table)) == []
        other = replace(JSON, columns=(*JSON.columns[:-1], column("binary_json", "array", at_source="The binary_json")))
        with pytest.raises(ShopStreamError, match="binary_json is jsonb at the source"):
            check_columns(other, source_columns(conn, other))
        narrow = replace(
            CSV,
            columns=tuple(replace(c, snowflake_type="VARCHAR(10)") if c.name == "short" else c for c in CSV.columns),
        )
        with pytest.raises(ShopStreamError, match=r"short is character varying\(20\)"):
            check_columns(narrow, source_columns(conn, narrow))


def test_the_manifest_names_the_columns_as_the_warehouse_does(zoo: Pipeline) -> None:
    insert(zoo, CSV, [{}])
    zoo.extract(CSV)
    manifest = zoo.manifest(CSV, SNAPSHOT_DAY)
    assert list(manifest.columns) == list(CSV.column_names)
    assert manifest.columns["mood"] == "enum"
    assert manifest.files[0].key.startswith("raw/zoo/fields/")
