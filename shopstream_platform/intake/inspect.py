"""A look at a database: what it has, by its catalogue alone."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.intake import catalogue
from shopstream_platform.intake.found import (
    FoundColumn,
    FoundForeignKey,
    FoundIndex,
    Inspection,
    Relation,
    RelationKind,
)


def inspect(conn: connection, schemas: Collection[str] = ()) -> Inspection:
    """All relations of these schemas, or of every one that the role may use; nothing is read but the catalogue.

    Raises ShopStreamError for a schema that does not exist or has no relations.
    """
    wanted = {"schemas": list(schemas) or None}
    usable = dict(_rows(conn, catalogue.SCHEMAS, wanted))
    if missing := sorted(set(schemas) - usable.keys()):
        have = ", ".join(name for name, is_open in _rows(conn, catalogue.SCHEMAS, {"schemas": None}) if is_open)
        raise ShopStreamError(
            f"the database has no table or view in schema {', '.join(missing)}: it has some in {have or 'none'}"
        )
    return Inspection(
        role=conn.info.user,
        server_version=conn.server_version,
        relations=_relations(conn, wanted),
        closed_schemas=tuple(name for name, is_open in usable.items() if not is_open),
    )


def _relations(conn: connection, wanted: dict[str, Any]) -> tuple[Relation, ...]:
    columns: dict[int, list[FoundColumn]] = defaultdict(list)
    for oid, *rest in _rows(conn, catalogue.COLUMNS, wanted):
        columns[oid].append(FoundColumn(*rest))
    indexes: dict[int, list[FoundIndex]] = defaultdict(list)
    for oid, numbers, keys, unique, primary in _rows(conn, catalogue.INDEXES, wanted):
        indexes[oid].append(FoundIndex(tuple(numbers[:keys]), unique, primary))
    references: dict[int, list[FoundForeignKey]] = defaultdict(list)
    for oid, numbers, target, targets, enforced in _rows(conn, catalogue.FOREIGN_KEYS, wanted):
        references[oid].append(FoundForeignKey(tuple(numbers), target, tuple(targets), enforced))
    return tuple(
        Relation(
            *(oid, schema, name, sql, RelationKind(kind), rows if rows >= 0 else None, size),
            *(readable, filtered, comment),
            columns=tuple(columns[oid]),
            indexes=tuple(indexes[oid]),
            foreign_keys=tuple(references[oid]),
            partition_key=partition_key,
        )
        for oid, schema, name, sql, kind, rows, size, readable, filtered, comment, partition_key in _rows(
            conn, catalogue.RELATIONS, wanted
        )
    )


def _rows(conn: connection, query: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with conn.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
