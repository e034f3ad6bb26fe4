"""Every case two times in one server: the second answer comes from a plan that was kept, and has to be as right."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from snowflake.connector.errors import DatabaseError

from shopstream_platform.certify.cases import metadata, stages, statements
from shopstream_platform.certify.cases.case import Case, Error
from shopstream_platform.localsnow import plans
from shopstream_platform.localsnow.upstream import parse_one
from shopstream_platform_tests.localsnow.integration.conformance.test_metadata import test_listing as listing
from shopstream_platform_tests.localsnow.integration.conformance.test_queries import CASES as QUERIES
from shopstream_platform_tests.localsnow.integration.conformance.test_queries import test_query as query
from shopstream_platform_tests.localsnow.integration.conformance.test_stages import test_copy as copy
from shopstream_platform_tests.localsnow.integration.conformance.test_statements import test_statement as statement
from shopstream_platform_tests.localsnow.integration.conftest import BUCKET, DATABASE, KEYS, Lake, Server, Sql

COUNTS = re.compile(r"Plans of statements: (\d+) were made, (\d+) are kept, (\d+) times one was used again")


def test_every_case_twice(tmp_path: Path, s3_endpoint: str) -> None:
    server = Server(tmp_path / "root", {"endpoint_url": s3_endpoint, **KEYS}).start()
    try:
        with server.connect() as connection:
            connection.cursor().execute(f"CREATE DATABASE {DATABASE}")
        first, second = (list(wrong(server, s3_endpoint, turn)) for turn in (1, 2))
    finally:
        assert server.stop() == 0
    assert first == second == []
    made, kept, used = counts(server)
    assert made == kept, "a plan was made once, so the second time it was there"
    assert used >= sum(map(lasts, QUERIES))


def counts(server: Server) -> tuple[int, int, int]:
    """How many plans a server, which has ended, made and kept, and how often one was used again."""
    found = COUNTS.search((server.root / "server.log").read_text())
    assert found
    made, kept, used = map(int, found.groups())
    return made, kept, used


def lasts(case: Case) -> bool:
    """Whether a plan of its statement is kept."""
    return not case.differs and not isinstance(case.expected, Error) and plans.lasts(parse_one(case.sql))


def wrong(server: Server, endpoint: str, turn: int) -> Iterator[str]:
    """What does not answer as documented, or does so though it is known to differ."""
    with in_schema(server, "CONFORMANCE") as sql:
        for text in dict.fromkeys(text for case in QUERIES for text in case.setup):
            sql(text)
        for case in QUERIES:
            yield from unexpected(case.sql, case.differs, partial(query, sql, case))
    for number, case in enumerate(statements.CASES):
        with in_schema(server, f"STATEMENTS_{number}") as sql:
            yield from unexpected(case.sql, case.differs, partial(statement, sql, case))
    for number, case in enumerate(metadata.CASES):
        with in_schema(server, f"METADATA_{number}") as sql:
            yield from unexpected(case.sql, case.differs, partial(listing, sql, f"METADATA_{number}", case))
    for number, staged in enumerate(stages.CASES):
        # Stages and formats outlive their schema here.
        with in_schema(server, f"STAGES_{turn}_{number}") as sql:
            lake = Lake(endpoint, f"raw/twice_{number}")
            place = f"URL = 's3://{BUCKET}/{lake.prefix}/' STORAGE_INTEGRATION = S3_INTEGRATION"
            sql(f"CREATE STAGE LAKE {place}")
            yield from unexpected(staged.case.sql, staged.case.differs, partial(copy, sql, lake, staged))


@contextmanager
def in_schema(server: Server, name: str) -> Iterator[Sql]:
    with server.connect() as connection:
        sql = Sql(connection)
        sql(f"CREATE OR REPLACE SCHEMA {DATABASE}.{name}")
        yield sql
        sql("ROLLBACK")
        sql(f"DROP SCHEMA IF EXISTS {DATABASE}.{name}")


def unexpected(text: str, differs: str, test: Callable[[], None]) -> Iterator[str]:
    try:
        test()
    except (AssertionError, DatabaseError) as error:
        if not differs:
            yield f"{text}: {error}"
    else:
        if differs:
            yield f"{text}: is as documented, though: {differs}"
