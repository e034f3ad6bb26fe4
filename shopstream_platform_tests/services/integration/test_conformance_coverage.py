"""Whatever SQL the platform sends to the local warehouse has a case in its conformance suite."""

import ast
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain

import pytest

from shopstream_platform.certify.cases import metadata, stages, statements
from shopstream_platform.certify.conformance import QUERIES
from shopstream_platform.config.settings import CHECKOUT
from shopstream_platform.contract.chunks import Keys
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.raw import raw_ddl
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.dbt.project import EXECUTABLE, PROFILES_DIR, PROJECT_DIR
from shopstream_platform.pipeline.housekeeping.load_log import drop_superseded
from shopstream_platform.pipeline.load import sql as load
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.provision.snowflake.account import statements as provision
from shopstream_platform_tests.dbt.integration.dbt_command import LOG_IN_JSON, Sent, sent
from shopstream_platform_tests.fixtures import every_type
from shopstream_platform_tests.localsnow.integration.conformance.features import features, features_of
from shopstream_platform_tests.localsnow.integration.conftest import DATABASE, PASSWORD, USER, Server

CASES = [*chain(*QUERIES.values()), *statements.CASES]
STATEMENT = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER|DROP|USE|SHOW|LIST) \S")
# Rooms whose SQL stands in the code as it is sent; modules of these names send theirs to PostgreSQL alone.
SENDERS = ("cli", "diff", "pipeline/feed", "pipeline/forget", "pipeline/refresh", "serving/render", "stores")
TO_THE_SOURCE = (
    *("postgres", "source"),
    # The change feed's.
    *("commits", "feed", "glance", "open", "publication", "served", "shape", "slot", "status"),
)
DAYS = Days(date(2026, 1, 1), date(2026, 1, 2), start=date(2026, 1, 1))


def covered() -> set[str]:
    """The features of all cases that hold."""
    own = (text for case in CASES if not case.differs for text in (*case.setup, case.sql))
    listings = (case.sql.replace("{schema}", "s") for case in metadata.CASES if not case.differs)
    return features_of([*own, *stages.ALL, *listings, metadata.SCHEMAS])


def of_the_loader() -> Iterator[str]:
    yield from provision(Account(DATABASE, "lake"))
    yield from raw_ddl(every_type.TABLES)
    for table in (*TABLES, *every_type.TABLES):
        yield load.take_lock(table).replace("%s", "'run'")
        for days in (None, DAYS):
            yield load.delete_range(table, days)
            yield load.reconcile(table, days)
        if table.integer_key:
            yield load.delete_but(table, [Keys(0, 10), Keys(20, 30)])
            yield load.reconcile_but(table, [Keys(0, 10), Keys(20, 30)])
    yield drop_superseded(timedelta(days=30))
    yield load.insert_log().replace("%s", "NULL")
    for table in (*TABLES, *every_type.TABLES):
        yield load.copy_into(table, ["raw/x/2026-01-01/x.csv.gz"])
    yield load.current_loads()


def in_the_code() -> Iterator[str]:
    """Statements that stand in the code as they are; what is filled in becomes a name."""
    modules = [path for room in SENDERS for path in (CHECKOUT / "shopstream_platform" / room).rglob("*.py")]
    for module in sorted(path for path in modules if not path.name.startswith(TO_THE_SOURCE)):
        nodes = list(ast.walk(ast.parse(module.read_text("utf-8"))))
        inner = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in (node for node in nodes if id(node) not in inner):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts)
            if STATEMENT.match(text):
                yield text.replace("%s", "NULL")


def test_every_statement_of_the_platform_has_a_case() -> None:
    found = list(in_the_code())
    assert {"SELECT", "LIST", "DELETE"} <= {text.split()[0] for text in found}
    assert features_of([*of_the_loader(), *found]) - covered() == set()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("warehouse") / "root").start()
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def sent_by_dbt(server: Server, tmp_path_factory: pytest.TempPathFactory) -> list[Sent]:
    """Everything that two builds of the project send: the first one, and an incremental one."""
    folder = tmp_path_factory.mktemp("dbt")
    with server.connect() as connection:
        for statement in provision(Account(DATABASE, "lake")):
            connection.cursor().execute(statement)
    where = {"ACCOUNT": "local", "USER": USER, "PASSWORD": PASSWORD, "HOST": "127.0.0.1", "PROTOCOL": "http"}
    environment = os.environ | {f"SNOWFLAKE_{name}": value for name, value in where.items()}
    environment |= {
        "SNOWFLAKE_PORT": str(server.port),
        "SNOWFLAKE_ROLE": "ACCOUNTADMIN",
        "SNOWFLAKE_DATABASE": DATABASE,
        "SHOPSTREAM_MASK_PII": "true",
    }
    environment |= LOG_IN_JSON
    log = ["--log-path", str(folder), "--target-path", str(folder / "target")]
    place = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROFILES_DIR)]
    for _ in range(2):
        command = [str(EXECUTABLE), "--quiet", "build", *place, *log]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:]
    return sent(folder / "dbt.log")


@pytest.mark.slow
def test_everything_that_dbt_sends_has_a_case(sent_by_dbt: list[Sent]) -> None:
    known = covered()
    missing = {(one.node, name) for one in sent_by_dbt for name in features(one.sql) - known}
    assert missing == set()


@pytest.mark.slow
def test_dbt_masks_the_personal_columns_of_every_table_it_replaces(sent_by_dbt: list[Sent]) -> None:
    masked = re.compile(r"alter table \S+?\.(\w+) modify column (\w+) set masking policy", re.IGNORECASE)
    found = [match.groups() for one in sent_by_dbt if (match := masked.search(one.sql))]
    names = ("email", "first_name", "last_name")
    snapshot = {("snap_users", name) for name in names}
    assert set(found) == snapshot | {("dim_customers", name) for name in (*names, "full_name")}
    assert all(found.count(one) == 2 for one in found), "set again by the second build"
