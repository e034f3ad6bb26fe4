"""Which tables the feed can serve, by what their source says of them; the others are compared by fingerprints."""

from dataclasses import dataclass

from psycopg2.extensions import connection

from shopstream_platform.contract.declare import VALUE, ByDay, ByParent, Column, Kind, Table
from shopstream_platform.contract.types import AS_TEXT

# From this version on a publication can name columns.
COLUMN_LISTS = 150000
_KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence"}
_IDENTITIES = {"f": "FULL", "n": "NOTHING", "i": "USING INDEX"}
_ABOUT = """
    SELECT c.oid::bigint, c.relkind::text, c.relpersistence::text, c.relreplident::text,
        (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_index i
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
         WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid),
        c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid),
        n.nspname::text, c.relname::text,
        (SELECT array_agg(concat_ws('|', k.confrelid, a.attname, f.attname)) FROM pg_constraint k
         JOIN pg_attribute a ON a.attrelid = c.oid AND ARRAY[a.attnum] = k.conkey
         JOIN pg_attribute f ON f.attrelid = k.confrelid AND ARRAY[f.attnum] = k.confkey
         WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.convalidated
         AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A'))
         -- What a subscription applies fires no trigger of the usual kind.
         AND NOT EXISTS (SELECT FROM pg_subscription_rel s WHERE s.srrelid = c.oid)),
        (SELECT array_agg(a.attname::text) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attgenerated <> '' AND NOT a.attisdropped)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(%s)
"""


@dataclass(frozen=True)
class Served:
    """A table that the feed serves; columns are named as the source does.

    `day` is the timestamp that gives a row its partition, `via` the foreign key to the parent that does. `guarded`: a
    foreign key of the source sees to it that a row never comes before its parent.
    """

    table: Table
    oid: int
    schema: str
    relation: str
    key: tuple[str, ...]
    day: str | None = None
    via: str | None = None
    guarded: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """What has to be published of it: no personal data, unless the key is."""
        return (*self.key, *(one for one in (self.day, self.via) if one and one not in self.key))


def served(conn: connection, tables: tuple[Table, ...]) -> tuple[dict[str, Served], dict[str, str]]:
    """The tables that the feed can serve, and why it cannot serve the others."""
    found: dict[str, Served] = {}
    why: dict[str, str] = {}
    for table in tables:
        one = _served(conn, table)
        if isinstance(one, str):
            why[table.name] = one
        else:
            found[table.name] = one
    for name, one in list(found.items()):
        # Its days are those of rows that the feed does not name.
        if one.table.parent and one.table.parent.name not in found:
            why[name] = f"its days are those of {one.table.parent.name}, which the change feed does not serve"
            del found[name]
    return found, why


def _served(conn: connection, table: Table) -> Served | str:
    if not table.key:
        return "it is declared without a key"
    if odd := [column.name for column in table.key_columns if not _is_plain_key(column)]:
        return f"its key has a column, {odd[0]}, that is neither a whole number nor a text"
    with conn.cursor() as cursor:
        cursor.execute(_ABOUT, (table.source_sql,))
        about = cursor.fetchone()
    if about is None:
        return "it does not exist at the source"
    oid, kind, persistence, identity, primary, inherited, schema, relation, parents, generated = about
    key = tuple(column.source_name for column in table.key_columns)
    if kind in _KINDS:
        return f"it is {_KINDS[kind]} at the source"
    if persistence != "p":
        return "it is an unlogged table at the source, of which the write-ahead log says nothing"
    if inherited:
        return "other tables of the source inherit from it"
    if identity in _IDENTITIES:
        return f"its REPLICA IDENTITY is {_IDENTITIES[identity]}, not DEFAULT"
    if not primary:
        return "it has no primary key at the source"
    if set(primary) != set(key):
        return f"its primary key at the source is {', '.join(primary)}, not the declared {', '.join(key)}"
    one = _placed(table, Served(table, oid, schema, relation, key), set(parents or ()), conn)
    if not isinstance(one, str) and (computed := set(one.columns) & set(generated or ())):
        return f"its column {', '.join(sorted(computed))} is computed by the source, which the log need not have"
    return one


def _placed(table: Table, one: Served, parents: set[str], conn: connection) -> Served | str:
    match table.partition:
        case ByDay(column):
            return Served(table, one.oid, one.schema, one.relation, one.key, day=table.column(column).source_name)
        case ByParent(parent, via):
            if not _is_plain_key(parent.key_columns[0]):
                return f"the key of its parent {parent.name} is neither a whole number nor a text"
            with conn.cursor() as cursor:
                cursor.execute("SELECT to_regclass(%s)::oid::bigint", (parent.source_sql,))
                (oid,) = cursor.fetchone() or (None,)
            name = table.column(via).source_name
            guard = f"{oid}|{name}|{parent.key_columns[0].source_name}"
            return Served(table, one.oid, one.schema, one.relation, one.key, via=name, guarded=guard in parents)
        case None:
            return one


def _is_plain_key(column: Column) -> bool:
    """Whether the feed writes its values as RAW holds them."""
    if column.kind is Kind.INTEGER:
        return column.read == VALUE
    fixed = column.postgres_type.startswith(("character", "char", "bpchar")) and "varying" not in column.postgres_type
    return column.kind is Kind.TEXT and column.read in (VALUE, AS_TEXT) and not fixed
