"""DDL, DML and session statements: what they answer and what they leave."""

import pytest

from shopstream_platform_tests.integration.warehouse.conftest import Sql

from . import statements
from .case import Case
from .check import check, parameters


@pytest.mark.parametrize("case", parameters(statements.CASES))
def test_statement(sql: Sql, case: Case) -> None:
    for statement in case.setup:
        sql(statement)
    check(sql, case)
