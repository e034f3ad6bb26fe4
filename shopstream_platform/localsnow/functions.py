"""Functions that mean something else in DuckDB, or that neither upstream nor sqlglot translates."""

from __future__ import annotations

from sqlglot import Expr, exp

from shopstream_platform.localsnow import (
    aggregates,
    dates,
    quotients,
    variants,
)
from shopstream_platform.localsnow.macros import MACROS, Rewrites, call

CREATION_SQL = f"""
{dates.CREATION_SQL}
{variants.CREATION_SQL}
{quotients.CREATION_SQL}
CREATE OR REPLACE MACRO {MACROS}._ss_md5_lower(x) AS CAST('0x' || right(md5(CAST(x AS VARCHAR)), 16) AS UBIGINT);
CREATE OR REPLACE MACRO {MACROS}._ss_md5_upper(x) AS CAST('0x' || left(md5(CAST(x AS VARCHAR)), 16) AS UBIGINT);
CREATE OR REPLACE MACRO {MACROS}._ss_is_object(v) AS json_type(v) = 'OBJECT';
CREATE OR REPLACE MACRO {MACROS}._ss_width_bucket(x, low, high, n) AS CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1
    ELSE CAST(floor((x - low) * n / (high - low)) AS BIGINT) + 1 END;
CREATE OR REPLACE MACRO {MACROS}._ss_fit(x, n) AS CASE WHEN length(x) > n
    THEN error('String is too long and would be truncated: ' || length(x) || ' characters for ' || n) ELSE x END;
"""


def md5_number_lower64(node: Expr) -> Expr:
    """DuckDB's md5_number_lower takes the bytes in the other order, and sqlglot writes a name that does not exist."""
    return call("_ss_md5_lower", node.this)


def md5_number_upper64(node: Expr) -> Expr:
    """See md5_number_lower64."""
    return call("_ss_md5_upper", node.this)


def width_bucket(node: Expr) -> Expr:
    """DuckDB has none."""
    return call("_ss_width_bucket", node.this, *(node.args[name] for name in ("min_value", "max_value", "num_buckets")))


def unknown_to_sqlglot(node: Expr) -> Expr:
    """Functions that sqlglot passes on by their names."""
    if node.name.upper() == "IS_OBJECT":
        return call("_ss_is_object", *node.expressions)
    return node


def text_of_length(node: Expr) -> Expr:
    """A cast to VARCHAR(n) refuses longer texts; DuckDB ignores the length."""
    target = node.args["to"]
    if target.this not in variants.TEXTS or not target.expressions:
        return node
    return call("_ss_fit", exp.Cast(this=node.this, to=target.copy()), target.expressions[0].this.copy())


def positional_column(node: Expr) -> Expr:
    """$1 of a VALUES list; in a COPY it has been replaced before."""
    return exp.column(f"COLUMN{node.name}") if node.name.isdigit() else node


def order_by_all(node: Expr) -> Expr:
    """sqlglot takes ALL for a column."""
    column = node.this
    if isinstance(column, exp.Column) and not column.table and not column.this.quoted and column.name.upper() == "ALL":
        node.set("this", exp.Var(this="ALL"))
    return node


def name_values(node: Expr) -> Expr:
    """Columns of `VALUES ... AS t` are column1, column2 ...; upstream names them only if there is no alias."""
    alias = node.args.get("alias")
    if alias is not None and not alias.columns and node.expressions:
        count = len(node.expressions[0].expressions)
        alias.set("columns", [exp.to_identifier(f"COLUMN{number}") for number in range(1, count + 1)])
    return node


ALL_REWRITES: list[Rewrites] = [
    dates.REWRITES,
    quotients.REWRITES,
    aggregates.REWRITES,
    variants.REWRITES,
    {
        exp.MD5NumberLower64: md5_number_lower64,
        exp.MD5NumberUpper64: md5_number_upper64,
        exp.WidthBucket: width_bucket,
        exp.Anonymous: unknown_to_sqlglot,
        exp.Parameter: positional_column,
        exp.Ordered: order_by_all,
        exp.Values: name_values,
        exp.Cast: text_of_length,
    },
]


def rewrite(expression: Expr) -> Expr:
    """Apply the rewrites, innermost first."""
    aggregates.complete_lists(expression)
    for node in list(expression.walk(bfs=False))[::-1]:
        current = node
        for rewrites in ALL_REWRITES:
            change = rewrites.get(type(current))
            changed = change(current) if change is not None else current
            if changed is not current:
                if current is expression:
                    expression = changed
                else:
                    current.replace(changed)
                current = changed
    return expression
