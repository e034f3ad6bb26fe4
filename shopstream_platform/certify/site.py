"""Where a certification works: its namespace's connections, and the platform's own commands in it."""

import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection

from shopstream_platform.certify.namespace import Namespace
from shopstream_platform.certify.outcome import Different
from shopstream_platform.config.connections import SNOWFLAKE_VARIABLES, S3Connection, SnowflakeConnection
from shopstream_platform.config.load import known_variables
from shopstream_platform.config.login import PARTS
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.postgres import connect
from shopstream_platform.stores.warehouse import Warehouse, open_session
from shopstream_platform.stores.warehouse_errors import translated

DAYS = 5
SCALE = "0.1"
SEED = "42"
TIMEOUT_SECONDS = 1800
LINES_OF_A_FAILURE = 4


@dataclass(frozen=True)
class Target:
    """Somebody's account, by an administrator's login without its role, and their bucket."""

    snowflake: SnowflakeConnection
    s3: S3Connection


@dataclass(frozen=True)
class Site:
    """A namespace in an account, or without a target on embedded services; `rows` are those of the large load."""

    space: Namespace
    target: Target | None
    rows: int
    _kept: ExitStack = field(default_factory=ExitStack, compare=False, repr=False)

    @property
    def embedded(self) -> bool:
        """Whether there is no account."""
        return self.target is None

    @cached_property
    def zone(self) -> str:
        """A time zone in which it is about noon, so that no day ends meanwhile."""
        return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"

    @cached_property
    def start(self) -> date:
        """The first partition."""
        return datetime.now(ZoneInfo(self.zone)).date() - timedelta(days=DAYS)

    @property
    def newest(self) -> date:
        """The last partition."""
        return self.start + timedelta(days=DAYS - 1)

    @property
    def administrator(self) -> SnowflakeConnection:
        """The login that sets up and removes; on embedded services the only one."""
        if self.target is None:
            return embedded.ensure_warehouse(self.space.home)
        names = self.space.names
        return replace(self.target.snowflake, role=None, prefix=names.prefix, database=names.database)

    @property
    def platform(self) -> SnowflakeConnection:
        """The platform's own login: the service user by its key."""
        if self.target is None:
            return self.administrator
        names = self.space.names
        nothing: dict[str, Any] = dict.fromkeys(PARTS)
        own = {"user": names.service_user, "role": names.platform, "transform_role": names.transformer}
        return replace(self.administrator, **(nothing | own | {"private_key_path": str(self.key_file)}))

    @property
    def key_file(self) -> Path:
        """The service user's private key."""
        return self.space.home / "keys" / "snowflake_service.p8"

    @property
    def s3(self) -> S3Connection:
        """The namespace's lake."""
        if self.target is None:
            return embedded.ensure_object_store(self.space.home)
        return replace(self.target.s3, prefix=self.space.lake_prefix)

    @property
    def lake(self) -> Lake:
        """Its objects."""
        return Lake(self.s3)

    def session(self) -> AbstractContextManager[Warehouse]:
        """A session of the platform; on embedded services the only kind there is."""
        return open_session(self.platform)

    def as_role(self, role: str, warehouse: str | None = None) -> Warehouse:
        """The administrator's session in one role, without secondary ones, on a virtual warehouse if one is named.

        It is one for the whole run: a second factor or a browser is asked for once.
        """
        with translated():
            session = self._administrators
            session.execute(f"USE ROLE {role}")
            session.execute("USE SECONDARY ROLES NONE")
            if warehouse:
                session.execute(f"USE WAREHOUSE {warehouse}")
        return session

    @cached_property
    def _administrators(self) -> Warehouse:
        return self._kept.enter_context(open_session(self.administrator))

    def close(self) -> None:
        """End the administrator's session."""
        self._kept.close()
        self.__dict__.pop("_administrators", None)

    def source(self) -> AbstractContextManager[Connection]:
        """The source; what the block did is committed at its end."""
        return connect(embedded.ensure_postgres(self.space.home).dsn)

    def environment(self) -> dict[str, str]:
        """The variables of a process in the namespace. An empty one is not looked for in an .env file."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOPSTREAM_")}
        none = dict.fromkeys([*known_variables(), *SNOWFLAKE_VARIABLES.values()], "")
        return kept | none | self._own() | (self._of_the_account() if self.target else {})

    def _own(self) -> dict[str, str]:
        return {
            "SHOPSTREAM_HOME": str(self.space.home),
            "SHOPSTREAM_ENV": "local",
            "SHOPSTREAM_SOURCE": "simulated",
            "SHOPSTREAM_SCALE": SCALE,
            "SHOPSTREAM_SEED": SEED,
            "SHOPSTREAM_START_DATE": str(self.start),
            "SHOPSTREAM_SOURCE_TIMEZONE": self.zone,
            # What a running day holds depends on the hour of the certification.
            "SHOPSTREAM_INCLUDE_TODAY": "false",
            "DAGSTER_HOME": "",
            "DAGSTER_DISABLE_TELEMETRY": "yes",
            "NO_COLOR": "1",
        }

    def _of_the_account(self) -> dict[str, str]:
        lake = {"SHOPSTREAM_S3_BUCKET": self.s3.bucket, "SHOPSTREAM_S3_PREFIX": self.s3.prefix}
        return lake | {"AWS_REGION": self.s3.region} | self.platform.environment()

    def start_command(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        """A `shopstream` command as a user runs it, in a process group of its own."""
        command = [sys.executable, "-m", "shopstream_platform.certify.child", *arguments]
        return self.start_program(command, self.environment() | variables)

    def start_program(self, command: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
        """Any program in a process group of its own; its output is one stream."""
        return subprocess.Popen(  # noqa: S603 - programs of this installation
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def command(self, *arguments: str, **variables: str) -> str:
        """Run a command to its end; what it printed. Different if it fails."""
        return finish(self.start_command(*arguments, **variables), f"shopstream {' '.join(arguments)}")


def finish(process: "subprocess.Popen[str]", what: str) -> str:
    """What a program printed. Different if it fails or does not end; it is never left behind."""
    try:
        said, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise Different(f"`{what}` did not end within {TIMEOUT_SECONDS} s") from None
    finally:
        kill(process)
    if process.returncode:
        lines = [line for line in said.splitlines() if line.strip()]
        found = [line for line in lines if line.startswith("error")] or lines
        raise Different(f"`{what}` ended with {process.returncode}: {' | '.join(found[-LINES_OF_A_FAILURE:])}")
    return said


def kill(process: "subprocess.Popen[str]") -> None:
    """SIGKILL to a program and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
