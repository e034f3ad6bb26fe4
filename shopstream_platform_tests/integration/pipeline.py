"""The spine under test: a source database of its own, and the lake and the warehouse of the embedded home."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from shopstream_platform.extract.extract import Extraction, extract
from shopstream_platform.extract.lake import Lake
from shopstream_platform.extract.manifest import Manifest, read_manifest, table_prefix
from shopstream_platform.extract.session import snapshot
from shopstream_platform.extract.sql import Days
from shopstream_platform.load.load import Loaded, load
from shopstream_platform.load.sql import LOAD_LOG, raw_name
from shopstream_platform.load.warehouse import Warehouse
from shopstream_platform.tables import BY_NAME, TABLES, Kind, Table

START = date(2025, 9, 1)
SNAPSHOT_DAY = date(2026, 1, 15)
USERS, PRODUCTS, ORDERS = BY_NAME["users"], BY_NAME["products"], BY_NAME["orders"]
ORDER_ITEMS, EVENTS, CRM_CONTACTS = BY_NAME["order_items"], BY_NAME["events"], BY_NAME["crm_contacts"]

Row = tuple[Any, ...]


def day(number: int) -> date:
    """The number-th day since the first partition, which is day 0."""
    return START + timedelta(days=number)


def days(first: int, last: int | None = None) -> Days:
    """A range of partitions."""
    return Days(first=day(first), last=day(first if last is None else last), start=START)


@dataclass
class Pipeline:
    """One test's way from PostgreSQL to RAW, without Dagster."""

    source: Connection
    dsn: str
    lake: Lake
    warehouse: Warehouse

    def sql(self, statement: str, parameters: Sequence[Any] | None = None) -> list[Row]:
        """Run a statement on the source; its rows, if it has any."""
        with self.source.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def insert(self, table: Table, **values: Any) -> int:
        """Insert one row; its id."""
        names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        ((row_id,),) = self.sql(
            f"INSERT INTO {table.name} ({names}) VALUES ({marks}) RETURNING id", list(values.values())
        )
        return row_id

    def extract(self, table: Table, span: Days | None = None, *, snapshot_day: date = SNAPSHOT_DAY) -> Extraction:
        """One table from a snapshot of its own."""
        with snapshot(self.dsn) as conn:
            return extract(conn, self.lake, table, span, snapshot_day=snapshot_day, run_id="test")

    def load(self, table: Table, span: Days | None = None, *, run_id: str = "test") -> Loaded:
        """One table's range into RAW."""
        return load(self.warehouse, self.lake, table, span, start_date=START, run_id=run_id)

    def move(self, table: Table, span: Days | None = None) -> Loaded:
        """Extract, then load."""
        self.extract(table, span)
        return self.load(table, span)

    def manifest(self, table: Table, when: date = SNAPSHOT_DAY) -> Manifest:
        """The manifest of a partition."""
        return read_manifest(self.lake, table, when)

    def keys(self, table: Table) -> list[str]:
        """What lies in the table's folders of the lake."""
        return sorted(self.lake.etags(table_prefix(table)))

    def body(self, key: str) -> bytes:
        """An object's bytes."""
        return bytes(self.lake.store.get(key).bytes())

    def source_rows(self, table: Table) -> list[Row]:
        """Declared columns at the source, by id; JSON parsed, so that SQL NULL differs from JSON null."""
        columns = ", ".join(f"{c.name}::text" if c.kind is Kind.JSON else c.name for c in table.columns)
        return [_parsed(table, row) for row in self.sql(f"SELECT {columns} FROM {table.name} ORDER BY id")]

    def raw_rows(self, table: Table) -> list[Row]:
        """Declared columns in RAW, by id."""
        query = f"SELECT {', '.join(table.column_names)} FROM {raw_name(table)} ORDER BY id"
        return [_parsed(table, row) for row in self.warehouse.rows(query)]

    def raw_partitions(self, table: Table) -> dict[int, date]:
        """id -> partition in RAW."""
        return dict(self.warehouse.rows(f"SELECT id, _partition_date FROM {raw_name(table)} ORDER BY id"))

    def log(self, table: Table) -> list[Row]:
        """(partition, load id, rows) of every load, in the order of the loads."""
        return self.warehouse.rows(
            f"SELECT partition_date, load_id, row_count FROM {LOAD_LOG} WHERE table_name = %s "
            "ORDER BY load_id, partition_date",
            (table.name,),
        )

    def empty_source(self) -> None:
        """Delete all rows of the shop."""
        self.sql(f"TRUNCATE {', '.join(table.name for table in TABLES)} RESTART IDENTITY CASCADE")

    def clear_target(self) -> None:
        """Empty the lake and RAW, as if nothing had ever been loaded."""
        self.lake.delete(list(self.lake.etags("raw/")))
        names = [*(raw_name(table) for table in TABLES), LOAD_LOG]
        counts = " UNION ALL ".join(f"SELECT '{name}', COUNT(*) FROM {name}" for name in names)
        for name, rows in self.warehouse.rows(counts):
            if rows:
                self.warehouse.execute(f"DELETE FROM {name}")


def connect(dsn: str) -> Connection:
    """A connection that commits every statement."""
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    return connection


def _parsed(table: Table, row: Row) -> Row:
    return tuple(
        ("json", json.loads(value)) if column.kind is Kind.JSON and value is not None else value
        for column, value in zip(table.columns, row, strict=True)
    )
