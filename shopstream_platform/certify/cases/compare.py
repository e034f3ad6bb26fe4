"""Whether an answer is the documented one."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from shopstream_platform.certify.cases.case import Accepted, Case, Error, Json

Rows = list[tuple[Any, ...]]
Ask = Callable[[str], Rows]


def agree(expected: Any, found: Any) -> bool:
    """Whether value and type are the same; a decimal's scale is part of its type."""
    if isinstance(expected, (list, tuple)):
        return len(expected) == len(found) and all(agree(e, f) for e, f in zip(expected, found, strict=True))
    if isinstance(expected, Json):
        return isinstance(found, str) and json.loads(found) == expected.value
    if isinstance(expected, Decimal):
        return isinstance(found, Decimal) and str(found) == str(expected)
    if isinstance(expected, float):
        return isinstance(found, float) and abs(found - expected) <= 1e-9 * max(1.0, abs(expected))
    return type(found) is type(expected) and found == expected


def difference(ask: Ask, case: Case, failures: tuple[type[Exception], ...]) -> str:
    """Run the statement of a case; empty if it answers what is documented, else both answers.

    `failures` are the exceptions by which `ask` says that the warehouse refused a statement.
    """
    if isinstance(case.expected, Error):
        return _no_error(ask, case.sql, case.expected.pattern, failures)
    found = ask(case.sql)
    if isinstance(case.expected, Accepted):
        return ""
    expected = case.expected if isinstance(case.expected, list) else [(case.expected,)]
    return "" if agree(expected, found) else f"documented is {expected!r}, found was {found!r}"


def _no_error(ask: Ask, sql: str, pattern: str, failures: tuple[type[Exception], ...]) -> str:
    try:
        found = ask(sql)
    except failures as error:
        known = re.search(pattern, str(error))
        return "" if known else f"documented is an error like {pattern!r}, found was: {error}"
    return f"documented is an error like {pattern!r}, found was {found!r}"
