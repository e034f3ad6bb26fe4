"""Functions that mean something else in DuckDB, or that neither upstream nor sqlglot translates."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import Expr, exp

from shopstream_platform.embedded.warehouse.errors import unsupported

MACROS = "_fs_global.main"

# DuckDB's date + interval is a TIMESTAMP where Snowflake's DATEADD of days to a DATE is a DATE; at translation the
# type of a column is not known, so a macro chooses by it.
_DATE_MACROS = "\n".join(
    f"""CREATE OR REPLACE MACRO {MACROS}._ss_add_{unit}s
    (d DATE, n) AS CAST(d + to_{unit}s(CAST(n AS INTEGER)) AS DATE),
    (d TIMESTAMP, n) AS d + to_{unit}s(CAST(n AS INTEGER)),
    (d TIMESTAMPTZ, n) AS d + to_{unit}s(CAST(n AS INTEGER)),
    (d VARCHAR, n) AS CAST(d AS TIMESTAMP) + to_{unit}s(CAST(n AS INTEGER));"""
    for unit in ("day", "week", "month", "quarter", "year")
)
CREATION_SQL = f"""
{_DATE_MACROS}
CREATE OR REPLACE MACRO {MACROS}._ss_add_months_keeping_end
    (d DATE, n) AS CAST(CASE WHEN last_day(d) = d THEN last_day(d + to_months(CAST(n AS INTEGER)))
                             ELSE d + to_months(CAST(n AS INTEGER)) END AS DATE),
    (d TIMESTAMP, n) AS CASE WHEN last_day(d) = CAST(d AS DATE)
                             THEN last_day(d + to_months(CAST(n AS INTEGER))) + CAST(d AS TIME)
                             ELSE d + to_months(CAST(n AS INTEGER)) END;
CREATE OR REPLACE MACRO {MACROS}._ss_date_trunc
    (unit, d DATE) AS CAST(date_trunc(unit, d) AS DATE),
    (unit, d TIMESTAMP) AS date_trunc(unit, d),
    (unit, d TIMESTAMPTZ) AS date_trunc(unit, d),
    (unit, d VARCHAR) AS date_trunc(unit, CAST(d AS TIMESTAMP));
CREATE OR REPLACE MACRO {MACROS}._ss_json_type(v) AS
    CASE json_type(v) WHEN 'UBIGINT' THEN 'INTEGER' WHEN 'BIGINT' THEN 'INTEGER' WHEN 'NULL' THEN 'NULL_VALUE'
        WHEN 'DOUBLE' THEN 'DECIMAL' ELSE json_type(v) END;
CREATE OR REPLACE MACRO {MACROS}._ss_md5_lower(x) AS CAST('0x' || right(md5(CAST(x AS VARCHAR)), 16) AS UBIGINT);
"""

FORMAT_PARTS = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MON": "%b", "MM": "%m", "DD": "%d", "DY": "%a", "HH24": "%H",
    "HH12": "%I", "MI": "%M", "SS": "%S", "FF9": "%n", "FF6": "%f", "FF3": "%g", "FF": "%n", "AM": "%p", "PM": "%p",
}  # fmt: skip
FORMAT_PART = re.compile("|".join(sorted(FORMAT_PARTS, key=len, reverse=True)), re.I)


def call(name: str, *arguments: Expr) -> exp.Anonymous:
    return exp.Anonymous(this=f"{MACROS}.{name}", expressions=list(arguments))


def md5_number_lower64(node: Expr) -> Expr:
    """DuckDB's md5_number_lower takes the bytes in the other order, and sqlglot writes a name that does not exist."""
    return call("_ss_md5_lower", node.this)


def to_char(node: Expr) -> Expr:
    """sqlglot drops the format of TO_CHAR with a warning, so that 20240131 becomes 2024-01-31."""
    given = node.args.get("format")
    if given is None:
        return node
    if not (isinstance(given, exp.Literal) and given.is_string):
        raise unsupported("TO_CHAR with a format that is no literal")
    rest = re.sub(r'"[^"]*"', "", FORMAT_PART.sub("", given.this))
    if re.search(r"[A-Za-z90$]", rest.replace("T", "")):
        raise unsupported(f"TO_CHAR(..., '{given.this}')")
    pattern = FORMAT_PART.sub(lambda part: FORMAT_PARTS[part[0].upper()], given.this).replace('"', "")
    return exp.Anonymous(this="strftime", expressions=[exp.cast(node.this, "TIMESTAMP"), exp.Literal.string(pattern)])


def dateadd(node: Expr) -> Expr:
    """See _DATE_MACROS; units below a day always give a timestamp."""
    unit = _unit(node)
    if unit not in ("day", "week", "month", "quarter", "year"):
        node.set("expression", exp.cast(node.expression, "BIGINT"))
        return node
    return call(f"_ss_add_{unit}s", node.this, node.expression)


def add_months(node: Expr) -> Expr:
    """The last day of a month stays the last day; sqlglot's translation turns a DATE into a TIMESTAMP."""
    return call("_ss_add_months_keeping_end", node.this, node.expression)


def date_trunc(node: Expr) -> Expr:
    """DuckDB truncates a DATE to a TIMESTAMP."""
    return call("_ss_date_trunc", exp.Literal.string(_unit(node)), node.this)


def datediff(node: Expr) -> Expr:
    """DuckDB counts whole weeks, Snowflake the Mondays between."""
    if _unit(node) != "week":
        return node
    mondays = [exp.Anonymous(this="date_trunc", expressions=[exp.Literal.string("week"), date])
               for date in (node.expression, node.this)]  # fmt: skip
    days = exp.Anonymous(this="date_diff", expressions=[exp.Literal.string("day"), *mondays])
    return exp.IntDiv(this=days, expression=exp.Literal.number(7))


def division(node: Expr) -> Expr:
    """DuckDB divides by zero without an error."""
    divisor = node.expression
    if isinstance(divisor, (exp.Literal, exp.Nullif)) or divisor.find(exp.Subquery, exp.Window):
        return node
    zero = exp.EQ(this=exp.paren(divisor.copy()), expression=exp.Literal.number(0))
    failure = exp.Anonymous(this="error", expressions=[exp.Literal.string("Division by zero")])
    node.set("expression", exp.Case(ifs=[exp.If(this=zero, true=failure)], default=divisor.copy()))
    return node


def type_of(node: Expr) -> Expr:
    """TYPEOF tells what a VARIANT holds; DuckDB's function names the column's type."""
    return call("_ss_json_type", node.this)


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


def variant_path_as_text(node: Expr) -> Expr:
    """A string in a VARIANT loses its quotes in a cast. Upstream sees to `v:a::varchar`, not to GET and GET_PATH."""
    path = node.this
    if isinstance(path, exp.GetExtract) or (
        isinstance(path, exp.JSONExtract) and not isinstance(path.expression, exp.JSONPath)
    ):
        node.set("this", exp.JSONExtractScalar(this=path.this, expression=path.expression))
    return node


def positional_column(node: Expr) -> Expr:
    """$1 of a VALUES list; in a COPY it has been replaced before."""
    return exp.column(f"COLUMN{node.name}") if node.name.isdigit() else node


def _unit(node: Expr) -> str:
    unit = node.args.get("unit")
    return unit.name.lower() if isinstance(unit, Expr) else "day"


REWRITES: dict[type[Expr], Callable[[Expr], Expr]] = {
    exp.ToChar: to_char,
    exp.DateAdd: dateadd,
    exp.TimestampAdd: dateadd,
    exp.TsOrDsAdd: dateadd,
    exp.AddMonths: add_months,
    exp.DateTrunc: date_trunc,
    exp.TimestampTrunc: date_trunc,
    exp.DateDiff: datediff,
    exp.Div: division,
    exp.Parameter: positional_column,
    exp.Typeof: type_of,
    exp.Window: window,
    exp.Cast: variant_path_as_text,
    exp.TryCast: variant_path_as_text,
}
for _name in ("MD5NumberLower64",):
    REWRITES[getattr(exp, _name)] = md5_number_lower64


def rewrite(expression: Expr) -> Expr:
    """Apply the rewrites, innermost first."""
    for node in list(expression.walk(bfs=False))[::-1]:
        change = REWRITES.get(type(node))
        if change is not None:
            changed = change(node)
            if changed is not node:
                if node is expression:
                    expression = changed
                else:
                    node.replace(changed)
    return expression
