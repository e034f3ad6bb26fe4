"""Queries: each answers what Snowflake documents, in value and type."""

from collections.abc import Iterator

import pytest

from shopstream_platform.certify.cases.case import Case
from shopstream_platform.certify.conformance import QUERIES
from shopstream_platform_tests.localsnow.integration.conformance.check import check, parameters
from shopstream_platform_tests.localsnow.integration.conftest import DATABASE, Server, Sql

CASES = [case for cases in QUERIES.values() for case in cases]


@pytest.fixture(scope="module")
def shared(server: Server) -> Iterator[Sql]:
    """A session in a schema for all cases; each table is made once, as no case changes one."""
    with server.connect() as connection:
        sql = Sql(connection)
        sql(f"CREATE OR REPLACE SCHEMA {DATABASE}.CONFORMANCE")
        for statement in dict.fromkeys(statement for case in CASES for statement in case.setup):
            sql(statement)
        yield sql
        sql(f"DROP SCHEMA {DATABASE}.CONFORMANCE")


@pytest.mark.parametrize("case", parameters(CASES))
def test_query(shared: Sql, case: Case) -> None:
    check(shared, case)
