"""A denial proves something only where the same statement could have been allowed."""

from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

from shopstream_platform.certify.outcome import Different
from shopstream_platform.certify.rights import Right, rights, tried
from shopstream_platform.config.account_names import AccountNames


class Said:
    """A warehouse that allows everything, or refuses it in these words."""

    def __init__(self, error: str = "") -> None:
        self.error = error

    def execute(self, sql: str) -> None:
        if self.error:
            raise ProgrammingError(self.error)


def attempt(right: Right, error: str = "") -> None:
    warehouse: Any = Said(error)
    tried(warehouse, right)


MAY, MAY_NOT = Right("X_LOADER", "W", "SELECT 1", allowed=True), Right("X_LOADER", "W", "DROP TABLE t")
DENIED = (
    "SQL access control error: Insufficient privileges to operate on table 'T'",
    "Object 'T' does not exist or not authorized.",
)


@pytest.mark.parametrize("error", DENIED)
def test_a_denial_is_as_documented_where_it_is_meant(error: str) -> None:
    attempt(MAY_NOT, error)
    attempt(MAY)
    with pytest.raises(Different, match="the account said"):
        attempt(MAY, error)


def test_what_is_allowed_and_should_not_be_is_different() -> None:
    with pytest.raises(Different, match="it was allowed"):
        attempt(MAY_NOT)


def test_another_error_is_no_denial() -> None:
    with pytest.raises(Different, match="syntax error"):
        attempt(MAY_NOT, "SQL compilation error: syntax error line 1")


def test_each_role_is_denied_something_and_proves_first_that_it_works() -> None:
    listed = rights(AccountNames("X_"), "MARTS.M")
    by_role = {right.role: [r.allowed for r in listed if r.role == right.role] for right in listed}
    assert by_role.keys() == {"X_LOADER", "X_TRANSFORMER", "X_REPORTER"}
    assert all(any(found) and not all(found) for found in by_role.values())
    assert str(listed[0]) == "LOADER may: SELECT COUNT(*) FROM RAW.USERS"
