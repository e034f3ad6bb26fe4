"""A ShopStream of a test's own, driven as its users drive it: by processes, from the repository's root."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
import snowflake.connector
from psycopg2.extensions import connection as Connection

from shopstream_platform.contract.declare import ByDay, ByParent, Kind, Table
from shopstream_platform.contract.tables import SHOP_TABLES

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
HISTORY_DAYS = 40
TIMEOUT_SECONDS = 600

Row = tuple[Any, ...]
Contents = dict[str, list[Row]]

# What a tester's shell or .env may bring along; a .env sets no variable that is there, be it empty.
_FOREIGN = ("SHOPSTREAM_", "PG", "AWS_", "SNOWFLAKE_", "DAGSTER_", "DBT_")
_SWITCHES = (
    "SHOPSTREAM_POSTGRES_DSN",
    "SHOPSTREAM_S3_BUCKET",
    "SNOWFLAKE_ACCOUNT",
    "SNOWFLAKE_USER",
    "SNOWFLAKE_PASSWORD",
    "SNOWFLAKE_PRIVATE_KEY_PATH",
)
# What a laptop's shell may hold for other work. Nothing of it is the platform's.
STRAY = {
    "PGHOST": "nowhere.example",
    "PGHOSTADDR": "127.0.0.9",
    "PGPORT": "9",
    "PGUSER": "other",
    "PGPASSWORD": "other",
    "PGDATABASE": "other",
    "PGSSLMODE": "require",
    "PGCLIENTENCODING": "LATIN1",
    "PGOPTIONS": "-c datestyle=German",
    "AWS_PROFILE": "other",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "other",
    "AWS_SECRET_ACCESS_KEY": "other",
    "AWS_SESSION_TOKEN": "other",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "SNOWFLAKE_HOST": "nowhere.example",
    "SNOWFLAKE_ROLE": "OTHER",
    "SNOWFLAKE_DATABASE": "OTHER",
    "SNOWFLAKE_WAREHOUSE": "OTHER",
}
# When and from where a row was loaded: another load of the same rows changes it.
_OF_THE_LOAD = ("_LOADED_AT", "_SOURCE_FILE")


@dataclass(frozen=True)
class Ran:
    """A finished process."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def everything(self) -> str:
        """Both streams, for assertions' messages."""
        return f"exit code {self.code}\n{self.out}\n{self.err}"

    @property
    def text(self) -> str:
        """What was printed, without line breaks: a terminal's width breaks sentences."""
        return " ".join(self.out.split())

    @property
    def errors(self) -> list[str]:
        """The lines of stderr that say something."""
        return [line for line in self.err.splitlines() if line.strip()]


@dataclass(frozen=True)
class Shop:
    """One SHOPSTREAM_HOME and the settings that go with it."""

    home: Path
    start: date
    zone: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, home: Path) -> "Shop":
        """A small shop with a short history. Its day never ends while tests run: it is about noon in its time zone."""
        offset = 12 - datetime.now(UTC).hour
        zone = f"Etc/GMT{-offset:+d}"
        return cls(home, datetime.now(ZoneInfo(zone)).date() - timedelta(days=HISTORY_DAYS), zone)

    def having(self, **settings: str) -> "Shop":
        """The same home with other settings."""
        return replace(self, settings={**self.settings, **settings})

    @property
    def yesterday(self) -> date:
        """The newest partition."""
        return self.start + timedelta(days=HISTORY_DAYS - 1)

    def begin(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A `shopstream` command that goes on, in a process group of its own, for a test that stops it."""
        return subprocess.Popen(
            [PROGRAMS / "shopstream", *arguments],
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def environment(self) -> dict[str, str]:
        """The environment of a process of this shop."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {
            **kept,
            **dict.fromkeys(_SWITCHES, ""),
            "SHOPSTREAM_HOME": str(self.home),
            "SHOPSTREAM_SOURCE": "simulated",
            "SHOPSTREAM_ENV": "local",
            "SHOPSTREAM_SCALE": "0.1",
            "SHOPSTREAM_SEED": "42",
            "SHOPSTREAM_START_DATE": str(self.start),
            "SHOPSTREAM_SOURCE_TIMEZONE": self.zone,
            # What a running day holds depends on the hour: tests of it turn this on.
            "SHOPSTREAM_INCLUDE_TODAY": "false",
            "DAGSTER_DISABLE_TELEMETRY": "yes",
            **self.settings,
        }

    def run(self, *command: str) -> Ran:
        """Any program, to its end."""
        begin = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr, time.perf_counter() - begin)

    def shopstream(self, *arguments: str) -> Ran:
        """`shopstream ...`."""
        return self.run(str(PROGRAMS / "shopstream"), *arguments)

    def materialize(self, *arguments: str) -> Ran:
        """`dagster asset materialize` of everything, as a CI job would call it."""
        module = ("-m", "shopstream_platform.definitions", "--select", "*")
        return self.run(str(PROGRAMS / "dagster"), "asset", "materialize", *module, *arguments)

    def shell(self, script: str) -> Ran:
        """A POSIX shell script with this Python's programs on its PATH."""
        path = {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
        return self.having(**path).run("sh", "-euc", script)

    def psql(self, statement: str) -> None:
        """`shopstream psql`: change something at the source."""
        ran = self.shopstream("psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement)
        assert ran.code == 0, ran.everything

    @cached_property
    def connections(self) -> dict[str, dict[str, Any]]:
        """`shopstream env --json`, passwords of configured services included."""
        ran = self.shopstream("env", "--json", "--show-secrets")
        assert ran.code == 0, ran.everything
        return json.loads(ran.out)

    @contextmanager
    def source(self) -> Iterator[Connection]:
        """The source's database; every statement is committed."""
        with closing(psycopg2.connect(self.connections["postgres"]["dsn"])) as connection:
            connection.autocommit = True
            yield connection

    def source_rows(self, statement: str) -> list[Row]:
        """A query's rows at the source."""
        with self.source() as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    @contextmanager
    def warehouse(self) -> Iterator[Callable[[str], list[Row]]]:
        """A session of the warehouse: a query -> its rows."""
        with closing(snowflake.connector.connect(**self.connections["snowflake"])) as session:
            cursor = session.cursor()

            def rows(statement: str) -> list[Row]:
                cursor.execute(statement)
                return [tuple(row) for row in cursor.fetchall()]

            yield rows

    def warehouse_rows(self, statement: str) -> list[Row]:
        """A query's rows in the warehouse."""
        with self.warehouse() as rows:
            return rows(statement)

    def oltp(self) -> Contents:
        """The tables at the source, up to the end of the last partition."""
        with self.source() as connection, connection.cursor() as cursor:
            return {table.name: _source_table(cursor, table, self.yesterday) for table in SHOP_TABLES}

    def raw(self) -> Contents:
        """The declared columns of RAW."""
        with self.warehouse() as rows:
            return {
                table.name: [
                    _parsed(table, row)
                    for row in rows(f"SELECT {', '.join(table.column_names)} FROM RAW.{table.name} ORDER BY id")
                ]
                for table in SHOP_TABLES
            }

    def contents(self, *, loads: bool = False) -> Contents:
        """Every row of RAW, CORE and MARTS; with `loads` also when and how they came, and the platform's logs."""
        with self.warehouse() as rows:
            columns: dict[str, list[str]] = {}
            for schema, table, column in rows(
                "SELECT table_schema, table_name, column_name FROM INFORMATION_SCHEMA.COLUMNS "
                "WHERE table_schema IN ('RAW', 'CORE', 'MARTS') ORDER BY table_schema, table_name, column_name"
            ):
                if loads or not (table.startswith("_") or _is_of_a_load(column)):
                    columns.setdefault(f'{schema}."{table}"', []).append(f'"{column}"')
            return {
                name: sorted(rows(f"SELECT {', '.join(selected)} FROM {name}"), key=repr)
                for name, selected in columns.items()
            }


def _is_of_a_load(column: str) -> bool:
    return column in _OF_THE_LOAD or column.endswith("_LOAD_ID")


def _source_table(cursor: psycopg2.extensions.cursor, table: Table, last: date) -> list[Row]:
    names = ", ".join(f"t.{c.name}::text" if c.kind is Kind.JSON else f"t.{c.name}" for c in table.columns)
    cursor.execute(f"SELECT {names} FROM {table.name} t WHERE {_due(table, last)} ORDER BY t.id")
    return [_parsed(table, row) for row in cursor.fetchall()]


def _due(table: Table, last: date) -> str:
    """Whether a row lies in a partition, worded differently from the platform's own SQL."""
    before = f"< DATE '{last + timedelta(days=1)}'"
    match table.partition:
        case ByDay(column):
            return f"t.{column} {before} OR t.{column} IS NULL"
        case ByParent(parent, via):
            later = f"NOT p.{parent.day_column} {before}"
            return f"NOT EXISTS (SELECT FROM {parent.name} p WHERE p.id = t.{via} AND {later})"
        case None:
            return "TRUE"


def _parsed(table: Table, row: Row) -> Row:
    """JSON compared by meaning; SQL NULL stays different from JSON null."""
    return tuple(
        ("json", json.loads(value)) if column.kind is Kind.JSON and value is not None else value
        for column, value in zip(table.columns, row, strict=True)
    )
