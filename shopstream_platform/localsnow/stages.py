"""External stages: where they point, what lies there, and LIST."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from shopstream_platform.localsnow.errors import unsupported
from shopstream_platform.localsnow.interfaces import Session
from shopstream_platform.localsnow.upstream import STAGES, stage_not_found, stage_parts


@dataclass(frozen=True)
class Location:
    """A place in a bucket; as in Snowflake `prefix` is the beginning of a key, not a folder."""

    bucket: str
    prefix: str

    def url(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"


def resolve(session: Session, reference: str) -> Location:
    """The place that @stage/path means."""
    stage, _, path = reference.removeprefix("@").partition("/")
    parts = stage_parts(stage, session.database, session.schema)
    found = session.duck.execute(
        f"SELECT url FROM {STAGES} WHERE (database_name, schema_name, name) = (?, ?, ?)", parts
    ).fetchone()
    if found is None:
        raise stage_not_found(".".join(parts))
    if not str(found[0]).startswith("s3://"):
        raise unsupported("internal stages")
    bucket, _, prefix = str(found[0]).removeprefix("s3://").partition("/")
    return Location(bucket, f"{prefix.rstrip('/')}/{path}".lstrip("/"))


def list_files_sql(session: Session, expression: exp.ListStage) -> str:
    """LIST @stage/path. Upstream lists internal stages only: an external one looks empty."""
    if expression.args.get("pattern") is not None:
        raise unsupported("LIST with PATTERN")
    location = resolve(session, expression.this.name.strip("'"))
    rows = ", ".join(
        f"({_text(location.url(item.key))}, {item.size}::BIGINT, {_text(item.etag)}, {_text(item.modified)})"
        for item in session.catalogue.object_store.list_objects(location.bucket, location.prefix)
    )
    columns = 't("name", "size", "md5", "last_modified")'
    if rows:
        return f"SELECT * FROM (VALUES {rows}) AS {columns}"
    return f"SELECT * FROM (VALUES ('', 0::BIGINT, '', '')) AS {columns} WHERE FALSE"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
