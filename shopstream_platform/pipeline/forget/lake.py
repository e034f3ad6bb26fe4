"""The lake: every version of every object, looked into; what holds the person is rewritten, or deleted if it is old."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shopstream_platform.config.connections import S3Connection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import SHOP_TABLES, SOURCES
from shopstream_platform.pipeline.forget.needles import Needles
from shopstream_platform.pipeline.forget.person import PERSONAL, Person
from shopstream_platform.pipeline.forget.rows import Rows
from shopstream_platform.pipeline.housekeeping.lake import Version, versions_of
from shopstream_platform.provision.snowflake.clone import FOLDER as CLONES
from shopstream_platform.services.s3_client import lake_client
from shopstream_platform.stores import aws_errors
from shopstream_platform.stores.manifest import STAGE_ROOT, is_data, table_prefix

CHUNK = 1 << 20
OVERLAP = 4096
GZIP_CONTAINER = 31
# The id of what was put while a bucket kept no versions.
UNVERSIONED = "null"
_OF_OTHER_SOURCES = tuple(f"{STAGE_ROOT}{source.name}/" for source in SOURCES)
# Beside those of a refresh.
RIGHTS = ("s3:ListBucketVersions", "s3:GetObjectVersion", "s3:DeleteObjectVersion")


@dataclass(frozen=True)
class Hit:
    """A version of an object that holds the person; `table` if it holds rows of one with personal columns."""

    version: Version
    table: Table | None


@dataclass
class Look:
    """What a look into the whole bucket found."""

    hits: list[Hit]
    objects: int = 0
    bytes: int = 0
    of_clones: int = 0


class Bucket:
    """The lake's bucket with all versions that it keeps."""

    def __init__(self, at: S3Connection) -> None:
        self.at, self.client = at, lake_client(at)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Errors of the block as one sentence; the rights that a refresh does without are named."""
        try:
            with aws_errors.translated():
                yield
        except ShopStreamError as error:
            refused = error.__cause__
            if isinstance(refused, ClientError) and aws_errors.code(refused) in aws_errors.REFUSED:
                raise ShopStreamError(
                    f"bucket {self.at.bucket} refused {refused.operation_name}: use an identity that has "
                    f"{', '.join(RIGHTS)}; what was erased stays erased, and it is safe to run again"
                ) from error
            raise

    def gather(self, person: Person) -> None:
        """Take in what rows of any version say of the person: earlier names and addresses."""
        for version in versions_of(self.client, self.at):
            table = table_of(version.key)
            if table in PERSONAL and table is not None and not version.is_deletion:
                rows = Rows(table, person, version.key)
                for row in rows.of_object(self.body(version.key, version.id)):
                    if rows.is_of_person(row):
                        person.add_id(table, rows.row_id(row))
                        person.add_values(rows.personal_values(row))

    def look(self, person: Person, needles: Needles) -> Look:
        """Look into every version of every object."""
        found = Look([])
        for version in versions_of(self.client, self.at):
            # Rows of another source are no text that may be overwritten: its database decides what they are.
            if version.is_deletion or version.key.startswith(_OF_OTHER_SOURCES):
                continue
            if version.key.startswith(CLONES):
                found.of_clones += 1
                continue
            found.objects, found.bytes = found.objects + 1, found.bytes + version.size
            table = table_of(version.key)
            if self._holds(version, table, person, needles):
                found.hits.append(Hit(version, table if table in PERSONAL else None))
        return found

    def delete(self, version: Version) -> None:
        """Delete one version for good."""
        self.client.delete_object(Bucket=self.at.bucket, Key=self.at.key(version.key), VersionId=version.id)

    def delete_replaced(self, version: Version) -> None:
        """Delete the version that another one has replaced; without versions the store has done so itself."""
        newest = self.client.head_object(Bucket=self.at.bucket, Key=self.at.key(version.key)).get(
            "VersionId", UNVERSIONED
        )
        if newest != version.id:
            self.delete(version)

    def body(self, key: str, version_id: str | None = None) -> Iterator[bytes]:
        """An object's content, uncompressed if it is compressed, in parts."""
        which = {"VersionId": version_id} if version_id else {}
        stream = self.client.get_object(Bucket=self.at.bucket, Key=self.at.key(key), **which)["Body"]
        chunks = stream.iter_chunks(CHUNK)
        return _inflated(chunks) if key.endswith(".gz") else chunks

    def scrub(self, version: Version, needles: Needles) -> None:
        """Overwrite the person in the newest version of a text object, which gets a version without it."""
        got: dict[str, Any] = self.client.get_object(Bucket=self.at.bucket, Key=self.at.key(version.key))
        body = needles.scrubbed_bytes(got["Body"].read())
        self.client.put_object(
            Bucket=self.at.bucket, Key=self.at.key(version.key), Body=body, ContentType=got["ContentType"]
        )
        self.delete_replaced(version)

    def _holds(self, version: Version, table: Table | None, person: Person, needles: Needles) -> bool:
        content = self.body(version.key, version.id)
        if table in PERSONAL and table is not None:
            rows = Rows(table, person, version.key)
            return any(rows.is_personal(row) for row in rows.of_object(content))
        return any(needles.any_in(part) for part in overlapping(content))


def table_of(key: str) -> Table | None:
    """The table whose rows the object holds; None for manifests, pages, logs."""
    return next((t for t in SHOP_TABLES if key.startswith(table_prefix(t)) and is_data(key)), None)


def overlapping(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, each with the end of the one before: nothing is cut in two."""
    end = b""
    for chunk in chunks:
        yield end + chunk
        end = (end + chunk)[-OVERLAP:]


def _inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    unzip = zlib.decompressobj(GZIP_CONTAINER)
    for chunk in chunks:
        data = chunk
        while data:
            yield unzip.decompress(data, CHUNK)
            data = unzip.unconsumed_tail
            if unzip.eof:
                # A gzip file may have several members.
                data, unzip = unzip.unused_data, zlib.decompressobj(GZIP_CONTAINER)
    yield unzip.flush()
