"""Rows -> compressed objects: constant memory, one PUT for a small object, a multipart upload for a big one."""

import io
from collections.abc import Callable
from datetime import date
from weakref import WeakMethod

import obstore
from isal import isal_zlib

from shopstream_platform.extract.lake import Lake, bare_etag
from shopstream_platform.extract.manifest import LakeFile, object_key
from shopstream_platform.tables import LakeFormat, Table

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

    def write(self, data: memoryview) -> None:
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

    `rows` takes one whole row a write, as PostgreSQL sends them. It is the standard library's buffer, since a function
    of ours would be called for every row; it passes on what fits into it, whole writes only.
    """

    def __init__(self, lake: Lake, table: Table, day: date) -> None:
        self._lake, self._table, self.day = lake, table, day
        self._header = header(table)
        self.rows: io.BufferedWriter = io.BufferedWriter(Chunks(self._take), CHUNK_BYTES)  # pyright: ignore[reportArgumentType]
        self._current: GzipObject | None = None
        self._files: list[LakeFile] = []

    def close(self) -> list[LakeFile]:
        """Complete the partition's objects; none if there was no row."""
        self.rows.close()
        if self._current is not None:
            self._files.append(self._current.close())
            self._current = None
        return self._files

    def _take(self, rows: memoryview) -> None:
        if self._current is None:
            key = object_key(self._table, self.day, part=len(self._files))
            self._current = GzipObject(self._lake, key, self._header)
        self._current.write(rows)
        if self._current.bytes >= PART_BYTES:
            self._files.append(self._current.close())
            self._current = None


class Chunks(io.RawIOBase):
    """What a buffer of rows writes to, as long as the one who takes them is there.

    An abandoned buffer is emptied when it is collected: by then nobody takes what is in it.
    """

    def __init__(self, take: Callable[[memoryview], None]) -> None:
        self._take = WeakMethod(take)

    def writable(self) -> bool:
        return True

    def write(self, rows: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] a buffer's own type
        """All of it."""
        if take := self._take():
            take(rows)
        return len(rows)


def header(table: Table) -> bytes:
    """The first line of a CSV object; NDJSON has none."""
    return (",".join(table.column_names) + "\n").encode() if table.lake_format is LakeFormat.CSV else b""
