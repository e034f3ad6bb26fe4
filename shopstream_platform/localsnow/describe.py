"""DESCRIBE TABLE and VIEW.

Upstream looks in the current database only, so it finds neither temporary tables nor those of another database, knows
no sums' types (HUGEINT), and loses the comments.
"""

from __future__ import annotations

from sqlglot import exp

from shopstream_platform.localsnow.copy_history import Table
from shopstream_platform.localsnow.copy_values import literal
from shopstream_platform.localsnow.errors import DOES_NOT_EXIST, sql_error
from shopstream_platform.localsnow.interfaces import Cursor
from shopstream_platform.localsnow.upstream import TEXT_LENGTHS

TYPE = """CASE
    WHEN data_type LIKE 'DECIMAL%' THEN 'NUMBER(' || numeric_precision || ',' || numeric_scale || ')'
    WHEN data_type LIKE '%INT' OR data_type = 'INTEGER' THEN 'NUMBER(38,0)'
    WHEN data_type = 'VARCHAR' THEN 'VARCHAR(' || coalesce(text_length, 16777216) || ')'
    WHEN data_type = 'DOUBLE' OR data_type = 'FLOAT' THEN 'FLOAT'
    WHEN data_type = 'TIMESTAMP' THEN 'TIMESTAMP_NTZ(9)'
    WHEN data_type = 'TIMESTAMP WITH TIME ZONE' THEN 'TIMESTAMP_TZ(9)'
    WHEN data_type = 'TIME' THEN 'TIME(9)'
    WHEN data_type = 'BLOB' THEN 'BINARY(8388608)'
    WHEN data_type = 'JSON' THEN 'VARIANT'
    ELSE data_type END"""


def is_table(expression: exp.Describe) -> bool:
    kind = str(expression.args.get("kind") or "").upper()
    return (
        kind in ("TABLE", "VIEW") and isinstance(expression.this, exp.Table) and not _in_information_schema(expression)
    )


def _in_information_schema(expression: exp.Describe) -> bool:
    return expression.this.db.upper() == "INFORMATION_SCHEMA"


def answer(cursor: Cursor, expression: exp.Describe) -> None:
    table = Table.of(cursor.session, expression.this)
    cursor.answer(f"""
        SELECT column_name AS "name", {TYPE} AS "type", 'COLUMN' AS "kind",
            CASE WHEN is_nullable THEN 'Y' ELSE 'N' END AS "null?", column_default AS "default",
            'N' AS "primary key", 'N' AS "unique key", NULL::VARCHAR AS "check", NULL::VARCHAR AS "expression",
            comment AS "comment", NULL::VARCHAR AS "policy name", NULL::JSON AS "privacy domain"
        FROM duckdb_columns() LEFT JOIN {TEXT_LENGTHS} USING (database_name, schema_name, table_name, column_name)
        WHERE upper(database_name) = upper({literal(table.database)})
          AND schema_name = {literal(table.schema)} AND table_name = {literal(table.name)}
        ORDER BY column_index""")
    if cursor.table.num_rows == 0:
        message = f"SQL compilation error:\nTable '{table.sql}' does not exist or not authorized."
        raise sql_error(message, DOES_NOT_EXIST, "02000")
