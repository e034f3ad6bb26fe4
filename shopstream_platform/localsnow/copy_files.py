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
from typing import TYPE_CHECKING, Any

from shopstream_platform.localsnow import errors, stages
from shopstream_platform.localsnow.copy_options import CopyOptions, FileFormat
from shopstream_platform.localsnow.errors import sql_error
from shopstream_platform.localsnow.stages import Location

if TYPE_CHECKING:
    from shopstream_platform.localsnow.session import Session

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
        for item in stages.list_objects(session, location)
        if pattern is None or pattern.fullmatch(item.key)
    ]


@contextmanager
def downloaded(session: Session, bucket: str, files: list[RemoteFile], given: FileFormat) -> Iterator[list[LocalFile]]:
    """The files as plain text in a folder that is removed afterwards.

    DuckDB reads them from disk: through a Python file system it returned corrupt rows from files of some 100 MB, and
    it splits a plain file over all threads where it reads gzip with one, without noticing that one is cut short.
    """
    client = stages.client(session)
    folder = Path(tempfile.mkdtemp(prefix="copy_", dir=session.catalogue.folders.scratch))
    try:
        with ThreadPoolExecutor(min(PARALLEL_DOWNLOADS, max(1, len(files)))) as pool:
            jobs = [
                pool.submit(_download, client, bucket, file, folder / f"{number:06d}.data", given)
                for number, file in enumerate(files)
            ]
            yield [job.result() for job in jobs]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _download(client: Any, bucket: str, file: RemoteFile, path: Path, given: FileFormat) -> LocalFile:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = client.get_object(Bucket=bucket, Key=file.key)
        look = _store(answer["Body"], path, _is_gzip(file.key, given.compression), Look(given.quote))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            message = f"Remote file '{file.key}' was not found. There are several potential causes."
            raise sql_error(message, errors.FILE_NOT_FOUND, "22000") from None
        raise sql_error(f"Failed to access remote file '{file.key}': {error}", 91003, "22000") from error
    except BotoCoreError as error:
        raise sql_error(f"Failed to access remote file '{file.key}': {error}", 91003, "22000") from error
    except (EOFError, OSError, ValueError) as error:
        message = f"Invalid data encountered during decompression for file '{file.key}': {error}"
        raise sql_error(message, errors.BAD_FILE, "22000") from error
    return LocalFile(file.key, answer["ETag"].strip('"'), path, look.records, look.has_backslash, look.longest_record)


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


def _store(body: Any, path: Path, gzipped: bool, look: Look) -> Look:
    from isal import igzip

    source = igzip.IGzipFile(fileobj=body, mode="rb") if gzipped else body
    with path.open("wb") as target:
        while chunk := source.read(CHUNK):
            target.write(chunk)
            look.take(chunk)
    return look


def purge(session: Session, bucket: str, files: list[LocalFile]) -> None:
    for file in files:
        stages.client(session).delete_object(Bucket=bucket, Key=file.key)
