"""Another user of the machine against a running home: files, processes, and every port that it listens on."""

import json
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from shopstream_platform.config.files import claim_home
from shopstream_platform.services import embedded
from shopstream_platform.services.object_store import EmbeddedObjectStore, find_weed
from shopstream_platform_tests.services.integration.conftest import NOBODY, Run

pytestmark = pytest.mark.security

# The ports that clients use. All others are between parts of the object store.
DOORS = {"postgres", "s3.port", "port"}
PLANT = "s3.configure -user evil -access_key AKEVIL -secret_key evil-secret -actions Admin -apply\n"
LOOK = """
import json, os, pathlib, sys
seen, root = [], pathlib.Path(sys.argv[1])
for way in (
    os.listdir,
    lambda home: open(home / "postgres/state.json").read(),
    lambda home: os.stat(home / "warehouse/credentials.json"),
    lambda home: open(home / "planted", "w"),
):
    try:
        seen.append(repr(way(root)))
    except PermissionError:
        pass
for pid in sys.argv[2:]:
    for name in ("environ", "maps", "fd"):
        try:
            path = f"/proc/{pid}/{name}"
            seen.append(repr(os.listdir(path) if name == "fd" else open(path).read(200)))
        except PermissionError:
            pass
print(json.dumps(seen))
"""
SCAN = """
import http.client, json, ssl, sys
answers = {}
trusting = ssl._create_unverified_context()
for port in map(int, sys.argv[1:]):
    said = []
    for tls in (False, True):
        for path in ("/", "/status", "/dir/status", "/vol/grow?count=1", "/buckets/", "/1,01637037d6"):
            try:
                make = http.client.HTTPSConnection if tls else http.client.HTTPConnection
                client = make("127.0.0.1", port, timeout=5, **({"context": trusting} if tls else {}))
                client.request("GET", path)
                response = client.getresponse()
                said.append(f"{path} {response.status} {response.read()[:60].decode(errors='replace')}")
            except (OSError, http.client.HTTPException):
                pass
    answers[port] = said
print(json.dumps(answers))
"""
SIGN_IN = """
import psycopg2, sys
for user in ("shopstream", "postgres", "nobody", "root"):
    for password in ("", "shopstream", "postgres"):
        try:
            psycopg2.connect(host="127.0.0.1", port=sys.argv[1], user=user, password=password, dbname="postgres")
            print("in as", user)
        except psycopg2.OperationalError as error:
            assert "authentication failed" in str(error) or "no password supplied" in str(error), error
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A running home below a folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="shopstream-"))
    folder.chmod(0o755)
    home = folder / "home"
    embedded.up(home)
    yield home
    embedded.down(home)
    shutil.rmtree(folder)


def processes(home: Path) -> list[psutil.Process]:
    found = []
    for status in embedded.status(home):
        process = psutil.Process(status.pid)
        found += [process, *process.children(recursive=True)]
    return found


def listening(home: Path) -> dict[int, str]:
    """The name of each TCP port on which a process of the home listens."""
    names = {}
    for status in embedded.status(home):
        for name, port in json.loads((status.folder / "state.json").read_text())["ports"].items():
            names[port] = "postgres" if status.name == "postgres" else name
    found = {
        connection.laddr.port: names.get(connection.laddr.port, "unknown")
        for process in processes(home)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert found
    return found


def test_everything_listens_on_loopback_and_under_a_name_we_know(home: Path) -> None:
    for process in processes(home):
        for connection in process.net_connections("tcp"):
            assert connection.status != psutil.CONN_LISTEN or connection.laddr.ip == "127.0.0.1"
    assert "unknown" not in listening(home).values()


def test_no_file_and_no_process_tells_anything(home: Path, run_as_normal_user: Run) -> None:
    pids = [str(process.pid) for process in processes(home)]
    result = run_as_normal_user(LOOK, home, *pids)
    assert json.loads(result.stdout) == [], result.stderr


def test_the_home_and_all_in_it_are_private(home: Path) -> None:
    opened = [
        path
        for folder, folders, names in os.walk(home)
        for path in (Path(folder), *(Path(folder) / name for name in (*folders, *names)))
        if not path.is_symlink() and path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert opened == []


def test_only_the_doors_answer(home: Path, run_as_normal_user: Run) -> None:
    ports = listening(home)
    result = run_as_normal_user(SCAN, *map(str, ports))
    answers = {ports[int(port)]: said for port, said in json.loads(result.stdout).items()}
    # Signed requests alone get data.
    for line in (*answers.pop("filer.port"), *answers.pop("volume.port")):
        # It tells where the home is and how full its disk, no more.
        assert line.split(" ")[1] in ("400", "401", "403", "404", "405") or line.startswith("/status 200"), line
    inner = {name: said for name, said in answers.items() if name not in DOORS}
    # Of all others the only answer to plain HTTP is that they speak TLS; without a certificate TLS has none.
    assert {line.split(" ", 2)[2] for said in inner.values() for line in said} <= {
        "Client sent an HTTP request to an HTTPS server.\n"
    }
    for line in answers["s3.port"]:
        assert line.split(" ")[1] in ("403", "404", "405") or line == "/status 200 ", line
    for line in answers["port"]:
        assert line.split(" ")[1] in ("401", "403", "404"), line
    assert answers["postgres"] == []


def test_postgresql_asks_for_the_password(home: Path, run_as_normal_user: Run) -> None:
    port = next(port for port, name in listening(home).items() if name == "postgres")
    result = run_as_normal_user(SIGN_IN, str(port))
    assert (result.stdout, result.returncode) == ("", 0), result.stderr


def shell(weed: str, home: Path, commands: str, **options: Any) -> str:
    """What SeaweedFS's own administration shell prints, at its gRPC ports."""
    ports = EmbeddedObjectStore(home).state()["ports"]
    places = [f"-{part}=127.0.0.1:{ports[f'{part}.port']}.{ports[f'{part}.port.grpc']}" for part in ("master", "filer")]
    try:
        result = subprocess.run(
            [weed, "-config_dir=.", "shell", *places],
            input=commands,
            capture_output=True,
            text=True,
            timeout=options.pop("patience", 60),
            check=False,
            **options,
        )
    except subprocess.TimeoutExpired as waiting:
        return (waiting.stdout or b"").decode()
    return result.stdout


@pytest.fixture
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Arguments for a process of another user in a folder of its own, with SeaweedFS's program."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    folder = Path(tempfile.mkdtemp(prefix="stranger-"))
    shutil.copy2(find_weed(), folder / "weed")
    for path in (folder, folder / "weed"):
        path.chmod(0o755)
        os.chown(path, NOBODY, NOBODY)
    yield {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": folder, "env": {"HOME": str(folder)}}
    shutil.rmtree(folder)


def test_the_stores_inner_ports_do_nothing_for_others(home: Path, stranger: dict[str, Any]) -> None:
    said = shell(f"{stranger['cwd']}/weed", home, "cluster.ps\nfs.ls /buckets\n" + PLANT, patience=10, **stranger)
    assert "shopstream-datalake-local" not in said
    # The same commands with the home's certificate: the attack is one.
    store = EmbeddedObjectStore(home)
    said = shell(find_weed(), home, "fs.ls /buckets\n", cwd=store.folder, env=store.environment())
    assert "shopstream-datalake-local" in said


def test_no_worker_takes_jobs(home: Path) -> None:
    names = set(listening(home).values())
    assert not {name for name in names if name.startswith(("admin", "worker"))}
    store = EmbeddedObjectStore(home)
    command = store.command(store.state())
    assert command[command.index("-config_dir=.") + 1] == "server"


def test_an_identity_that_was_planted_before_is_gone(home: Path) -> None:
    store = EmbeddedObjectStore(home)
    own = {"cwd": store.folder, "env": store.environment()}
    shell(find_weed(), home, PLANT, **own)
    assert "evil" in shell(find_weed(), home, "fs.ls /etc/iam/identities\n", **own)
    store.stop()
    # As a home of the version before, which had no certificates.
    state = store.state()
    del state["signing_key"]
    store.save(state)
    store.start()
    assert "evil" not in shell(find_weed(), home, "fs.ls /etc/iam/identities\n", **own)
    evil = boto3.client(
        "s3",
        endpoint_url=store.connection().endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="AKEVIL",
        aws_secret_access_key="evil-secret",
        config=Config(retries={"max_attempts": 1}),
    )
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        evil.list_buckets()


def test_an_open_home_of_before_is_closed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    claim_home(home)
    (home / "dashboards").mkdir()
    page = home / "dashboards" / "sales.html"
    page.write_text("figures")
    outside = tmp_path / "outside"
    outside.write_text("not ours")
    (home / "link").symlink_to(outside)
    for path, mode in ((home, 0o755), (page.parent, 0o755), (page, 0o644), (outside, 0o644)):
        path.chmod(mode)
    claim_home(home)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (home, page.parent, page, outside)]
    assert modes == [0o700, 0o700, 0o600, 0o644]


def test_a_folder_of_somebody_else_keeps_its_mode(tmp_path: Path) -> None:
    home = tmp_path / "thesis"
    home.mkdir()
    (home / "thesis.tex").write_text("years of work")
    home.chmod(0o755)
    claim_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o755
