"""The local warehouse as a service of the platform."""

import http.client
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shopstream_platform.config.account_names import AccountNames
from shopstream_platform.config.connections import (
    EMBEDDED_ACCOUNT,
    S3Connection,
    SnowflakeConnection,
)
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import DamagedFile, read_json, write_json
from shopstream_platform.localsnow import COMPACTION, SERVER
from shopstream_platform.localsnow.credentials import FILE_NAME, S3Credentials
from shopstream_platform.services.process.ports import LOOPBACK
from shopstream_platform.services.process.service import Service, State

USER = "shopstream"


def _unlike(file: Path, login: dict[str, Any]) -> bool:
    try:
        return read_json(file) != login
    except DamagedFile:
        return True


class EmbeddedWarehouse(Service[SnowflakeConnection]):
    """A stand-in for Snowflake on 127.0.0.1 with a generated password, which loads from one object store."""

    name = "warehouse"

    def __init__(
        self, home: Path, object_store: Callable[[], S3Connection], *, port: int | None = None, memory: str = "640MB"
    ) -> None:
        """`object_store` is asked at each start, when its port is known."""
        super().__init__(home, port=port)
        self._object_store = object_store
        self._memory = memory

    def connection(self) -> SnowflakeConnection:
        """The whole account, as its administrator."""
        return SnowflakeConnection(
            account=EMBEDDED_ACCOUNT,
            user=USER,
            password=self.remembered("password"),
            role="ACCOUNTADMIN",
            warehouse=AccountNames().loading,
            host=LOOPBACK,
            port=self.remembered("ports", "port"),
            protocol="http",
        )

    def prepare(self, state: State) -> None:
        state.setdefault("password", secrets.token_urlsafe(24))
        write_json(self.folder / FILE_NAME, self._login(state, self._object_store()))

    def note_store(self, store: S3Connection) -> None:
        """Tell a warehouse that may run where the object store is now: one that lost its port or keys has others."""
        file, state = self.folder / FILE_NAME, self.state()
        if "password" in state and _unlike(file, login := self._login(state, store)):
            write_json(file, login)

    def _login(self, state: State, store: S3Connection) -> dict[str, Any]:
        s3 = S3Credentials(
            endpoint_url=store.endpoint_url,
            access_key_id=store.access_key_id,
            secret_access_key=store.secret_access_key,
            region=store.region,
        )
        return {"user": USER, "password": state["password"], "s3": asdict(s3)}

    def after_start(self, state: State) -> None:
        """Create schemas, stage and RAW tables by the statements that set up a Snowflake account."""
        # 40 ms, and a running warehouse needs no set-up.
        from shopstream_platform.provision.snowflake.account import Account, provision
        from shopstream_platform.stores.warehouse import open_session

        at = self.connection()
        with open_session(at) as session:
            provision(session, Account(at.database, self._object_store().bucket))

    def command(self, state: State) -> list[str]:
        place = ["--root", str(self.folder), "--port", str(state["ports"]["port"])]
        return [sys.executable, "-m", SERVER, *place, "--memory-limit", self._memory]

    def start_error(self, what: str, log: str) -> ShopStreamError:
        if found := re.search(r"^(/.*) cannot be read as a database: (.*)\.$", log, re.MULTILINE):
            return ShopStreamError(
                f"The embedded warehouse's file {found[1]} is damaged ({found[2]}): put back a backup of {self.data}, "
                f"or move {self.data} away and run `shopstream refresh`, which loads everything again; the history of "
                "users and products then begins anew."
            )
        return super().start_error(what, log)

    def environment(self) -> dict[str, str]:
        # Downloads of eight threads at once leave glibc's arenas, one a thread, half empty for good.
        return super().environment() | {"MALLOC_ARENA_MAX": "2"}

    def compact(self) -> None:
        """Write the databases' files anew, without what was deleted; the server starts again."""
        self.stop()
        with self._exclusively():
            if self.running():
                raise ShopStreamError(f"{self.name} in {self.folder} was started meanwhile: run the command again.")
            command = [sys.executable, "-m", COMPACTION, "--root", str(self.folder)]
            done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
            if done.returncode:
                raise self.start_error("could not write its files anew", done.stderr)
        self.start()

    def is_ready(self, state: State) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, state["ports"]["port"], timeout=5)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()
