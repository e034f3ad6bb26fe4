"""External stages: where they point, what lies there, and LIST."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlglot import exp

from shopstream_platform.localsnow import errors, statements, temporary
from shopstream_platform.localsnow.errors import sql_error, unsupported
from shopstream_platform.localsnow.interfaces import Cursor, Session
from shopstream_platform.localsnow.upstream import STAGES

# A quoted name may hold any character, points and slashes too.
_NAME = r'"(?:[^"]|"")+"|[\w$]+'
_REFERENCE = re.compile(rf"@((?:{_NAME})(?:\.(?:{_NAME})){{0,2}})(?:/(.*))?", re.S)
_BUCKET_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.S)


@dataclass(frozen=True)
class Location:
    """A place in a bucket; as in Snowflake `prefix` is the beginning of a key, not a folder."""

    bucket: str
    prefix: str

    def url(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"


def resolve(session: Session, reference: str) -> Location:
    """The place that @stage/path means."""
    understood = _REFERENCE.fullmatch(reference)
    if understood is None:
        raise unsupported(f"stage {reference}")
    names = [
        name[1:-1].replace('""', '"') if name.startswith('"') else name.upper()
        for name in re.findall(_NAME, understood[1])
    ]
    parts = _full_name(session, names)
    found = session.duck.execute(
        f"SELECT url FROM {STAGES} WHERE (database_name, schema_name, name) = (?, ?, ?)", parts
    ).fetchone()
    if found is None:
        raise _not_found(parts)
    place = _BUCKET_URL.fullmatch(str(found[0]))
    if place is None:
        raise unsupported("internal stages")
    return Location(place[1], f"{(place[2] or '').rstrip('/')}/{understood[2] or ''}".lstrip("/"))


def create(cursor: Cursor, expression: exp.Create) -> None:
    """Note a stage. Upstream puts names and URL into SQL and into paths as they are, and takes any URL."""
    if expression.args.get("clone"):
        raise unsupported("CREATE STAGE ... CLONE")
    session, parts = cursor.session, _named(cursor.session, expression.this)
    url, is_temporary = _url(expression), expression.find(exp.TemporaryProperty) is not None
    exists = session.duck.execute(
        f"SELECT 1 FROM {STAGES} WHERE (database_name, schema_name, name) = (?, ?, ?)", parts
    ).fetchone()
    if exists and not expression.args.get("replace"):
        if not expression.args.get("exists"):
            raise sql_error(f"SQL compilation error:\nObject '{parts[2]}' already exists.", 2002, "42710")
        cursor.answer(statements.status(f"{parts[2]} already exists, statement succeeded."))
        return
    kind = ("EXTERNAL" if url else "INTERNAL") + (" TEMPORARY" if is_temporary else "")
    session.duck.execute(
        f"INSERT OR REPLACE INTO {STAGES} (created_on, name, database_name, schema_name, url, has_credentials,"
        " has_encryption_key, owner, comment, type, cloud, owner_role_type, directory_enabled)"
        " VALUES (?, ?, ?, ?, ?, 'N', 'N', 'SYSADMIN', '', ?, ?, 'ROLE', 'N')",
        [datetime.now(UTC).isoformat(), parts[2], *parts[:2], url, kind, "AWS" if url else None],
    )
    cursor.answer(statements.status(f"Stage area {parts[2]} successfully created."))


def drop(cursor: Cursor, expression: exp.Drop) -> None:
    """Forget a stage; what lies in the bucket stays."""
    parts = _named(cursor.session, temporary.dropped(expression))
    gone = cursor.session.duck.execute(
        f"DELETE FROM {STAGES} WHERE (database_name, schema_name, name) = (?, ?, ?) RETURNING name", parts
    ).fetchall()
    if not gone and not expression.args.get("exists"):
        raise _not_found(parts)
    done = f"{parts[2]} successfully dropped." if gone else "Drop statement executed successfully."
    cursor.answer(statements.status(done))


def move(cursor: Cursor, name: str, url: str) -> None:
    """ALTER STAGE ... SET URL."""
    parts = _named(cursor.session, exp.to_table(name, dialect="snowflake"))
    gone = cursor.session.duck.execute(
        f"UPDATE {STAGES} SET url = ? WHERE (database_name, schema_name, name) = (?, ?, ?) RETURNING name",
        [_checked(url), *parts],
    ).fetchall()
    if not gone:
        raise _not_found(parts)
    cursor.answer(statements.status())


def _url(create: exp.Create) -> str:
    """Empty for an internal stage."""
    properties = create.args.get("properties")
    for item in properties.expressions if properties else []:
        if isinstance(item, exp.Property) and item.name.upper() == "URL":
            value = item.args.get("value")
            url = value.name if isinstance(value, exp.Literal) else str(value)
            return _checked(url)
    return ""


def _checked(url: str) -> str:
    place = _BUCKET_URL.fullmatch(url)
    if place is None or ".." in (place[2] or "").split("/"):
        raise sql_error(f"SQL compilation error:\ninvalid URL prefix found in: '{url}'", 1011, "42601")
    return url


def _named(session: Session, table: exp.Expr) -> list[str]:
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        raise sql_error("SQL compilation error:\ninvalid name of a stage.", errors.SYNTAX, "42000")
    parts = [table.args.get("catalog"), table.args.get("db"), table.this]
    return _full_name(
        session,
        [part.this if part.quoted else part.this.upper() for part in parts if isinstance(part, exp.Identifier)],
    )


def _full_name(session: Session, names: list[str]) -> list[str]:
    """Database, schema and name, the first two of the session where they are not given."""
    place = [session.database, session.schema]
    parts = [*place[: 3 - len(names)], *names]
    if not all(parts):
        message = "Cannot find the stage: the session has no current database or schema, and its name does not say one."
        raise sql_error(message, 90105, "22000")
    return [str(part) for part in parts]


def _not_found(parts: list[str]) -> Exception:
    message = f"SQL compilation error:\nStage '{'.'.join(parts)}' does not exist or not authorized."
    return sql_error(message, errors.DOES_NOT_EXIST, "02000")


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
