"""Comments, text lengths and load history: what DuckDB's own catalogue does not keep for us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakesnow import info_schema

if TYPE_CHECKING:
    from shopstream_platform.localsnow.catalogue import Catalogue

GLOBAL_SCHEMA = "_fs_global._fs_information_schema"


def database_sql(database: str) -> str:
    """Additions to what upstream creates in each database.

    Upstream's load history does not know which version of a file was loaded, and its INFORMATION_SCHEMA.TABLES lists
    no views, so `dbt docs` shows no columns for them.
    """
    schema = f"{database}._fs_information_schema"
    tables = info_schema.SQL_CREATE_INFORMATION_SCHEMA_TABLES_VIEW.substitute(catalog=database)
    return f"""
        ALTER TABLE {schema}._fs_load_history ADD COLUMN IF NOT EXISTS ETAG VARCHAR;
        {tables.replace("create view if not exists", "create or replace view")}
        UNION ALL BY NAME
        SELECT database_name AS "TABLE_CATALOG", schema_name AS "TABLE_SCHEMA", view_name AS "TABLE_NAME",
               'SYSADMIN' AS "TABLE_OWNER", 'VIEW' AS "TABLE_TYPE", 'NO' AS "IS_TRANSIENT", x.comment AS "COMMENT",
               'NO' AS "IS_DYNAMIC", 'NO' AS "IS_ICEBERG", to_timestamp(0)::timestamptz AS "LAST_ALTERED"
        FROM duckdb_views() LEFT JOIN {GLOBAL_SCHEMA}._fs_tables_ext AS x
          ON (database_name, schema_name, view_name) = (ext_table_catalog, ext_table_schema, ext_table_name)
        WHERE database_name = '{database}' AND schema_name <> '_fs_information_schema' AND NOT internal
    """


def write(catalogue: Catalogue, sql: str, rows: list[tuple[object, ...]]) -> None:
    """Change the shared catalogue in a transaction of its own.

    DuckDB lets a transaction write to one database only, and two sessions that write the same table at once conflict.
    """
    with catalogue.metadata_lock, catalogue.duck_conn.cursor() as connection:
        connection.executemany(sql, rows)


def set_table_comment(catalogue: Catalogue, database: str, schema: str, table: str, comment: str | None) -> None:
    row = (database, schema, table, comment or "")
    write(catalogue, f"INSERT OR REPLACE INTO {GLOBAL_SCHEMA}._fs_tables_ext VALUES (?, ?, ?, ?)", [row])


def set_text_lengths(
    catalogue: Catalogue, database: str, schema: str, table: str, lengths: list[tuple[str, int]]
) -> None:
    rows: list[tuple[object, ...]] = [
        (database, schema, table, column, length, min(length * 4, 16_777_216))
        for column, length in dict(lengths).items()
    ]
    write(catalogue, f"INSERT OR REPLACE INTO {GLOBAL_SCHEMA}._fs_columns_ext VALUES (?, ?, ?, ?, ?, ?)", rows)


def text_lengths(catalogue: Catalogue, database: str, schema: str, table: str) -> dict[str, int]:
    """The declared lengths of a table's text columns; those without one are left out."""
    with catalogue.duck_conn.cursor() as connection:
        found = connection.execute(
            f"SELECT ext_column_name, ext_character_maximum_length FROM {GLOBAL_SCHEMA}._fs_columns_ext"
            " WHERE (ext_table_catalog, ext_table_schema, ext_table_name) = (?, ?, ?)",
            (database, schema, table),
        ).fetchall()
    return {name: length for name, length in found if length < 16_777_216}


def forget(catalogue: Catalogue, database: str) -> None:
    """A dropped database takes its stages, formats and comments with it."""
    for table, column in (
        ("_fs_stages", "database_name"),
        ("_fs_file_formats", "database_name"),
        ("_fs_tables_ext", "ext_table_catalog"),
        ("_fs_columns_ext", "ext_table_catalog"),
    ):
        write(catalogue, f"DELETE FROM {GLOBAL_SCHEMA}.{table} WHERE {column} = ?", [(database,)])
