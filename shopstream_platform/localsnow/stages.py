"""External stages: where they point, what lies there, and LIST."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakesnow.transforms.stage import not_found_error, parts_from_var
from sqlglot import exp

from shopstream_platform.localsnow.errors import sql_error, unsupported
from shopstream_platform.localsnow.metadata import GLOBAL_SCHEMA
from shopstream_platform.services.s3_client import s3_client

if TYPE_CHECKING:
    from shopstream_platform.localsnow.session import Session


@dataclass(frozen=True)
class Location:
    """A place in a bucket; as in Snowflake `prefix` is the beginning of a key, not a folder."""

    bucket: str
    prefix: str

    def url(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"


@dataclass(frozen=True)
class StoredObject:
    key: str
    size: int
    etag: str
    modified: str


def resolve(session: Session, reference: str) -> Location:
    """The place that @stage/path means."""
    stage, _, path = reference.removeprefix("@").partition("/")
    parts = parts_from_var(stage, session.database, session.schema)
    found = session.duck.execute(
        f"SELECT url FROM {GLOBAL_SCHEMA}._fs_stages WHERE (database_name, schema_name, name) = (?, ?, ?)", parts
    ).fetchone()
    if found is None:
        raise not_found_error(".".join(parts))
    if not str(found[0]).startswith("s3://"):
        raise unsupported("internal stages")
    bucket, _, prefix = str(found[0]).removeprefix("s3://").partition("/")
    return Location(bucket, f"{prefix.rstrip('/')}/{path}".lstrip("/"))


def client(session: Session) -> Any:
    """A boto3 client of the object store that this warehouse was started for."""
    if session.catalogue.s3_client is None:
        session.catalogue.s3_client = _make_client(session)
    return session.catalogue.s3_client


def _make_client(session: Session) -> Any:
    from botocore.config import Config

    s3 = session.s3
    if s3 is None:
        raise sql_error("The local warehouse was started without an object store.", 2003, "02000")
    config = Config(max_pool_connections=32, s3={"addressing_style": "path"}, retries={"max_attempts": 3})
    return s3_client(s3, config)


def list_objects(session: Session, location: Location) -> list[StoredObject]:
    pages = client(session).get_paginator("list_objects_v2").paginate(Bucket=location.bucket, Prefix=location.prefix)
    return [
        StoredObject(
            item["Key"], item["Size"], item["ETag"].strip('"'), f"{item['LastModified']:%a, %d %b %Y %H:%M:%S} GMT"
        )
        for page in pages
        for item in page.get("Contents", [])
        if not item["Key"].endswith("/")
    ]


def list_files_sql(session: Session, expression: exp.ListStage) -> str:
    """LIST @stage/path. Upstream lists internal stages only: an external one looks empty."""
    if expression.args.get("pattern") is not None:
        raise unsupported("LIST with PATTERN")
    location = resolve(session, expression.this.name.strip("'"))
    rows = ", ".join(
        f"({_text(location.url(item.key))}, {item.size}::BIGINT, {_text(item.etag)}, {_text(item.modified)})"
        for item in list_objects(session, location)
    )
    columns = 't("name", "size", "md5", "last_modified")'
    if rows:
        return f"SELECT * FROM (VALUES {rows}) AS {columns}"
    return f"SELECT * FROM (VALUES ('', 0::BIGINT, '', '')) AS {columns} WHERE FALSE"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
