"""Which objects a COPY reads, and their content on the local disk for the time of the statement."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from isal import igzip

from shopstream_platform.localsnow import errors
from shopstream_platform.localsnow.copy_options import CopyOptions, FileFormat
from shopstream_platform.localsnow.errors import sql_error
from shopstream_platform.localsnow.interfaces import Session
from shopstream_platform.localsnow.object_store import ObjectStore
from shopstream_platform.localsnow.stages import Location

CHUNK = 1 << 20
PARALLEL_DOWNLOADS = 8
LOAD_LIMIT = 1000
# Snowflake's limit for a text.
LARGEST_RECORD = 128 * CHUNK


@dataclass(frozen=True)
class RemoteFile:
    key: str
    etag: str | None


@dataclass(frozen=True)
class LocalFile:
    """A downloaded, decompressed object."""

    key: str
    etag: str
    path: Path
    records: int
    has_backslash: bool
    # No record is longer. DuckDB's buffers follow from it, and how many threads may read one file.
    longest_record: int


def longest_record(files: list[LocalFile]) -> int:
    """What a reader of these files must be ready for, in bytes."""
    return min(LARGEST_RECORD, max([2 * CHUNK, *(file.longest_record for file in files)]))


def select(session: Session, location: Location, options: CopyOptions) -> list[RemoteFile]:
    """The objects that FILES names, or those below the path that match PATTERN."""
    if len(options.files) > LOAD_LIMIT:
        raise sql_error(f"SQL compilation error:\nFILES names more than {LOAD_LIMIT} files.", 1008, "22023")
    if options.files:
        separator = "" if not location.prefix or location.prefix.endswith("/") else "/"
        return [RemoteFile(f"{location.prefix}{separator}{name}", None) for name in options.files]
    pattern = re.compile(options.pattern) if options.pattern else None
    return [
        RemoteFile(item.key, item.etag)
        for item in session.catalogue.object_store.list_objects(location.bucket, location.prefix)
        if pattern is None or pattern.fullmatch(item.key)
    ]


@contextmanager
def downloaded(session: Session, bucket: str, files: list[RemoteFile], given: FileFormat) -> Iterator[list[LocalFile]]:
    """The files as plain text in a folder that is removed afterwards.

    DuckDB reads them from disk: through a Python file system it returned corrupt rows from files of some 100 MB, and
    it splits a plain file over all threads where it reads gzip with one, without noticing that one is cut short.
    """
    store = session.catalogue.object_store
    folder = Path(tempfile.mkdtemp(prefix="copy_", dir=session.catalogue.scratch))
    try:
        with ThreadPoolExecutor(min(PARALLEL_DOWNLOADS, max(1, len(files)))) as pool:
            jobs = [
                pool.submit(_download, store, bucket, file, folder / f"{number:06d}.data", given)
                for number, file in enumerate(files)
            ]
            yield [job.result() for job in jobs]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _download(store: ObjectStore, bucket: str, file: RemoteFile, path: Path, given: FileFormat) -> LocalFile:
    try:
        with store.open(bucket, file.key) as (body, etag):
            look = _store(body, path, _is_gzip(file.key, given.compression), Look(given.quote))
    except (EOFError, OSError, ValueError) as error:
        message = f"Invalid data encountered during decompression for file '{file.key}': {error}"
        raise sql_error(message, errors.BAD_FILE, "22000") from error
    return LocalFile(file.key, etag, path, look.records, look.has_backslash, look.longest_record)


def _is_gzip(key: str, compression: str) -> bool:
    return compression == "GZIP" or (compression == "AUTO" and key.lower().endswith((".gz", ".gzip")))


class Look:
    """What is learnt of a file while it passes by: its number of records, found apart from the reader to check it.

    `longest_record` is an upper bound of bytes: what lies between two chunks with an end of a record, and both of them.
    """

    def __init__(self, quote: str | None) -> None:
        self.has_backslash = False
        self.longest_record = 0
        self._since_record = 0
        self._quote = (quote or "").encode()
        self._inside = False
        self._newlines = 0
        self._last = b"\n"

    @property
    def records(self) -> int:
        return self._newlines + (self._last != b"\n")

    def take(self, chunk: bytes) -> None:
        self.has_backslash = self.has_backslash or b"\\" in chunk
        parts = chunk.split(self._quote) if self._quote else [chunk]
        ends = sum(part.count(b"\n") for part in parts[int(self._inside) :: 2])
        self._newlines += ends
        self._since_record += len(chunk)
        self.longest_record = max(self.longest_record, self._since_record)
        if ends:
            self._since_record = len(chunk)
        self._inside ^= len(parts) % 2 == 0
        self._last = chunk[-1:]


def _store(body: IO[bytes], path: Path, gzipped: bool, look: Look) -> Look:
    source = igzip.IGzipFile(fileobj=body, mode="rb") if gzipped else body
    with path.open("wb") as target:
        while chunk := source.read(CHUNK):
            target.write(chunk)
            look.take(chunk)
    return look


def purge(session: Session, bucket: str, files: list[LocalFile]) -> None:
    for file in files:
        session.catalogue.object_store.delete(bucket, file.key)
