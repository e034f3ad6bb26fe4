"""Every documented statement of the conformance cases, asked of the account."""

import gzip
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import boto3
from snowflake.connector.errors import DatabaseError

from shopstream_platform.certify.cases import (
    aggregates,
    conditional,
    dates,
    metadata,
    numbers,
    queries,
    semi_structured,
    stages,
    statements,
    text,
    windows,
)
from shopstream_platform.certify.cases.case import Case
from shopstream_platform.certify.cases.compare import Rows, agree, difference
from shopstream_platform.certify.cases.metadata import Listing
from shopstream_platform.certify.outcome import Different, NotRun, Outcome, not_run, prove
from shopstream_platform.certify.site import Site
from shopstream_platform.config.connections import S3Connection
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.stores.warehouse import Warehouse

QUERIES = {
    "aggregates": aggregates.CASES,
    "conditional": conditional.CASES,
    "dates": dates.CASES,
    "numbers": numbers.CASES,
    "queries": queries.CASES,
    "semi_structured": semi_structured.CASES,
    "text": text.CASES,
    "windows": windows.CASES,
}
AnyCase = Case | Listing | stages.Staged
CHANGES: dict[str, Sequence[AnyCase]] = {
    "statements": statements.CASES,
    "metadata": metadata.CASES,
    "stages": stages.CASES,
}
SCHEMA, OWNER = "CONFORMANCE", "SYSADMIN"
PARTS = (*QUERIES, *CHANGES)
REFUSED_BY_EDITION = re.compile(r"unsupported feature|not supported|not enabled|edition", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """A session for the cases, and what a name of theirs is called here."""

    site: Site
    warehouse: Warehouse
    names: dict[str, str]
    name: str

    def __call__(self, sql: str) -> Rows:
        """The rows of a statement of a case."""
        return self.warehouse.rows(self.here(sql))

    def here(self, value: Any) -> Any:
        """A statement or a result with the names of this place, in whatever it is nested."""
        if isinstance(value, str):
            return _WORD.sub(lambda word: self.names.get(word[0], word[0]), value)
        if isinstance(value, (list, tuple)):
            return type(value)(self.here(one) for one in value)
        return value

    @property
    def schema(self) -> str:
        """The schema of these cases, with its database."""
        return f"{self.site.administrator.database}.{self.name}"


_WORD = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]*\b")


def names_here(site: Site) -> dict[str, str]:
    """A name in the cases -> what stands for it in the namespace; nothing on the embedded warehouse."""
    if site.embedded:
        return {}
    names = site.space.names
    roles = {"ACCOUNTADMIN": OWNER, "REPORTER": names.reporter, "reporter": names.reporter}
    others = {"OTHER_WH": names.transforming, "other_wh": names.transforming, "S3_INTEGRATION": names.integration}
    return {"SHOPSTREAM_DWH": names.database} | roles | others


def conformance(site: Site, wants: Callable[[str], bool]) -> Iterator[Outcome]:
    """All cases of the parts that are wanted."""
    chosen = [part for part in PARTS if wants(label(part))] or list(PARTS)
    yield from _queries(site, [part for part in chosen if part in QUERIES])
    for part in (part for part in chosen if part in CHANGES):
        for number, case in enumerate(CHANGES[part]):
            yield _apart(site, part, number, case)
    for part in (part for part in PARTS if part not in chosen):
        yield not_run(label(part), "all cases", "left out by --only")


@contextmanager
def in_schema(site: Site, name: str) -> Iterator[Asked]:
    """A session as at its login, in an empty schema, which goes at the end."""
    with _session(site) as warehouse:
        asked = Asked(site, warehouse, names_here(site), name)
        warehouse.execute(f"DROP SCHEMA IF EXISTS {asked.schema}")
        warehouse.execute(f"CREATE SCHEMA {asked.schema}")
        warehouse.execute(f"USE SCHEMA {asked.schema}")
        # The platform's own session has one.
        warehouse.execute("ALTER SESSION SET QUERY_TAG = ''")
        try:
            yield asked
        finally:
            # A case may have ended in a transaction or in another role.
            warehouse.execute("ROLLBACK")
            if not site.embedded:
                warehouse.execute(f"USE ROLE {OWNER}")
            warehouse.execute(f"DROP SCHEMA IF EXISTS {asked.schema}")


def _session(site: Site) -> AbstractContextManager[Warehouse]:
    """In an account one for all cases; the local warehouse binds temporary objects to a session, not to a schema."""
    if site.embedded:
        return site.session()
    return nullcontext(site.as_role(OWNER, site.space.names.loading))


def label(part: str) -> str:
    """The group of a part's cases."""
    return f"conformance: {part}"


LABELS = tuple(map(label, PARTS))


def _queries(site: Site, parts: list[str]) -> Iterator[Outcome]:
    """No case changes a table, so each is made once."""
    with in_schema(site, SCHEMA) as asked:
        for statement in dict.fromkeys(sql for part in parts for case in QUERIES[part] for sql in case.setup):
            with suppress(DatabaseError):
                # The cases that need it say what it lacks.
                asked(statement)
        for part in parts:
            for case in QUERIES[part]:
                yield prove(label(part), case.sql, partial(answer, asked, case), case.url)


def _apart(site: Site, part: str, number: int, case: AnyCase) -> Outcome:
    """A case that changes something has a session and a schema of its own."""
    plain = case.case if isinstance(case, stages.Staged) else case
    name = f"{SCHEMA}_{part}_{number}".upper()
    return prove(label(part), plain.sql, lambda: _in_own_schema(site, name, case), plain.url)


def _in_own_schema(site: Site, name: str, case: AnyCase) -> None:
    _said_before(site, case.case if isinstance(case, stages.Staged) else case)
    with in_schema(site, name) as asked:
        match case:
            case stages.Staged():
                _staged(asked, case)
            case Listing():
                _listing(asked, case)
            case Case():
                _statement(asked, case)


def answer(asked: Asked, case: Case) -> None:
    """Different or NotRun, unless the answer is the documented one."""
    _said_before(asked.site, case)
    expected = replace(case, expected=asked.here(case.expected))
    if found := difference(asked, expected, (DatabaseError,)):
        raise Different(found)


def _said_before(site: Site, case: Case | Listing) -> None:
    if site.embedded and case.differs:
        raise NotRun(f"a known difference of the local warehouse: {case.differs}")
    if not site.embedded and case.local:
        raise NotRun(case.local)


def _statement(asked: Asked, case: Case) -> None:
    try:
        for statement in case.setup:
            asked(statement)
        answer(asked, case)
    except (DatabaseError, Different) as error:
        if case.enterprise and REFUSED_BY_EDITION.search(str(error)):
            raise NotRun(f"the account's edition refuses it: {error}") from error
        raise


def _listing(asked: Asked, case: Listing) -> None:
    for statement in metadata.SETUP:
        asked(statement)
    records = asked.warehouse.records(asked.here(case.sql).replace("{schema}", asked.name))
    wanted = [tuple(asked.name if value == "{schema}" else asked.here(value) for value in row) for row in case.rows]
    columns = [column.lower() for column in case.columns]
    if lacking := [column for column in columns if records and column not in records[0]]:
        raise Different(f"documented columns {', '.join(lacking)} are not there")
    found = [tuple(record[column] for column in columns) for record in records]
    if not agree(sorted(wanted, key=str), sorted(found, key=str)):
        raise Different(f"documented is {wanted!r}, found was {found!r}")


def _staged(asked: Asked, staged: stages.Staged) -> None:
    s3, inside = asked.site.s3, f"_certify/{asked.name.lower()}/"
    folder = f"raw/{inside}"
    body = staged.content.encode()
    key, lake = folder + staged.name, asked.site.lake
    lake.write(key, gzip.compress(body, 1) if staged.name.endswith(".gz") else body, "application/octet-stream")
    try:
        asked(f"CREATE STAGE LAKE URL = '{_raw_of(s3)}{inside}' STORAGE_INTEGRATION = S3_INTEGRATION")
        for statement in staged.case.setup:
            asked(statement)
        answer(asked, replace(staged.case, expected=in_folder(staged.case.expected, s3.key(folder))))
    finally:
        lake.delete([key])


def _raw_of(s3: S3Connection) -> str:
    """raw/ of the lake as a stage names it: government regions and China have schemes of their own."""
    partition = boto3.Session().get_partition_for_region(s3.region)
    return Account("", s3.bucket, role_arn=f"arn:{partition}:iam::0:role/none", lake_prefix=s3.prefix).lake_url


def in_folder(expected: Any, folder: str) -> Any:
    """A result with the key of the folder where the case's object lies."""
    if isinstance(expected, str):
        return expected.replace("{folder}", folder)
    if isinstance(expected, (list, tuple)):
        return type(expected)(in_folder(one, folder) for one in expected)
    return expected
