"""The semantic model in Microsoft's own tabular engine: it reads every object, and would write the same files.

The engine is in Microsoft's preview of its modeling server, under a licence that each user accepts alone: install
`@microsoft/powerbi-modeling-mcp` with npm and name its program in SHOPSTREAM_TEST_TABULAR_ENGINE.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform.pbip.check.reading import read_model
from shopstream_platform.serving.power_bi.build import declared

MODEL_FOLDER = declared().semantic_model
PROGRAM = os.environ.get("SHOPSTREAM_TEST_TABULAR_ENGINE")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="SHOPSTREAM_TEST_TABULAR_ENGINE names no program"),
]


class Server:
    """The modeling server, spoken to by JSON-RPC on its standard input and output."""

    def __init__(self) -> None:
        # Without ICU, which a bare machine lacks.
        environment = os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        self.process = subprocess.Popen(
            [str(PROGRAM), "--start", "--skipconfirmation"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        client = {"name": "tests", "version": "1"}
        self._call("initialize", {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": client})
        self._send({"method": "notifications/initialized"})

    def ask(self, tool: str, **request: str) -> dict[str, Any]:
        """The answer of a tool; what it says if it refuses."""
        answer = self._call("tools/call", {"name": tool, "arguments": {"request": request}})["result"]
        return json.loads(answer["content"][0]["text"]) if not answer.get("isError") else {"error": str(answer)}

    def _call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._send({"id": 1, "method": method, "params": parameters})
        assert self.process.stdout
        while answer := json.loads(self.process.stdout.readline()):
            if answer.get("id") == 1:
                break
        return answer

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.process.kill()
    server.process.wait()


def test_it_reads_every_object_and_writes_the_same_files(project: Path, server: Server, tmp_path: Path) -> None:
    model, _ = read_model(project)
    loaded = server.ask("connection_operations", operation="ConnectFolder", folderPath=str(project / MODEL_FOLDER))
    assert loaded["data"]["tablesLoaded"] == len(model.tables)
    assert loaded["data"]["measuresLoaded"] == len(model.measures)
    assert loaded["data"]["relationshipsLoaded"] == len(model.relationships)
    written = tmp_path / "written"
    server.ask("database_operations", operation="ExportToTmdlFolder", tmdlFolderPath=str(written))
    ours = project / MODEL_FOLDER / "definition"
    assert {path.relative_to(written): path.read_text() for path in written.rglob("*.tmdl")} == {
        path.relative_to(ours): path.read_text() for path in ours.rglob("*.tmdl")
    }


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("tables/Visits.tmdl", "dataType: int64", "dataType: int46"),
        ("tables/Visits.tmdl", "formatString", "formatStrnig"),
        ("relationships.tmdl", "toColumn: Date.Date", "toColumn: Date.Datum"),
    ],
)
def test_it_refuses_what_is_broken(project: Path, server: Server, file: str, old: str, new: str) -> None:
    path = project / MODEL_FOLDER / "definition" / file
    path.write_text(path.read_text().replace(old, new, 1))
    refused = server.ask("connection_operations", operation="ConnectFolder", folderPath=str(project / MODEL_FOLDER))
    assert "error" in refused
