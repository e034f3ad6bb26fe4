"""Dagster's web server on an empty instance: its own command, and the guarded one."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopstream_platform.guard.keys import Keys

PROGRAMS = Path(sys.executable).parent
START_SECONDS, STOP_SECONDS = 90, 20
LIMITS = "{ instance { concurrencyLimits { concurrencyKey } } }"


@dataclass(frozen=True)
class WebServer:
    """A running one; without keys it is Dagster's own, which asks for no login."""

    port: int
    keys: Keys | None

    @property
    def host(self) -> str:
        """Its Host header."""
        return f"127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """Where a user opens it."""
        return f"http://{self.host}/" + (f"?token={self.keys.new_ticket()}" if self.keys else "")

    @property
    def login(self) -> dict[str, str]:
        """What a browser that is logged in sends along."""
        return {"Cookie": f"shopstream-{self.port}={self.keys.cookie(self.port)}"} if self.keys else {}

    def ask(self, query: str) -> dict[str, Any]:
        """GraphQL as a script asks it."""
        headers = {"Content-Type": "application/json"}
        if self.keys:
            headers["Authorization"] = f"Bearer {self.keys.secret}"
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(f"http://{self.host}/graphql", body, headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def limits(self) -> set[str]:
        """The names in which an attack leaves its mark."""
        found = self.ask(LIMITS)["data"]["instance"]["concurrencyLimits"]
        return {limit["concurrencyKey"] for limit in found}


def mutation(mark: str) -> str:
    """Something that changes the instance and can be seen afterwards."""
    return f'mutation {{ setConcurrencyLimit(concurrencyKey: "{mark}", limit: 1) }}'


@contextmanager
def running(folder: Path, *options: str, guarded: bool = True) -> Iterator[WebServer]:
    """A server of an instance in the folder."""
    home, workspace = folder / "dagster", folder / "workspace.yaml"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    workspace.write_text("load_from: []\n")
    port = _free_port()
    program = ["shopstream", "webserver"] if guarded else ["dagster-webserver"]
    command = [str(PROGRAMS / program[0]), *program[1:], "--port", str(port), "-w", str(workspace), *options]
    keys = Keys.of(folder / "home" / "ui") if guarded and "--no-token" not in options else None
    variables = {"DAGSTER_HOME": str(home), "SHOPSTREAM_HOME": str(folder / "home")}
    with _process(command, variables, folder / "log") as process:
        server = WebServer(port, keys)
        _wait(server, process, folder / "log")
        yield server


@contextmanager
def _process(command: Sequence[str], variables: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(server: WebServer, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.limits()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
