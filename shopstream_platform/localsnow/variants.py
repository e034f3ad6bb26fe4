"""VARIANT: types, casts, FLATTEN."""

from __future__ import annotations

from sqlglot import Expr, exp

from shopstream_platform.localsnow import upstream
from shopstream_platform.localsnow.errors import unsupported
from shopstream_platform.localsnow.macros import MACROS, Rewrites, call

CREATION_SQL = f"""
CREATE OR REPLACE MACRO {MACROS}._ss_json_type(v) AS
    CASE json_type(v) WHEN 'UBIGINT' THEN 'INTEGER' WHEN 'BIGINT' THEN 'INTEGER' WHEN 'NULL' THEN 'NULL_VALUE'
        WHEN 'DOUBLE' THEN 'DECIMAL' ELSE json_type(v) END;
"""
TEXTS = {exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT}


def database_sql(database: str) -> str:
    """Upstream's macro for FLATTEN is one of each database; this one keeps a row for an input without elements."""
    return f"""CREATE MACRO IF NOT EXISTS {database}._ss_flatten_outer(input) AS TABLE
        SELECT f.* FROM (SELECT 1) AS one LEFT JOIN {database}.main.{upstream.FLATTEN}(input) AS f ON TRUE"""


def type_of(node: Expr) -> Expr:
    """TYPEOF tells what a VARIANT holds; DuckDB's function names the column's type."""
    return call("_ss_json_type", node.this)


def variant_as_text(node: Expr) -> Expr:
    """A string in a VARIANT loses its quotes in a cast. Upstream sees to `v:a::varchar` alone."""
    value = node.this
    if _is_document(value) and node.args["to"].this in TEXTS:
        root = exp.JSONPath(expressions=[exp.JSONPathRoot()])
        node.set("this", exp.JSONExtractScalar(this=value, expression=root))
    elif isinstance(value, exp.GetExtract) or (
        isinstance(value, exp.JSONExtract) and not isinstance(value.expression, exp.JSONPath)
    ):
        node.set("this", exp.JSONExtractScalar(this=value.this, expression=value.expression))
    return to_variant(node)


def _is_document(value: Expr) -> bool:
    return isinstance(value, (exp.ParseJSON, exp.ToVariant)) or (
        isinstance(value, exp.Anonymous) and value.name.upper() == "TO_JSON"
    )


def to_variant(node: Expr) -> Expr:
    """DuckDB takes the text in a cast to JSON for a document."""
    if node.args["to"].this != exp.DataType.Type.VARIANT or isinstance(node.this, exp.ParseJSON):
        return node
    if isinstance(node.parent, exp.ArrayContains):
        return node.this  # a text among the elements, not a document
    return exp.Anonymous(this="TO_JSON", expressions=[node.this])


def compared_with_text(node: Expr) -> Expr:
    """DuckDB takes the text that a path is compared with for a document."""
    others = node.expressions if isinstance(node, exp.In) else [node.expression]
    path = node.this
    if isinstance(path, exp.JSONExtract) and others and all(_is_text(other) for other in others):
        node.set("this", exp.JSONExtractScalar(this=path.this, expression=path.expression))
    return node


def _is_text(value: Expr) -> bool:
    return isinstance(value, exp.Literal) and value.is_string


def flatten_arguments(node: Expr) -> Expr:
    """Upstream reads only INPUT: the others would be ignored."""
    for argument in node.expressions:
        name = argument.this.name.upper() if isinstance(argument, exp.Kwarg) else ""
        if name in ("PATH", "RECURSIVE", "MODE"):
            raise unsupported(f"FLATTEN with {name}")
    return node


REWRITES: Rewrites = {
    exp.Typeof: type_of,
    exp.Cast: variant_as_text,
    exp.Explode: flatten_arguments,
    exp.EQ: compared_with_text,
    exp.NEQ: compared_with_text,
    exp.In: compared_with_text,
}
