"""Running cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from snowflake.connector.errors import DatabaseError

from shopstream_platform_tests.localsnow.integration.conformance.case import Case, Error, agree
from shopstream_platform_tests.localsnow.integration.conformance.metadata import Listing
from shopstream_platform_tests.localsnow.integration.conftest import Sql


def check(sql: Sql, case: Case) -> None:
    """Run the statement of a case and compare."""
    if isinstance(case.expected, Error):
        with pytest.raises(DatabaseError, match=case.expected.pattern):
            sql(case.sql)
        return
    found = sql(case.sql)
    expected = case.expected if isinstance(case.expected, list) else [(case.expected,)]
    assert agree(expected, found), f"{case.url}\nSnowflake: {expected}\nhere:      {found}"


def parameters(cases: Iterable[Case | Listing]) -> list[Any]:
    """Cases as pytest parameters; what is known to differ must go on differing, or leave the list."""
    return [pytest.param(case, id=case.sql, marks=_known(case)) for case in cases]


def _known(case: Case | Listing) -> Any:
    return pytest.mark.xfail(reason=case.differs, strict=True) if case.differs else ()
