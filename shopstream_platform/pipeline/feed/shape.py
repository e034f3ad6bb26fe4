"""What decoding does not tell: rewrites, partitions that come and go, tables and publications that were made anew."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg2.extensions import connection

from shopstream_platform.pipeline.feed.served import Served

_SHAPE = """
    SELECT md5(concat_ws('|', c.oid, c.relreplident, c.relpersistence, pg_relation_filenode(c.oid),
        (SELECT string_agg(t.relid::oid || ':' || COALESCE(pg_relation_filenode(t.relid), 0), ',' ORDER BY t.relid::oid)
         FROM pg_partition_tree(c.oid) t WHERE t.isleaf),
        (SELECT string_agg(i.indexrelid::text, ',') FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
        (SELECT string_agg(concat_ws(':', attnum, attname, atttypid, atttypmod), ',' ORDER BY attnum)
         FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
        (SELECT string_agg(concat_ws(':', r.oid, {lists}), ',') FROM pg_publication_rel r
         JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = c.oid AND p.pubname = %s)))
    FROM pg_class c WHERE c.oid = %s
"""
_LISTS = 150000


@dataclass(frozen=True)
class Server:
    """Which server it is: a restored one, or a standby that was promoted, has another history."""

    system: str
    timeline: str


def server(conn: connection) -> Server:
    """The server of a connection; its identifier is left out where the role may not ask for it."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")
        (timeline,) = cursor.fetchone() or ("",)
        cursor.execute("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')")
        system = ""
        if cursor.fetchone() == (True,):
            cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
            (system,) = cursor.fetchone() or ("",)
    return Server(system, timeline)


def shapes(conn: connection, served: Mapping[str, Served], publication: str) -> dict[str, str]:
    """Table -> its shape. Another one than last time: nothing that the feed says of the table can be relied on.

    VACUUM FULL, and a partition that is added in advance, change it too; they cost a comparison that finds nothing.
    """
    query = _SHAPE.format(lists="r.prattrs, r.prqual IS NULL" if conn.server_version >= _LISTS else "0")
    found: dict[str, str] = {}
    with conn.cursor() as cursor:
        for name, one in served.items():
            cursor.execute(query, (publication, one.oid))
            (found[name],) = cursor.fetchone() or ("",)
    return found


def leaves(conn: connection, served: Mapping[str, Served]) -> dict[tuple[str, str], str]:
    """(schema, relation) of every partition -> the table that it is a part of."""
    found: dict[tuple[str, str], str] = {}
    with conn.cursor() as cursor:
        for name, one in served.items():
            cursor.execute(
                "SELECT n.nspname::text, c.relname::text FROM pg_partition_tree(%s::oid::regclass) t "
                "JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace",
                (one.oid,),
            )
            found |= dict.fromkeys(cursor.fetchall(), name)
    return found
