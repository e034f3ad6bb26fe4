"""The publication that pgoutput reads: key and day of the tables that the feed serves, and nothing else.

It is the platform's own object at the source. No table is ever altered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection

from shopstream_platform.config.errors import TransientError
from shopstream_platform.contract.names import quoted
from shopstream_platform.pipeline.feed.served import COLUMN_LISTS, Served

LOCK_SECONDS = 10
_ABOUT = (
    "SELECT oid::bigint, pubinsert AND pubupdate AND pubdelete AND pubtruncate FROM pg_publication WHERE pubname = %s"
)
_COLUMNS = "attnames::text[], rowfilter IS NOT NULL"
_TABLES = "SELECT schemaname::text, tablename::text, {} FROM pg_publication_tables WHERE pubname = %s"


@dataclass(frozen=True)
class Published:
    """A publication: its oid, and (schema, relation) -> its published columns, None for all of them."""

    oid: int
    columns: Mapping[tuple[str, str], frozenset[str] | None]
    problem: str = ""


def find(conn: connection, name: str) -> Published | None:
    """What is published under the name; None if nothing is. Send it in a transaction.

    Raises TransientError while somebody has one of the tables for himself: PostgreSQL locks them to answer.
    """
    try:
        return _find(conn, name)
    except psycopg2.errors.LockNotAvailable:
        raise TransientError(
            f"a table of publication {name} has been locked by another session for {LOCK_SECONDS} s: run "
            "again when its migration, say, has finished"
        ) from None


def _find(conn: connection, name: str) -> Published | None:
    lists = conn.server_version >= COLUMN_LISTS
    with conn.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        cursor.execute(_ABOUT, (name,))
        about = cursor.fetchone()
        if about is None:
            return None
        oid, whole = about
        cursor.execute(_TABLES.format(_COLUMNS if lists else "NULL::text[], false"), (name,))
        rows = cursor.fetchall()
    filtered = [relation for _, relation, _, row_filter in rows if row_filter]
    problem = "" if whole else f"publication {name} leaves out inserts, updates, deletes or truncates"
    if filtered:
        problem = f"publication {name} has a row filter for {', '.join(filtered)}"
    columns = {(schema, relation): frozenset(names) if names else None for schema, relation, names, _ in rows}
    return Published(oid, columns, problem)


def lacking(found: Published, served: Mapping[str, Served]) -> dict[str, str]:
    """Table -> what the publication lacks of it."""
    why: dict[str, str] = {}
    for name, one in served.items():
        at = (one.schema, one.relation)
        if at not in found.columns:
            why[name] = "the publication does not have it"
        elif (columns := found.columns[at]) is not None and (left := set(one.columns) - columns):
            why[name] = f"the publication lacks its column {', '.join(sorted(left))}"
    return why


def create(conn: connection, name: str, served: Mapping[str, Served]) -> str | None:
    """Make the publication; why it could not be made, if it could not."""
    return _send(conn, creation(name, served.values(), lists=conn.server_version >= COLUMN_LISTS))


def add(conn: connection, name: str, served: Iterable[Served]) -> str | None:
    """Add tables to the publication; why they could not be added, if so."""
    lists = conn.server_version >= COLUMN_LISTS
    return _send(conn, f"ALTER PUBLICATION {quoted(name)} ADD TABLE {_tables(served, lists)}")


def creation(name: str, served: Iterable[Served], *, lists: bool = True) -> str:
    """The statement that makes the publication: for the owner of the tables."""
    return (
        f"CREATE PUBLICATION {quoted(name)} FOR TABLE {_tables(served, lists)} WITH (publish_via_partition_root = true)"
    )


def _tables(served: Iterable[Served], lists: bool) -> str:
    return ", ".join(_published(one, lists) for one in served)


def _published(one: Served, lists: bool) -> str:
    columns = f" ({', '.join(quoted(column) for column in one.columns)})" if lists else ""
    return f"{quoted(one.schema)}.{quoted(one.relation)}{columns}"


def _send(conn: connection, statement: str) -> str | None:
    with conn.cursor() as cursor:
        cursor.execute("SAVEPOINT publishing")
        try:
            cursor.execute(statement)
        except psycopg2.OperationalError:
            # A lock that does not come, a server that is gone: not of the publication.
            raise
        except psycopg2.Error as error:
            cursor.execute("ROLLBACK TO SAVEPOINT publishing")
            return (error.diag.message_primary or str(error)).strip()
    return None
