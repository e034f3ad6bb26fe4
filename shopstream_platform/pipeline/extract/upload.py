"""Rows -> compressed objects: constant memory, one PUT for a small object, a multipart upload for a big one."""

from collections.abc import Callable
from datetime import date

import obstore
from isal import isal_zlib

from shopstream_platform.contract.declare import LakeFormat, Table
from shopstream_platform.stores.lake import Lake, bare_etag
from shopstream_platform.stores.manifest import LakeFile, object_key

GZIP_CONTAINER = 31
CHUNK_BYTES = 512 * 1024
# Below this an object is sent whole; above, as a multipart upload with parts of this size.
MULTIPART_BYTES = 8 * 1024 * 1024
UPLOADS_IN_FLIGHT = 2
# Snowflake loads files of 100 to 250 MB best.
PART_BYTES = 128 * 1024 * 1024


class GzipObject:
    """One object being written. Until `close` nothing exists under its key; an abandoned one never will."""

    def __init__(self, lake: Lake, key: str, header: bytes) -> None:
        self._lake, self.key = lake, key
        self._gzip = isal_zlib.compressobj(level=lake.gzip_level, wbits=GZIP_CONTAINER)
        self._small: bytearray | None = bytearray(self._gzip.compress(header))
        self._writer: obstore.WritableFile | None = None
        self.bytes = len(self._small or b"")

    def write(self, data: bytes | bytearray) -> None:
        """Compress and send."""
        self._send(self._gzip.compress(data))

    def close(self) -> LakeFile:
        """Complete the object; from here on it exists."""
        self._send(self._gzip.flush())
        if self._small is not None:
            return LakeFile(
                key=self.key, etag=self._lake.write(self.key, bytes(self._small), "application/gzip"), bytes=self.bytes
            )
        with self._lake.translated():
            if self._writer is not None:
                self._writer.close()
            etag = bare_etag(obstore.head(self._lake.store, self.key)["e_tag"])
        return LakeFile(key=self.key, etag=etag, bytes=self.bytes)

    def _send(self, compressed: bytes) -> None:
        self.bytes += len(compressed)
        if self._small is not None:
            self._small += compressed
            if len(self._small) < MULTIPART_BYTES:
                return
            compressed, self._small = bytes(self._small), None
        with self._lake.translated():
            self._open_writer().write(compressed)

    def _open_writer(self) -> "obstore.WritableFile":
        if self._writer is None:
            self._writer = obstore.open_writer(
                self._lake.store, self.key, buffer_size=MULTIPART_BYTES, max_concurrency=UPLOADS_IN_FLIGHT
            )
        return self._writer


class PartitionWriter:
    """The rows of one partition -> its objects, in parts of up to PART_BYTES compressed.

    `key_of` gives the key of each part, by its number; without it they are those of the partition.
    """

    def __init__(self, lake: Lake, table: Table, day: date, key_of: Callable[[int], str] | None = None) -> None:
        self._lake, self.day = lake, day
        self._key_of = key_of or (lambda part: object_key(table, day, part=part))
        self._header = header(table)
        self._rows = bytearray()
        self._current: GzipObject | None = None
        self._files: list[LakeFile] = []

    def write(self, row: bytes) -> None:
        """Take one whole row; PostgreSQL sends one row a message."""
        self._rows += row
        if len(self._rows) >= CHUNK_BYTES:
            self._flush()

    def close(self) -> list[LakeFile]:
        """Complete the partition's objects; none if there was no row."""
        if self._rows:
            self._flush()
        if self._current is not None:
            self._files.append(self._current.close())
        return self._files

    def _flush(self) -> None:
        if self._current is None:
            self._current = GzipObject(self._lake, self._key_of(len(self._files)), self._header)
        self._current.write(self._rows)
        self._rows = bytearray()
        if self._current.bytes >= PART_BYTES:
            self._files.append(self._current.close())
            self._current = None


def header(table: Table) -> bytes:
    """The first line of a CSV object; NDJSON has none."""
    return (",".join(table.column_names) + "\n").encode() if table.lake_format is LakeFormat.CSV else b""
