"""Old versions in the embedded lake. On AWS the bucket's lifecycle rule does the same; the embedded store has none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from shopstream_platform.config.connections import S3Connection
from shopstream_platform.services.s3_client import s3_client

AT_ONCE = 1000


@dataclass(frozen=True)
class Version:
    """One version of an object, or the mark of its deletion; `written` is the store's time, in whole seconds."""

    key: str
    id: str
    written: datetime
    size: int
    is_deletion: bool
    is_latest: bool


def drop_old_versions(at: S3Connection, before: datetime) -> tuple[int, int]:
    """Delete versions that were replaced or deleted before a moment; how many they were, and their bytes."""
    client = s3_client(at)
    dropped, size = 0, 0
    old = old_versions(versions_of(client, at), before)
    while some := list(islice(old, AT_ONCE)):
        objects = [{"Key": at.key(version.key), "VersionId": version.id} for version in some]
        client.delete_objects(Bucket=at.bucket, Delete={"Objects": objects, "Quiet": True})
        dropped, size = dropped + len(some), size + sum(version.size for version in some)
    return dropped, size


def old_versions(versions: Iterable[Version], before: datetime) -> Iterator[Version]:
    """Those that another one has followed before the moment, and deletions under which nothing is left.

    `versions` are in order of keys; within a key, in any.
    """
    for _, of_key in groupby(versions, key=lambda version: version.key):
        # What is current only the store can say: several may have been written in one second.
        newest_first = sorted(of_key, key=lambda version: (version.is_latest, version.written), reverse=True)
        dropped = [
            version
            for version, successor in zip(newest_first[1:], newest_first, strict=False)
            if successor.written < before
        ]
        yield from dropped
        newest = newest_first[0]
        if newest.is_deletion and newest.written < before and len(dropped) == len(newest_first) - 1:
            yield newest


def versions_of(client: Any, at: S3Connection) -> Iterator[Version]:
    """Every version of every object of the lake, in order of keys; these are the lake's names."""
    for page in client.get_paginator("list_object_versions").paginate(Bucket=at.bucket, Prefix=at.prefix):
        found = [
            *(_version(entry, at, is_deletion=False) for entry in page.get("Versions", ())),
            *(_version(entry, at, is_deletion=True) for entry in page.get("DeleteMarkers", ())),
        ]
        yield from sorted(found, key=lambda version: version.key)


def _version(entry: dict[str, Any], at: S3Connection, *, is_deletion: bool) -> Version:
    return Version(
        key=entry["Key"].removeprefix(at.prefix),
        id=entry["VersionId"],
        written=entry["LastModified"],
        size=entry.get("Size", 0),
        is_deletion=is_deletion,
        is_latest=entry["IsLatest"],
    )
