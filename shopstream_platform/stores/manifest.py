"""Where a table lies in the lake, and the manifest that says what a partition is.

raw/postgres/<table>/<YYYY-MM-DD>/<table>_<YYYYMMDD>.csv.gz
raw/events/<YYYY-MM-DD>/events_<YYYYMMDD>.json.gz
.../<YYYY-MM-DD>/_manifest.json      written last; a partition is what its manifest says
raw/postgres/<table>/<YYYY-MM-DD>/<table>_<YYYYMMDD>_c<chunk>_<extraction>.csv.gz   of a large snapshot table
raw/postgres/<table>/_current.json   the folder of a snapshot table's newest extraction
"""

import json
from collections.abc import Iterable
from datetime import date, datetime

from pydantic import BaseModel, ValidationError, field_validator

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract import earlier
from shopstream_platform.contract.declare import LakeFormat, Table
from shopstream_platform.stores.lake import Lake

STAGE_ROOT = "raw/"
MANIFEST_NAME = "_manifest.json"
CURRENT_NAME = "_current.json"
# Of a manifest's form. The lake has no other version: each manifest says how it is to be read.
VERSION = 3


class NewerManifest(ShopStreamError):
    """A newer version of the platform has written it, and nothing of it may be replaced by this one."""


class LakeFile(BaseModel):
    """One object of a partition; `chunk` is the number of its chunk, if the table is kept in chunks."""

    key: str
    etag: str
    bytes: int
    chunk: int | None = None


class Chunk(BaseModel):
    """What one chunk of a snapshot table holds."""

    rows: int = 0
    checksum: int = 0
    fingerprint: int = 0


class Manifest(BaseModel):
    """What one extraction put into one folder: its objects, its measures and what they were taken with.

    `columns` are the declared ones, with their types at the source, in the order of the measures, and `digits` the
    precision and scale of the numerics that were declared with others than their own. `complete` says that the day was
    over when its snapshot was taken. Where the objects are of an
    earlier declaration, `held` has the objects' columns in their order, with today's names (None: no longer declared),
    `dropped` the types of the latter at the source, and `constants` those that the objects lack, with the text of the
    one value that all rows have.

    A large snapshot table is kept in `chunks` of its key, each `chunk_width` wide: an extraction writes those that have
    changed, and its manifest goes on listing the objects that earlier ones wrote. `chunk_rows` is the setting of then,
    `extraction` the name of the extraction, which no other has.
    """

    version: int = VERSION
    table: str
    day: date
    snapshot: bool
    files: list[LakeFile]
    rows: int
    checksum: int
    fingerprint: int
    method: str
    server_version: int
    columns: dict[str, str]
    digits: dict[str, tuple[int, int]] = {}
    complete: bool = True
    held: dict[str, str | None] | None = None
    dropped: dict[str, str] = {}
    constants: dict[str, str | None] = {}
    chunks: dict[int, Chunk] = {}
    chunk_width: int = 0
    chunk_rows: int = 0
    extraction: str = ""
    extracted_at: datetime
    run_id: str

    @field_validator("method")
    @classmethod
    def _as_now(cls, method: str) -> str:
        return earlier.as_now(method)

    @property
    def in_objects(self) -> dict[str, str | None]:
        """The objects' columns in their order -> the names in `columns`."""
        return {name: name for name in self.columns} if self.held is None else self.held

    @property
    def files_by_chunk(self) -> dict[int, list[LakeFile]]:
        """Chunk -> its objects."""
        found: dict[int, list[LakeFile]] = {}
        for file in self.files:
            if file.chunk is not None:
                found.setdefault(file.chunk, []).append(file)
        return found

    @property
    def bytes(self) -> int:
        """Compressed size of all objects."""
        return sum(file.bytes for file in self.files)


def table_prefix(table: Table) -> str:
    """The folder of a table's partitions."""
    return f"{STAGE_ROOT}{table.lake_prefix}/"


def folder(table: Table, day: date) -> str:
    """The folder of one partition, or of the snapshot taken on that day."""
    return f"{table_prefix(table)}{day}/"


def object_key(table: Table, day: date, part: int) -> str:
    """The key of one part; the first carries no number."""
    number = f"_{part:04d}" if part else ""
    return f"{folder(table, day)}{table.path[-1]}_{day:%Y%m%d}{number}.{table.lake_format}.gz"


def chunk_key(table: Table, day: date, chunk: int, extraction: str, part: int) -> str:
    """The key of one part of a chunk. `extraction` makes it a new one: older manifests may list the older object."""
    number = f"_{part:04d}" if part else ""
    name = f"{table.path[-1]}_{day:%Y%m%d}_c{chunk:06d}_{extraction}{number}"
    return f"{folder(table, day)}{name}.{table.lake_format}.gz"


def manifest_key(table: Table, day: date) -> str:
    """The key of a partition's manifest."""
    return folder(table, day) + MANIFEST_NAME


def write_manifest(lake: Lake, table: Table, manifest: Manifest) -> None:
    """Put the manifest: from here on the partition is what it says."""
    body = manifest.model_dump_json(indent=1).encode()
    lake.write(manifest_key(table, manifest.day), body, "application/json")


def replace_partition(lake: Lake, table: Table, manifest: Manifest, before: Iterable[str]) -> None:
    """Let the folder be what the manifest says; of the objects that were in it `before`, those not listed go last."""
    write_manifest(lake, table, manifest)
    if manifest.snapshot:
        point_to_snapshot(lake, table, manifest)
    now = {file.key for file in manifest.files} | {manifest_key(table, manifest.day)}
    lake.delete(key for key in before if key not in now)


def read_manifest(lake: Lake, table: Table, day: date) -> Manifest:
    """The manifest of a partition; ShopStreamError if there is none or it is damaged."""
    key = manifest_key(table, day)
    content = lake.read_json(key)
    try:
        version = content.get("version", 1) if isinstance(content, dict) else 1
        if isinstance(version, int) and version > VERSION:
            raise NewerManifest(
                f"{lake.uri(key)} was written by a newer ShopStream (manifests of version {version}; this one reads up "
                f"to {VERSION}): install the newer one, or use another bucket or prefix"
            )
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise ShopStreamError(
            f"{lake.uri(key)} is no manifest ({error.error_count()} problems): extract the partition again"
        ) from error


def format_of(key: str) -> LakeFormat | None:
    """What an object was written in, whatever is declared now; None for a key that does not say it."""
    name = key.rsplit("/", 1)[-1]
    return next((one for one in LakeFormat if f".{one}" in name), None)


def is_manifest(key: str) -> bool:
    """Whether the object is the manifest of a folder."""
    return key.endswith(f"/{MANIFEST_NAME}")


def is_data(key: str) -> bool:
    """Whether the object holds rows; manifests and pointers do not."""
    return not key.rsplit("/", 1)[-1].startswith("_")


def point_to_snapshot(lake: Lake, table: Table, manifest: Manifest) -> None:
    """Name the snapshot that was extracted last; its folder's date may be before that of an earlier one.

    A folder's date comes from a clock and a time zone, which may both be set back.
    """
    body = json.dumps({"day": str(manifest.day)}).encode()
    lake.write(table_prefix(table) + CURRENT_NAME, body, "application/json")


def current_snapshot_day(lake: Lake, table: Table) -> date:
    """The folder date of a snapshot table's newest extraction; ShopStreamError if there is none."""
    prefix = table_prefix(table)
    keys = lake.etags(prefix)
    if prefix + CURRENT_NAME in keys:
        try:
            return date.fromisoformat(lake.read_json(prefix + CURRENT_NAME)["day"])
        except (KeyError, TypeError, ValueError) as error:
            raise ShopStreamError(
                f"{lake.uri(prefix + CURRENT_NAME)} does not name a snapshot: materialize lake/{table.name} again"
            ) from error
    # A lake of before there were pointers.
    days = [key.removeprefix(prefix).split("/")[0] for key in keys if key.endswith(MANIFEST_NAME)]
    if not days:
        raise ShopStreamError(f"{lake.uri(prefix)} holds no snapshot: materialize lake/{table.name} first")
    return date.fromisoformat(max(days))
