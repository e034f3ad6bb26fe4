"""One server and one S3 for all tests of the local warehouse; each test has a schema of its own."""

import gzip
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import ProgrammingError

# At a login the connector looks for the cloud it runs in; without a name server that takes 5 s now and then.
os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"
USER, PASSWORD = "shopstream", "correct horse"
DATABASE, BUCKET = "SHOPSTREAM_DWH", "lake"
KEYS = {"access_key_id": "test", "secret_access_key": "test", "region": "eu-west-3"}
PLATFORM_CSV = (
    "FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1 FIELD_DELIMITER = ',' FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE"
    " ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE TRIM_SPACE = FALSE ENCODING = 'UTF8'"
    " ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE)"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Server:
    """A server process of the warehouse in a folder."""

    root: Path
    s3: dict[str, str] | None = None
    public_key: str | None = None
    options: tuple[str, ...] = ()
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> "Server":
        self.root.mkdir(mode=0o700, exist_ok=True)
        credentials = self.root / "credentials.json"
        credentials.touch(mode=0o600)
        credentials.write_text(json.dumps(self.credentials()))
        self.port = free_port()
        module = "shopstream_platform.localsnow.server"
        command = [sys.executable, "-m", module, "--root", str(self.root), "--port", str(self.port), *self.options]
        with (self.root / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not self.ready():
            assert time.monotonic() < deadline, (self.root / "server.log").read_text()
            assert self.process.poll() is None, (self.root / "server.log").read_text()
            time.sleep(0.02)
        return self

    def credentials(self) -> dict[str, Any]:
        own = {"public_key": self.public_key} if self.public_key else {}
        return {"user": USER, "password": PASSWORD, "s3": self.s3} | own

    def ready(self) -> bool:
        with suppress(urllib.error.URLError, ConnectionError):
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5).status == 200
        return False

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)

    def connect(self, **changes: Any) -> SnowflakeConnection:
        arguments = {
            "account": "local",
            "user": USER,
            "password": PASSWORD,
            "host": "127.0.0.1",
            "port": self.port,
            "protocol": "http",
            "database": DATABASE,
        }
        return snowflake.connector.connect(**(arguments | changes))


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, s3_endpoint: str) -> Iterator[Server]:
    os.environ["SHOPSTREAM_WAREHOUSE_IDLE_SECONDS"] = "4"
    server = Server(tmp_path_factory.mktemp("warehouse") / "root", {"endpoint_url": s3_endpoint, **KEYS}).start()
    with server.connect() as connection:
        connection.cursor().execute(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
    yield server
    assert server.stop() == 0


class Sql:
    """A connection with short ways to run statements."""

    def __init__(self, connection: SnowflakeConnection) -> None:
        self.connection = connection

    def __call__(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self.connection.cursor().execute(statement, parameters).fetchall()  # pyright: ignore

    def one(self, statement: str, parameters: Any = None) -> Any:
        """The only value of the only row."""
        ((value,),) = self(statement, parameters)
        return value

    def fails(self, statement: str, message: str = "") -> ProgrammingError:
        with pytest.raises(ProgrammingError, match=re.compile(message, re.S)) as caught:
            self(statement)
        return caught.value


@pytest.fixture
def schema(request: pytest.FixtureRequest, server: Server) -> Iterator[str]:
    name = re.sub(r"\W", "_", f"{request.module.__name__.rpartition('.')[2]}_{request.node.name}")[:100].upper()
    with server.connect() as connection:
        connection.cursor().execute(f"CREATE OR REPLACE SCHEMA {DATABASE}.{name}")
    yield name
    with server.connect() as connection:
        connection.cursor().execute(f"DROP SCHEMA IF EXISTS {DATABASE}.{name}")


@pytest.fixture
def connect(server: Server, schema: str) -> Iterator[Callable[..., Sql]]:
    opened: list[SnowflakeConnection] = []

    def open_another(**changes: Any) -> Sql:
        opened.append(server.connect(**({"schema": schema} | changes)))
        return Sql(opened[-1])

    yield open_another
    for connection in opened:
        connection.close()


@pytest.fixture
def sql(connect: Callable[..., Sql]) -> Sql:
    return connect()


class Lake:
    """The bucket, below a prefix of the test's own."""

    def __init__(self, endpoint: str, prefix: str) -> None:
        self.client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="eu-west-3",
        )
        self.prefix = prefix
        with suppress(self.client.exceptions.BucketAlreadyOwnedByYou):
            self.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})

    def put(self, name: str, content: str | bytes) -> str:
        """Store an object, gzipped if its name says so; its key."""
        body = content.encode() if isinstance(content, str) else content
        if name.endswith(".gz"):
            body = gzip.compress(body, 1)
        self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}", Body=body)
        return f"{self.prefix}/{name}"

    def put_raw(self, name: str, body: bytes) -> str:
        self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}", Body=body)
        return f"{self.prefix}/{name}"


@pytest.fixture
def lake(s3_endpoint: str, schema: str, sql: Sql) -> Lake:
    """Objects for the stage LAKE."""
    lake = Lake(s3_endpoint, f"raw/{schema.lower()}")
    sql(f"CREATE STAGE IF NOT EXISTS LAKE URL = 's3://{BUCKET}/{lake.prefix}/' STORAGE_INTEGRATION = S3_INTEGRATION")
    return lake


@pytest.fixture(scope="session")
def shared_sql(server: Server) -> Iterator[Sql]:
    """One connection for tests that change nothing."""
    with server.connect() as connection:
        yield Sql(connection)


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for attacks alone, so that what they leave behind meets no other test."""
    server = Server(tmp_path_factory.mktemp("attacked") / "root").start()
    with server.connect() as connection:
        connection.cursor().execute("CREATE DATABASE SHOPSTREAM_DWH")
    yield server
    assert server.stop() == 0
