"""The server: login, who may talk to it, what it may reach, and how it ends."""

import http.client
import json
import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snowflake.connector.errors import DatabaseError, ProgrammingError

from shopstream_platform.localsnow.http import Warehouse
from shopstream_platform_tests.localsnow.integration.conftest import DATABASE, PASSWORD, Server, Sql


@pytest.fixture
def own_server(tmp_path: Path):
    server = Server(tmp_path / "root").start()
    yield server
    if server.process and server.process.poll() is None:
        server.process.kill()
        server.process.wait()


@pytest.mark.parametrize("login", [{"password": "wrong"}, {"user": "nobody"}, {"password": PASSWORD + " "}])
def test_a_wrong_login_is_refused_at_once(server: Server, login: dict[str, str]) -> None:
    began = time.monotonic()
    with pytest.raises(DatabaseError, match="Incorrect username or password") as caught:
        server.connect(**login)
    assert caught.value.errno == 390100
    # The connector tries again for minutes, if it may.
    assert time.monotonic() - began < 20


def request(
    server: Server, method: str, path: str, headers: dict[str, str], body: str | None = None
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@pytest.mark.parametrize("host", ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}"])
def test_a_foreign_host_header_is_refused(server: Server, host: str) -> None:
    assert request(server, "GET", "/ready", {"Host": host.format(port=server.port)})[0] == 403


def test_localhost_is_a_name_of_the_server(server: Server) -> None:
    assert request(server, "GET", "/ready", {"Host": f"localhost:{server.port}"})[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/queries/v1/query-request"),
        ("POST", "/queries/v1/abort-request"),
        ("POST", "/session?delete=true"),
        ("POST", "/session/heartbeat"),
        ("GET", "/queries/x/result"),
    ],
)
@pytest.mark.parametrize("token", [None, 'Snowflake Token="wrong"', ""])
def test_every_request_needs_a_token(server: Server, method: str, path: str, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": token}
    status, body = request(server, method, path, headers, json.dumps({"sqlText": "SELECT 1"}))
    assert status == 401
    assert json.loads(body)["success"] is False


def test_uploads_have_no_route(server: Server, sql: Sql) -> None:
    """Upstream lets anybody write files."""
    headers = {"Authorization": f'Snowflake Token="{sql.connection.rest.token}"'}
    assert request(server, "PUT", "/fs_bucket/x", headers, "x")[0] == 404


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('{root}/credentials.json')",
        "SELECT * FROM read_text('{root}/data/../credentials.json')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM '/etc/passwd'",
        "ATTACH '/tmp/x.db' AS x",
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "COPY t FROM '/etc/passwd'",
        "COPY INTO @stage FROM t",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "EXPORT DATABASE '/tmp/x'",
        'CREATE DATABASE "../x"',
        'CREATE DATABASE "x\' AS y; --"',
        "CREATE SECRET s (TYPE s3)",
        "CREATE MACRO m() AS 1",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_parquet('s3://bucket/x')",
    ],
)
def test_sql_reaches_nothing_outside(sql: Sql, server: Server, statement: str) -> None:
    sql.fails(statement.format(root=server.root))
    assert not Path("/tmp/x.csv").exists()


def test_settings_of_duckdb_are_locked(sql: Sql) -> None:
    sql("SET enable_external_access = TRUE")  # a Snowflake variable, nothing else
    sql.fails("SELECT * FROM read_text('/etc/passwd')")


def test_files_are_private(server: Server) -> None:
    assert stat.S_IMODE(server.root.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.root / "data").stat().st_mode) == 0o700


def test_credentials_that_others_can_read_are_refused(own_server: Server) -> None:
    own_server.stop()
    (own_server.root / "credentials.json").chmod(0o644)
    with pytest.raises(AssertionError, match="can be read by other users"):
        own_server.start()


def test_an_unexpected_failure_is_a_sql_error(sql: Sql) -> None:
    """Upstream answers HTTP 500, on which the connector tries again for minutes."""
    began = time.monotonic()
    for statement in (
        "SELECT FROM WHERE",
        "SELECT no_such_function(1)",
        "SHOW NO_SUCH_THINGS",
        "SELECT 'x'::INT",
    ):
        sql.fails(statement)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_restart_keeps_everything(own_server: Server, number: signal.Signals) -> None:
    with own_server.connect() as connection:
        run = connection.cursor().execute
        run("CREATE DATABASE KEPT")
        run(
            "CREATE TABLE KEPT.PUBLIC.T (a VARCHAR(5) COMMENT 'it''s a', made TIMESTAMP_NTZ DEFAULT SYSDATE())"
            " COMMENT = 'a table'"
        )
        run("INSERT INTO KEPT.PUBLIC.T (a) VALUES ('x')")
        run("CREATE STAGE KEPT.PUBLIC.S URL = 's3://bucket/raw/'")
    assert own_server.process
    own_server.process.send_signal(number)
    assert own_server.process.wait(20) == 0
    own_server.start()
    with own_server.connect(database="KEPT", schema="PUBLIC") as connection:
        sql = Sql(connection)
        assert sql("SELECT a, made IS NOT NULL FROM t") == [("x", True)]
        assert sql.one("SELECT comment FROM INFORMATION_SCHEMA.TABLES WHERE table_name = 'T'") == "a table"
        assert [row[:2] for row in sql("DESCRIBE TABLE t")] == [("A", "VARCHAR(5)"), ("MADE", "TIMESTAMP_NTZ(9)")]
        assert len(sql("SHOW STAGES")) == 1


def test_kill_keeps_committed_rows_and_drops_open_ones(own_server: Server) -> None:
    with own_server.connect() as connection:
        connection.cursor().execute("CREATE DATABASE KEPT")
    committed, opened = (
        own_server.connect(database="KEPT", schema="PUBLIC"),
        own_server.connect(database="KEPT", schema="PUBLIC"),
    )
    Sql(committed)("CREATE TABLE t AS SELECT 1 AS a")
    Sql(opened)("BEGIN")
    Sql(opened)("INSERT INTO t VALUES (2)")
    Sql(committed)("INSERT INTO t VALUES (3)")
    assert own_server.process
    os.kill(own_server.process.pid, signal.SIGKILL)
    own_server.process.wait()
    own_server.start()
    with own_server.connect(database="KEPT", schema="PUBLIC") as connection:
        assert sorted(Sql(connection)("SELECT a FROM t")) == [(1,), (3,)]


def test_a_dropped_database_stays_dropped(own_server: Server) -> None:
    with own_server.connect() as connection:
        run = connection.cursor().execute
        run("CREATE DATABASE GONE")
        run("DROP DATABASE GONE")
        run("DROP DATABASE IF EXISTS GONE")
    own_server.stop()
    own_server.start()
    with own_server.connect() as connection:
        assert "GONE" not in [row[1] for row in Sql(connection)("SHOW DATABASES")]


SLOW = "SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 100000)) a, TABLE(GENERATOR(ROWCOUNT => {})) b"


@pytest.fixture(scope="module")
def impatient_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """It says after 0.2 s that a statement still runs; another session holds the table T."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SHOPSTREAM_WAREHOUSE_PATIENCE_SECONDS", "0.2")
        environment.setenv("SHOPSTREAM_WAREHOUSE_IDLE_SECONDS", "300")
        server = Server(tmp_path_factory.mktemp("impatient") / "root").start()
    holder = Sql(server.connect(database=None))
    holder("CREATE DATABASE D")
    holder("CREATE TABLE D.PUBLIC.T AS SELECT 1 AS a")
    holder("BEGIN")
    holder("UPDATE D.PUBLIC.T SET a = 2")
    yield server
    assert server.stop() == 0


@pytest.fixture
def impatient(impatient_server: Server) -> Iterator[Sql]:
    with impatient_server.connect(database="D", schema="PUBLIC") as connection:
        yield Sql(connection)


def codes(sql: Sql, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """What the server answers to the next requests of the connection."""
    found: list[str | None] = []
    fetch = sql.connection.rest.fetch

    def noting(*arguments: Any, **named: Any) -> Any:
        answer = fetch(*arguments, **named)
        found.append(answer.get("code"))
        return answer

    monkeypatch.setattr(sql.connection.rest, "fetch", noting)
    return found


def test_a_long_statement_is_asked_for_again_and_again(impatient: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient("ALTER SESSION SET LOCK_TIMEOUT = 1")
    answers = codes(impatient, monkeypatch)
    impatient.fails("UPDATE t SET a = 3", "LOCK_TIMEOUT = 1 second")
    assert answers[:3] == ["333333", "333334", "333334"]
    assert set(answers[1:-1]) == {"333334"}
    assert answers[-1] == "000625"


@pytest.mark.parametrize(
    "statement", [f"{SLOW.format(1_000_000)} WHERE a.range * b.range % 7 = 3", "UPDATE t SET a = 3"]
)
def test_a_statement_timeout_also_counts_the_wait_for_a_lock(impatient: Sql, statement: str) -> None:
    impatient("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 1")
    error = impatient.fails(statement, r"Statement reached its statement or warehouse timeout of 1 second\(s\)")
    assert (error.errno, error.sqlstate) == (630, "57014")
    assert impatient.one("SELECT 1") == 1


@pytest.mark.parametrize(
    "statement", [f"{SLOW.format(1_000_000)} WHERE a.range * b.range % 7 = 3", "UPDATE t SET a = 3"]
)
def test_a_client_may_cancel_its_statement(impatient: Sql, statement: str) -> None:
    """By the connector's own timer, which sends an abort-request."""
    cursor = impatient.connection.cursor()
    with pytest.raises(ProgrammingError, match="SQL execution canceled") as caught:
        cursor.execute(statement, timeout=1)
    assert (caught.value.errno, caught.value.sqlstate) == (604, "57014")
    assert impatient.one("SELECT 1") == 1


def test_an_abort_of_a_statement_that_has_ended_stops_nothing(server: Server, sql: Sql) -> None:
    sql.one("SELECT 1")
    headers = {"Authorization": f'Snowflake Token="{sql.connection.rest.token}"', "Content-Type": "application/json"}
    body = json.dumps({"sqlText": "SELECT 1", "requestId": "00000000-0000-0000-0000-00000000a9a2"})
    assert request(server, "POST", "/queries/v1/abort-request", headers, body)[0] == 200
    assert sql.one(SLOW.format(10)) == 1_000_000


def test_sessions_of_clients_that_went_away_end() -> None:
    """https://docs.snowflake.com/en/user-guide/session-policies"""
    ended: list[str] = []

    def session(name: str, hours: float) -> SimpleNamespace:
        last_used = time.monotonic() - hours * 3600
        return SimpleNamespace(last_used=last_used, lock=threading.Lock(), end=lambda: ended.append(name))

    busy = session("busy", 5)
    busy.lock.acquire()
    sessions: Any = {"gone": session("gone", 4.1), "idle": session("idle", 3.9), "busy": busy}
    warehouse = Warehouse(Any, Any, Any, sessions)  # pyright: ignore[reportArgumentType]
    warehouse.end_unused()
    assert ended == ["gone"]
    assert set(warehouse.sessions) == {"idle", "busy"}


def test_a_server_leaves_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    """Upstream makes a folder there at every import."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TMPDIR", str(temporary))
        server = Server(tmp_path / "root").start()
    assert server.stop() == 0
    assert list(temporary.iterdir()) == []


def test_a_request_that_comes_again_is_answered_again_and_runs_once(server: Server, sql: Sql) -> None:
    """So does a client whose answer was lost on the way."""
    sql("CREATE TABLE again (a INT)")
    headers = {"Authorization": f'Snowflake Token="{sql.connection.rest.token}"', "Content-Type": "application/json"}
    path = "/queries/v1/query-request?requestId=00000000-0000-0000-0000-00000000a9a1"
    body = json.dumps({"sqlText": "INSERT INTO again VALUES (1)"})
    first, second = (request(server, "POST", path, headers, body) for _ in range(2))
    assert first[0] == 200
    assert first == second
    assert sql("SELECT COUNT(*) FROM again") == [(1,)]


@pytest.mark.parametrize("name", ["catalogue.duckdb", f"{DATABASE}.db"])
@pytest.mark.parametrize("kept", [0, 10, 5000])
def test_a_damaged_database_is_said_in_one_line_that_names_its_file(own_server: Server, name: str, kept: int) -> None:
    own_server.connect().cursor().execute(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
    assert own_server.stop() == 0
    file = own_server.root / "data" / name
    file.write_bytes(b"junk" * 3 + file.read_bytes()[:kept])
    log = own_server.root / "server.log"
    log.write_text("")
    with pytest.raises(AssertionError):
        own_server.start()
    (line,) = log.read_text().splitlines()
    assert line.startswith(f"{file} cannot be read as a database: ")
    assert line.endswith(".")
