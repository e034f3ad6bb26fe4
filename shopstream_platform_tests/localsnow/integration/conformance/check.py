"""Running cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from snowflake.connector.errors import DatabaseError

from shopstream_platform.certify.cases.case import Accepted, Case
from shopstream_platform.certify.cases.compare import difference
from shopstream_platform.certify.cases.metadata import Listing
from shopstream_platform.certify.cases.statements import DONE
from shopstream_platform_tests.localsnow.integration.conftest import Sql


def check(sql: Sql, case: Case) -> None:
    """Run the statement of a case and compare."""
    if isinstance(case.expected, Accepted):
        # The local warehouse says so of all that it accepts without effect.
        assert sql(case.sql) == [(DONE,)]
        return
    found = difference(sql, case, (DatabaseError,))
    assert not found, f"{case.url}\n{found}"


def parameters(cases: Iterable[Case | Listing]) -> list[Any]:
    """Cases as pytest parameters; what is known to differ must go on differing, or leave the list."""
    return [pytest.param(case, id=case.sql, marks=_known(case)) for case in cases]


def _known(case: Case | Listing) -> Any:
    return pytest.mark.xfail(reason=case.differs, strict=True) if case.differs else ()
