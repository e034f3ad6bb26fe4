"""SHOW, DESCRIBE, INFORMATION_SCHEMA."""

import pytest

from shopstream_platform.certify.cases import metadata
from shopstream_platform.certify.cases.metadata import Listing
from shopstream_platform_tests.localsnow.integration.conformance.check import parameters
from shopstream_platform_tests.localsnow.integration.conftest import Sql


@pytest.mark.parametrize("case", parameters(metadata.CASES))
def test_listing(sql: Sql, schema: str, case: Listing) -> None:
    for statement in metadata.SETUP:
        sql(statement)
    cursor = sql.connection.cursor().execute(case.sql.replace("{schema}", schema))
    assert cursor is not None
    names = [column.name for column in cursor.description]
    rows = cursor.fetchall()
    assert set(case.columns) <= set(names)
    found = [tuple(row[names.index(column)] for column in case.columns) for row in rows]  # pyright: ignore
    expected = [tuple(schema if value == "{schema}" else value for value in row) for row in case.rows]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_terse_schemas_as_dbt_asks(sql: Sql, schema: str) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/show-schemas"""
    cursor = sql.connection.cursor().execute(metadata.SCHEMAS)
    assert cursor is not None
    position = [column.name for column in cursor.description].index("name")
    assert {schema, "PUBLIC"} <= {row[position] for row in cursor.fetchall()}  # pyright: ignore
