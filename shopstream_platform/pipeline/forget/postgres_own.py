"""The databases of the embedded PostgreSQL: the run history's texts, and what PostgreSQL itself keeps of old rows."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection

from shopstream_platform.config.environment.libpq import closed
from shopstream_platform.pipeline.forget.needles import Needles
from shopstream_platform.pipeline.forget.person import PERSONAL

# Each switch leaves one segment behind; a server that once had them all keeps as many ready for use.
MOST_SWITCHES = 400
_TEXTS = """
SELECT c.table_name, array_agg(c.column_name::text)
FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'character')
GROUP BY 1 ORDER BY 1
"""


def rows_with(dsn: str, needles: Needles) -> dict[str, int]:
    """Table -> rows of a database that hold the person in some text."""
    with _connected(dsn) as conn:
        return {table: sum(1 for _ in _found(conn, table, columns, needles)) for table, columns in _tables(conn)}


def scrub(dsn: str, needles: Needles) -> int:
    """Overwrite the person in all texts of a database, and let nothing of the old rows stay; how many rows it was."""
    changed = 0
    with _connected(dsn) as conn, conn.cursor() as cursor:
        for table, columns in _tables(conn):
            rows = list(_found(conn, table, columns, needles))
            for place, values in rows:
                sets = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in columns)
                update = sql.SQL("UPDATE {} SET {} WHERE ctid = %s").format(sql.Identifier(table), sets)
                cursor.execute(update, [*(v if v is None else needles.scrubbed(v) for v in values), place])
            if rows:
                cursor.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(table)))
            changed += len(rows)
    return changed


def drop_dead_rows(dsn: str) -> None:
    """Write the shop's personal tables and the planner's samples of their values anew, without old versions of rows."""
    with _connected(dsn) as conn, conn.cursor() as cursor:
        for table in PERSONAL:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table.name])
            if cursor.fetchone() == (True,):
                cursor.execute(f"VACUUM (FULL, ANALYZE) {table.name}")
        cursor.execute("VACUUM FULL pg_statistic")


def drop_log_segments(dsn: str, data: Path) -> None:
    """Let the server delete every segment of its write-ahead log that it has now, used or ready for use."""
    folder = data / "pg_wal"
    before = {path.name for path in folder.iterdir() if path.is_file() and len(path.name) == 24}
    with _connected(dsn) as conn, conn.cursor() as cursor:
        # The change feed's slot keeps them; without it, the next refresh compares everything and makes it anew.
        cursor.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active")
        for _ in range(MOST_SWITCHES):
            # A segment in which nothing was written is not left.
            cursor.execute("SELECT txid_current(), pg_switch_wal()")
            cursor.execute("CHECKPOINT")
            if not before & {path.name for path in folder.iterdir()}:
                return


def _tables(conn: connection) -> list[tuple[str, list[str]]]:
    with conn.cursor() as cursor:
        cursor.execute(_TEXTS)
        return cursor.fetchall()


def _found(
    conn: connection, table: str, columns: list[str], needles: Needles
) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """(ctid, texts) of the rows that hold the person."""
    anchors = [f"%{anchor}%" for anchor in needles.anchors] or ["%"]
    names = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns)
    where = sql.SQL(" OR ").join(
        sql.SQL("lower({}::text) LIKE ANY(%s)").format(sql.Identifier(column)) for column in columns
    )
    with conn.cursor() as cursor:
        query = sql.SQL("SELECT ctid::text, {} FROM {} WHERE {}").format(names, sql.Identifier(table), where)
        cursor.execute(query, [anchors] * len(columns))
        for place, *values in cursor.fetchall():
            if any(needles.any_in(value.encode()) for value in values if value):
                yield place, tuple(values)


@contextmanager
def _connected(dsn: str) -> Iterator[connection]:
    """A connection on which every statement is committed; closed at the end."""
    with closing(psycopg2.connect(closed(dsn))) as conn:
        conn.autocommit = True
        yield conn
