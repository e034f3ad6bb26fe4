"""What COPY and LIST need of an object store."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Protocol


@dataclass(frozen=True)
class StoredObject:
    """`modified` is as LIST shows it."""

    key: str
    size: int
    etag: str
    modified: str


class ObjectStore(Protocol):
    """The store that external stages point to."""

    def list_objects(self, bucket: str, prefix: str) -> list[StoredObject]:
        """The objects whose keys begin with the prefix; markers of folders are left out."""
        ...

    def open(self, bucket: str, key: str) -> AbstractContextManager[tuple[IO[bytes], str]]:
        """The content of an object, to be read from, and its ETag.

        Raises ProgrammingError with Snowflake's numbers if it is not there or cannot be read.
        """
        ...

    def delete(self, bucket: str, key: str) -> None: ...
