"""The embedded object store: durable, private, and what can get in its way."""

import os
import re
import signal
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from shopstream_platform.config.connections import S3Connection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.services import object_store
from shopstream_platform.services.object_store import EmbeddedObjectStore
from shopstream_platform.services.process.ports import LOOPBACK
from shopstream_platform_tests.services.integration.conftest import Run, kill


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedObjectStore]:
    """One store for the module, in a place with an awkward name, holding one object."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "FOREIGN")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "somebody-elses-secret")
        store = EmbeddedObjectStore(tmp_path_factory.mktemp("Zoë's home & été"))
        s3 = client(store.start())
    s3.put_object(Bucket=store.connection().bucket, Key="raw/é t.csv", Body=b"kept" * 10_000)
    yield store
    store.stop()


def client(connection: S3Connection, **keys: str) -> Any:
    used = {
        "aws_access_key_id": connection.access_key_id,
        "aws_secret_access_key": connection.secret_access_key,
        **keys,
    }
    config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
    return boto3.client(
        "s3", endpoint_url=connection.endpoint_url, region_name=connection.region, config=config, **used
    )


def read_object(store: EmbeddedObjectStore) -> bytes:
    connection = store.start()
    return client(connection).get_object(Bucket=connection.bucket, Key="raw/é t.csv")["Body"].read()


def test_the_connection(store: EmbeddedObjectStore) -> None:
    connection = store.start()
    assert (connection.bucket, connection.region) == ("shopstream-datalake-local", "eu-west-3")
    assert str(connection.secret_access_key) not in repr(connection)


@pytest.mark.parametrize(
    "keys",
    [
        {"aws_secret_access_key": "wrong"},
        {"aws_access_key_id": "UNKNOWN"},
        {"aws_access_key_id": "FOREIGN", "aws_secret_access_key": "somebody-elses-secret"},
    ],
    ids=["wrong secret", "unknown key", "keys of the shell that started the store"],
)
def test_other_keys_are_refused(store: EmbeddedObjectStore, keys: dict[str, str]) -> None:
    with pytest.raises(ClientError, match=r"SignatureDoesNotMatch|InvalidAccessKeyId|AccessDenied"):
        client(store.start(), **keys).list_buckets()


@pytest.mark.parametrize(
    ("port", "path"),
    [
        ("s3.port", "/shopstream-datalake-local/raw/"),
        ("filer.port", "/buckets/shopstream-datalake-local/raw/"),
        ("volume.port", "/1,01637037d6"),
    ],
)
def test_no_port_answers_without_keys(store: EmbeddedObjectStore, port: str, path: str) -> None:
    store.start()
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"http://{LOOPBACK}:{store.state()['ports'][port]}{path}", timeout=5)
    assert refusal.value.code in (401, 403, 404)


def test_nobody_can_write_through_the_filer(store: EmbeddedObjectStore) -> None:
    store.start()
    url = f"http://{LOOPBACK}:{store.state()['ports']['filer.port']}/buckets/shopstream-datalake-local/planted"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(urllib.request.Request(url, data=b"x", method="POST"), timeout=5)


def test_an_object_of_several_parts_is_read_as_it_was_written(store: EmbeddedObjectStore) -> None:
    """SeaweedFS reads them by another way than objects of one part."""
    at = store.start()
    s3, parts, body = client(at), [], bytes(range(256)) * 50_000
    target = {"Bucket": at.bucket, "Key": "raw/parts.csv"}
    upload = s3.create_multipart_upload(**target)["UploadId"]
    for number, start in enumerate(range(0, len(body), 5 * 2**20), 1):
        part = {"UploadId": upload, "PartNumber": number}
        put = s3.upload_part(**target, **part, Body=body[start : start + 5 * 2**20])
        parts.append({"PartNumber": number, "ETag": put["ETag"]})
    s3.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(**target)["Body"].read() == body


def test_buckets_are_neither_made_by_the_way_nor_deleted_with_their_objects(store: EmbeddedObjectStore) -> None:
    s3 = client(store.start())
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.put_object(Bucket="typo", Key="a", Body=b"")
    # Not so in a versioned bucket, which SeaweedFS 4.48 deletes with all it holds.
    s3.create_bucket(Bucket="another")
    s3.put_object(Bucket="another", Key="a", Body=b"x")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket="another")


def test_secrets_are_private_and_not_on_the_command_line(store: EmbeddedObjectStore) -> None:
    store.start()
    for name in ("state.json", "identities.json", "security.toml", "key.pem"):
        assert stat.S_IMODE((store.folder / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert store.state()["secret_access_key"] not in " ".join(store.command(store.state()))


def test_an_idle_store_leaves_the_cpu_alone(store: EmbeddedObjectStore) -> None:
    store.start()
    process = psutil.Process(store.process.pid())
    # A limit of memory below what it holds at rest makes it collect garbage for ever.
    # It may have something left to do of before: the quietest of several moments counts.
    assert min(_cpu_seconds(process, 2) for _ in range(5)) < 0.1


def _cpu_seconds(process: psutil.Process, seconds: float) -> float:
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return (after.user + after.system) - (before.user + before.system)


def test_objects_survive_a_kill(store: EmbeddedObjectStore) -> None:
    store.start()
    kill(store)
    assert read_object(store) == b"kept" * 10_000


def test_objects_survive_the_loss_of_all_that_can_be_made_again(store: EmbeddedObjectStore) -> None:
    store.start()
    store.stop()
    for name in ("state.json", "authority.pem", "certificate.pem", "key.pem", "security.toml", "identities.json"):
        (store.folder / name).unlink()
    assert read_object(store) == b"kept" * 10_000


@pytest.mark.parametrize("damaged", [None, b"", b"1234", b"\xff" * 64])
def test_without_the_key_of_its_objects_the_store_says_so(damaged: bytes | None, store: EmbeddedObjectStore) -> None:
    store.stop()
    key = store.data / ".encryption_key"
    kept = key.read_text()
    key.unlink()
    if damaged is not None:
        key.write_bytes(damaged)
    with pytest.raises(ShopStreamError, match=r"\.encryption_key and is lost: put the file back"):
        store.start()
    key.write_text(kept)
    assert read_object(store) == b"kept" * 10_000


def test_objects_survive_when_all_ports_move(store: EmbeddedObjectStore) -> None:
    store.start()
    store.stop()
    state = store.state()
    store.save({**state, "ports": {}})
    assert read_object(store) == b"kept" * 10_000
    assert store.state()["ports"] != state["ports"]


def test_a_stop_leaves_no_sockets_behind(store: EmbeddedObjectStore) -> None:
    store.start()
    store.stop()
    for port in store.state()["ports"].values():
        assert not list(Path("/tmp").glob(f"seaweedfs-*-{port}.sock"))


def test_a_missing_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "_candidates", list)
    with pytest.raises(ShopStreamError, match=r"pip install 'shopstream-platform\[embedded\]'"):
        EmbeddedObjectStore(tmp_path / "home").start()


def test_a_normal_user(open_folder: Path, run_as_normal_user: Run) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from shopstream_platform.services.object_store import EmbeddedObjectStore\n"
        "store = EmbeddedObjectStore(Path(sys.argv[1])); print(store.start()); store.stop()"
    )
    result = run_as_normal_user(code, open_folder / "home")
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_what_a_signal_leaves_of_it_is_ended_and_started_again(store: EmbeddedObjectStore) -> None:
    """Interrupted, it ends its filer alone and refuses every request for ever."""
    store.start()
    pid = store.process.pid()
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    time.sleep(2)
    assert read_object(store) == b"kept" * 10_000
    assert store.process.pid() != pid


def test_a_command_that_the_store_does_not_take_is_one_sentence(
    store: EmbeddedObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.start()
    refusing = tmp_path / "weed"
    refusing.write_text("#!/bin/sh\necho no free volumes >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setattr("shopstream_platform.services.object_store.find_weed", lambda: str(refusing))
    with pytest.raises(ShopStreamError, match=r"did not do `lock; fs.log.purge -daysAgo=1; unlock`: no free volumes"):
        store.drop_changes()


@pytest.mark.slow
def test_the_stores_own_log_of_changes_is_dropped_and_nothing_else(store: EmbeddedObjectStore) -> None:
    def changes_kept() -> list[str]:
        return re.findall(r"\d{4}-\d\d-\d\d", store._shell(store.state(), "fs.ls /topics/.system/log"))

    connection = store.start()
    client(connection).put_object(Bucket=connection.bucket, Key="changed", Body=b"x")
    # It is written once a minute.
    until = time.monotonic() + 90
    while not changes_kept() and time.monotonic() < until:
        time.sleep(2)
    assert changes_kept()
    store.drop_changes(days=1)
    assert changes_kept(), "the newest day stays"
    store.drop_changes(days=0)
    assert changes_kept() == []
    assert read_object(store) == b"kept" * 10_000
