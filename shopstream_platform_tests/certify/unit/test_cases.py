"""The cases as an account is asked: in the namespace alone, and compared to the last digit."""

from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

from shopstream_platform.certify.cases import metadata, statements
from shopstream_platform.certify.cases.case import Accepted, Case, Error, Json
from shopstream_platform.certify.cases.compare import difference
from shopstream_platform.certify.conformance import QUERIES, Asked, answer, names_here
from shopstream_platform.certify.namespace import Namespace
from shopstream_platform.certify.outcome import Different, NotRun
from shopstream_platform.certify.site import Site, Target
from shopstream_platform.config.connections import S3Connection, SnowflakeConnection
from shopstream_platform_tests.localsnow.integration.conformance.features import features

ACCOUNT = Site(Namespace("ABCDEF"), Target(SnowflakeConnection("acme", "ADMIN", "p"), S3Connection("lake")), 1)
EMBEDDED = Site(Namespace("ABCDEF"), None, 1)
OF_THE_ACCOUNT = ("WAREHOUSE", "ROLE", "USER", "INTEGRATION", "MONITOR", "NETWORK POLICY", "ACCOUNT")
ALL: list[Any] = [*chain(*QUERIES.values()), *statements.CASES, *metadata.CASES]


class Answers:
    """A warehouse that gives one answer to everything."""

    def __init__(self, *rows: tuple[Any, ...], error: str = "") -> None:
        self.answer, self.error, self.sent = list(rows), error, list[str]()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        self.sent.append(sql)
        if self.error:
            raise ProgrammingError(self.error)
        return self.answer


def asked(site: Site, warehouse: Answers) -> Asked:
    return Asked(site, warehouse, names_here(site), "CONFORMANCE")  # pyright: ignore


def changes_the_account(sql: str) -> bool:
    kinds = [name for name in features(sql.replace("{schema}", "s")) if name.startswith("statement ")]
    words = [kind.removeprefix("statement ").upper() for kind in kinds]
    changing = [word for word in words if word.split()[0] in ("CREATE", "ALTER", "DROP", "GRANT", "REVOKE")]
    return any(word.split()[0] in ("GRANT", "REVOKE") or word.endswith(OF_THE_ACCOUNT) for word in changing)


def test_no_statement_on_an_object_of_the_whole_account_reaches_one() -> None:
    sent = [(case, sql) for case in ALL for sql in (*getattr(case, "setup", ()), case.sql)]
    dangerous = [case.sql for case, sql in sent if changes_the_account(sql)]
    assert {"CREATE ROLE IF NOT EXISTS R", "ALTER ACCOUNT SET TIMEZONE = 'UTC'"} <= set(dangerous)
    assert [case.sql for case, sql in sent if changes_the_account(sql) and not case.local] == []


def test_no_name_of_another_database_is_left() -> None:
    here = asked(ACCOUNT, Answers()).here
    run = [case for case in ALL if not case.local]
    texts = [here(sql) for case in run for sql in (*getattr(case, "setup", ()), case.sql)]
    assert sum("CERTIFY_ABCDEF_DWH" in text for text in texts) > 5
    assert [text for text in texts if "SHOPSTREAM_" in text or "S3_INTEGRATION" in text.split()] == []


def test_names_become_the_namespaces_in_statement_and_result() -> None:
    warehouse = Answers(("CERTIFY_ABCDEF_DWH",))
    answer(asked(ACCOUNT, warehouse), Case("page", "SELECT CURRENT_DATABASE()", "SHOPSTREAM_DWH"))
    case = Case("page", "USE ROLE reporter", [("CERTIFY_ABCDEF_DWH",)])
    answer(asked(ACCOUNT, warehouse), case)
    assert warehouse.sent == ["SELECT CURRENT_DATABASE()", "USE ROLE CERTIFY_ABCDEF_REPORTER"]


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (1, True),
        (Decimal("1.50"), Decimal("1.5")),
        (1.0, 1),
        ("1", 1),
        (Json({"a": 1}), '{"a": 2}'),
        (None, ""),
        ([(1,), (2,)], 1),
    ],
)
def test_another_answer_is_different(expected: Any, found: Any) -> None:
    with pytest.raises(Different, match=r"documented is .*, found was"):
        answer(asked(ACCOUNT, Answers((found,))), Case("page", "SELECT 1", expected))


def test_an_error_is_expected_or_different() -> None:
    case = Case("page", "SELECT 1", Error("too long"))
    refused, other = Answers(error="String is too long"), Answers(error="no such table")
    assert difference(refused.rows, case, (ProgrammingError,)) == ""
    assert "found was: " in difference(other.rows, case, (ProgrammingError,))
    assert "found was [(1,)]" in difference(Answers((1,)).rows, case, (ProgrammingError,))
    with pytest.raises(ProgrammingError):
        difference(other.rows, replace(case, expected=Accepted()), (ProgrammingError,))


def test_a_case_of_one_side_says_why_it_is_not_run_on_the_other() -> None:
    local = Case("page", "CREATE ROLE R", Accepted(), local="of the whole account", differs="roles are not there")
    account, embedded = Answers(), Answers()
    with pytest.raises(NotRun, match="of the whole account"):
        answer(asked(ACCOUNT, account), local)
    with pytest.raises(NotRun, match="known difference of the local warehouse: roles are not there"):
        answer(asked(EMBEDDED, embedded), local)
    assert (account.sent, embedded.sent) == ([], [])
