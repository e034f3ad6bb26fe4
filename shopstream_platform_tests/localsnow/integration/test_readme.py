"""The README's example does what the README says."""

import json
import runpy
from pathlib import Path

import pytest

from shopstream_platform_tests.fixtures.readme import blocks, program
from shopstream_platform_tests.localsnow.integration.conftest import PASSWORD, USER, Server


def test_the_example(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = program("localsnow", "snowflake.connector.connect(")
    (answer,) = [line.partition("  # ")[2] for line in text.splitlines() if "  # " in line]
    for old, new in (
        ("8321", str(server.port)),
        ('"me"', f'"{USER}"'),
        ("correct horse", PASSWORD),
        ("SHOP", "README"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "example.py").write_text(text)
    runpy.run_path(str(tmp_path / "example.py"))
    assert capsys.readouterr().out.strip() == answer


def test_the_credentials_file_is_as_the_server_reads_it() -> None:
    (commands,) = [block for block in blocks("localsnow") if "credentials.json" in block]
    content = json.loads(commands[commands.index("{") : commands.index("}") + 1])
    assert set(content) == {"user", "password", "s3"}
