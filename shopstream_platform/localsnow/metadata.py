"""Comments, text lengths and load history: what DuckDB's own catalogue does not keep for us."""

from __future__ import annotations

from shopstream_platform.localsnow import upstream
from shopstream_platform.localsnow.interfaces import Catalogue


def database_sql(database: str) -> str:
    """Additions to what upstream creates in each database.

    Upstream's load history does not know which version of a file was loaded, and its INFORMATION_SCHEMA.TABLES lists
    no views, so `dbt docs` shows no columns for them.
    """
    return f"""
        ALTER TABLE {database}.{upstream.LOAD_HISTORY} ADD COLUMN IF NOT EXISTS ETAG VARCHAR;
        {upstream.tables_view_sql(database)}
        UNION ALL BY NAME
        SELECT v.database_name AS "TABLE_CATALOG", v.schema_name AS "TABLE_SCHEMA", view_name AS "TABLE_NAME",
               'SYSADMIN' AS "TABLE_OWNER", 'VIEW' AS "TABLE_TYPE", 'NO' AS "IS_TRANSIENT", x.comment AS "COMMENT",
               'NO' AS "IS_DYNAMIC", 'NO' AS "IS_ICEBERG", to_timestamp(0)::timestamptz AS "LAST_ALTERED"
        FROM duckdb_views() AS v LEFT JOIN {upstream.TABLE_COMMENTS} AS x
          ON (v.database_name, v.schema_name, v.view_name) = (x.database_name, x.schema_name, x.table_name)
        WHERE v.database_name = '{database}' AND v.schema_name <> '{upstream.SCHEMA}' AND NOT internal
    """


def write(catalogue: Catalogue, sql: str, rows: list[tuple[object, ...]]) -> None:
    """Change the shared catalogue in a transaction of its own.

    DuckDB lets a transaction write to one database only, and two sessions that write the same table at once conflict.
    """
    with catalogue.lock, catalogue.duck.cursor() as connection:
        connection.executemany(sql, rows)


def set_table_comment(catalogue: Catalogue, database: str, schema: str, table: str, comment: str | None) -> None:
    row = (database, schema, table, comment or "")
    write(catalogue, upstream.SET_TABLE_COMMENT, [row])


def forget_table_comment(catalogue: Catalogue, database: str, schema: str, table: str) -> None:
    write(catalogue, upstream.FORGET_TABLE_COMMENT, [(database, schema, table)])


def set_text_lengths(
    catalogue: Catalogue, database: str, schema: str, table: str, lengths: list[tuple[str, int]]
) -> None:
    rows: list[tuple[object, ...]] = [
        (database, schema, table, column, length, min(length * 4, 16_777_216))
        for column, length in dict(lengths).items()
    ]
    write(catalogue, upstream.SET_TEXT_LENGTH, rows)


def forget_text_length(catalogue: Catalogue, database: str, schema: str, table: str, column: str) -> None:
    write(catalogue, upstream.FORGET_TEXT_LENGTH, [(database, schema, table, column)])


def text_lengths(catalogue: Catalogue, database: str, schema: str, table: str) -> dict[str, int]:
    """The declared lengths of a table's text columns; those without one are left out."""
    with catalogue.duck.cursor() as connection:
        found = connection.execute(
            f"SELECT column_name, text_length FROM {upstream.TEXT_LENGTHS}"
            " WHERE (database_name, schema_name, table_name) = (?, ?, ?)",
            (database, schema, table),
        ).fetchall()
    return {name: length for name, length in found if length < 16_777_216}


def forget(catalogue: Catalogue, database: str) -> None:
    """A dropped database takes its stages, formats and comments with it."""
    for statement in upstream.FORGET_DATABASE:
        write(catalogue, statement, [(database,)])
