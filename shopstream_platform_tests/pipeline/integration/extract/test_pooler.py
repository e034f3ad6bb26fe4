"""A source behind pgbouncer as it is installed: it refuses startup options, and shares the server's sessions."""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.stores.postgres import SESSION, connect, snapshot, snapshots
from shopstream_platform_tests.fixtures.pipeline import Pipeline
from shopstream_platform_tests.fixtures.ports import closed_port
from shopstream_platform_tests.services.integration.conftest import open_folder  # noqa: F401

PROGRAM = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
pytestmark = pytest.mark.skipif(not Path(PROGRAM).exists(), reason="pgbouncer is not installed")

Pool = Callable[[str], str]


@pytest.fixture
def pool(pipeline: Pipeline, open_folder: Path) -> Iterator[Pool]:  # noqa: F811
    """The connection string of the pipeline's source through a pgbouncer with default settings, in a pool mode."""
    started: list[subprocess.Popen[bytes]] = []

    def start(mode: str) -> str:
        server = parse_dsn(pipeline.dsn)
        port = closed_port()
        (open_folder / "users.txt").write_text(f'"{server["user"]}" "{server["password"]}"\n')
        login = f"user={server['user']} password={server['password']}"
        (open_folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={server['host']} port={server['port']} {login}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\npool_mode = {mode}\n"
            f"auth_type = plain\nauth_file = {open_folder}/users.txt\n"
        )
        root = os.geteuid() == 0
        user = {"user": (nobody := pwd.getpwnam("nobody")).pw_uid, "group": nobody.pw_gid} if root else {}
        log = (open_folder / "log").open("wb")
        started.append(subprocess.Popen([PROGRAM, open_folder / "pgbouncer.ini"], stdout=log, stderr=log, **user))
        dsn = make_dsn(host="127.0.0.1", port=port, **{key: server[key] for key in ("user", "password", "dbname")})
        _wait_for(dsn)
        return dsn

    yield start
    for process in started:
        process.terminate()
        process.wait()


def _wait_for(dsn: str) -> None:
    for _ in range(100):
        try:
            return psycopg2.connect(dsn).close()
        except psycopg2.OperationalError:
            time.sleep(0.05)
    raise AssertionError("pgbouncer does not answer")


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_a_snapshot_has_its_settings_and_leaves_none_behind(mode: str, pool: Pool) -> None:
    dsn = pool(mode)
    with snapshot(dsn) as conn, conn.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in SESSION))
        assert cursor.fetchone() == tuple(SESSION.values())
        cursor.execute(
            "SELECT '2026-01-02 03:04:05'::timestamp::text, 0.1::float8::text, current_setting('transaction_isolation')"
        )
        assert cursor.fetchone() == ("2026-01-02 03:04:05", "0.1", "repeatable read")
    # The pooler gives the server's session to somebody else.
    with connect(dsn) as conn, conn.cursor() as cursor:
        conn.rollback()
        cursor.execute("SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('DateStyle')")
        assert cursor.fetchone() == ("0", "ISO, MDY")


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_connections_share_a_snapshot(mode: str, pool: Pool) -> None:
    seen = "SELECT count(*), pg_current_snapshot()::text FROM users"
    warnings: list[str] = []
    dsn = pool(mode)
    with snapshots(dsn, 2, warnings.append) as (first, second):
        with connect(dsn) as writer, writer.cursor() as cursor:
            cursor.execute("INSERT INTO users (email) VALUES ('later@example.org')")
        found = []
        for conn in (first, second):
            with conn.cursor() as cursor:
                cursor.execute(seen)
                found.append(cursor.fetchone())
    assert [rows for rows, _ in found] == [0, 0]
    assert found[0] == found[1]
    assert warnings == []
    with connect(dsn) as reader, reader.cursor() as cursor:
        cursor.execute(seen)
        assert (cursor.fetchone() or (0,))[0] == 1


def test_options_that_the_pooler_refuses(pool: Pool) -> None:
    dsn = make_dsn(pool("session"), options="-c search_path=shop")
    with pytest.raises(ShopStreamError, match=r"unsupported startup parameter.*ALTER ROLE") as caught, connect(dsn):
        pass
    assert not isinstance(caught.value, TransientError)
