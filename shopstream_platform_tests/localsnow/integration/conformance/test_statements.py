"""DDL, DML and session statements: what they answer and what they leave."""

import pytest

from shopstream_platform.certify.cases import statements
from shopstream_platform.certify.cases.case import Case
from shopstream_platform_tests.localsnow.integration.conformance.check import check, parameters
from shopstream_platform_tests.localsnow.integration.conftest import Sql


@pytest.mark.parametrize("case", parameters(statements.CASES))
def test_statement(sql: Sql, case: Case) -> None:
    for statement in case.setup:
        sql(statement)
    check(sql, case)
