"""Marts in DuckDB with the columns of dbt's contracts.

The pages' SQL is executed, not recognized: a new card or page needs no new answer here.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from shopstream_platform.serving.power_bi.contracts import contracts

Row = tuple[Any, ...]
Record = Mapping[str, Any]
# What stands in a column that the rows do not name.
DEFAULTS = {"BIGINT": 1, "DECIMAL(30, 6)": 1, "DATE": "2026-01-05", "BOOLEAN": True, "VARCHAR": "Anything"}


def answer(sql: str, tables: Mapping[str, Iterable[Record]]) -> list[Row]:
    """The rows of a page's query in Snowflake's SQL, over those tables that it names."""
    statement, names = _translated(sql.format(marts="marts", core="core"))
    with duckdb.connect() as database:
        for schema in ("marts", "core"):
            database.execute(f"CREATE SCHEMA {schema}")
        for name in names:
            _create(database, name, tables.get(name, [{}]))
        return database.execute(statement).fetchall()


@lru_cache
def _translated(sql: str) -> tuple[str, list[str]]:
    parsed = sqlglot.parse_one(sql, read="snowflake")
    names = {table.name.lower() for table in parsed.find_all(exp.Table) if table.db}
    return parsed.sql(dialect="duckdb"), sorted(names)


def _create(database: duckdb.DuckDBPyConnection, name: str, rows: Iterable[Record]) -> None:
    """A table with all columns of its contract. Raises KeyError for a table or a column that has none."""
    contract, records = contracts()[name], list(rows)
    types = {column.name: _type(column.type) for column in contract.columns.values()}
    if unknown := {column for record in records for column in record} - types.keys():
        raise KeyError(f"{name}: {sorted(unknown)}")
    values = [[_text(record.get(column, DEFAULTS[type_])) for record in records] for column, type_ in types.items()]
    columns = ", ".join(f"UNNEST(?::VARCHAR[])::{type_} AS {column}" for column, type_ in types.items())
    database.execute(f"CREATE TABLE {contract.schema}.{name} AS SELECT {columns}", values)


def _type(snowflake: str) -> str:
    """DuckDB's type. Decimals have digits to spare: the median of two amounts is exact in Snowflake, too."""
    number = re.fullmatch(r"number\(\d+,\s*(\d+)\)", snowflake.lower())
    if number:
        return "DECIMAL(30, 6)" if int(number[1]) else "BIGINT"
    return snowflake.upper()


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
