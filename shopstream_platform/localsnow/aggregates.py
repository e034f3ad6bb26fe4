"""Aggregates and window functions that DuckDB has not, or answers differently for no rows and for NULLs."""

from __future__ import annotations

from sqlglot import Expr, exp

from shopstream_platform.localsnow.macros import Rewrites


def complete_lists(expression: Expr) -> None:
    """LISTAGG joins with nothing by default, and gives an empty text for no rows."""
    for node in list(expression.find_all(exp.GroupConcat)):
        if node.args.get("separator") is None:
            node.set("separator", exp.Literal.string(""))
        outermost: Expr = node
        while isinstance(outermost.parent, (exp.WithinGroup, exp.Window)) and outermost.arg_key == "this":
            outermost = outermost.parent
        whole = exp.Coalesce(expressions=[exp.Literal.string("")])
        outermost.replace(whole)
        whole.set("this", outermost)


def to_array(expression: Expr) -> Expr:
    """ARRAY_AGG leaves NULLs out, and gives an empty array for no rows; upstream does neither."""
    alone = isinstance(expression, exp.ArrayAgg) and not isinstance(expression.parent, exp.Window)
    if not alone and not (isinstance(expression, exp.Window) and isinstance(expression.this, exp.ArrayAgg)):
        return expression
    present = exp.Not(this=exp.Is(this=exp.column("x"), expression=exp.Null()))
    keep = exp.Lambda(this=present, expressions=[exp.to_identifier("x")])
    kept = exp.Anonymous(this="list_filter", expressions=[expression, keep])
    return exp.Anonymous(this="TO_JSON", expressions=[exp.Coalesce(this=kept, expressions=[exp.Array()])])


def window(node: Expr) -> Expr:
    """Window functions that DuckDB has not."""
    function = node.this
    if not isinstance(function, exp.Anonymous):
        return node
    name = function.name.upper()
    if name == "CONDITIONAL_TRUE_EVENT":
        node.set("this", exp.Sum(this=exp.Case(ifs=[exp.If(this=function.expressions[0], true=exp.Literal.number(1))],
                                               default=exp.Literal.number(0))))  # fmt: skip
        node.set("spec", exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"))
    elif name == "RATIO_TO_REPORT":
        value = function.expressions[0]
        node.set("this", exp.Sum(this=value.copy()))
        total = exp.Nullif(this=node.copy(), expression=exp.Literal.number(0))
        return exp.Div(this=value.copy(), expression=total, typed=False, safe=False)
    return node


def hash_agg(node: Expr) -> Expr:
    """A number that does not depend on the order of rows, and counts equal rows; 0 for no rows."""
    every = exp.Columns(this=exp.Star(), unpack=True)
    columns = [every] if isinstance(node.this, exp.Star) else [node.this, *node.expressions]
    total = exp.Sum(this=exp.Anonymous(this="HASH", expressions=columns))
    within = exp.Mod(this=total, expression=exp.Literal.number(2**63 - 1))
    return exp.Coalesce(this=exp.cast(within, "BIGINT"), expressions=[exp.Literal.number(0)])


def count_if(node: Expr) -> Expr:
    """0 for no rows, not NULL."""
    return exp.Count(this=exp.Case(ifs=[exp.If(this=node.this, true=exp.Literal.number(1))]), big_int=True)


REWRITES: Rewrites = {exp.Window: window, exp.HashAgg: hash_agg, exp.CountIf: count_if}
