"""Dates, timestamps and their formats where DuckDB means something else."""

from __future__ import annotations

import re

from sqlglot import Expr, exp

from shopstream_platform.localsnow.errors import unsupported
from shopstream_platform.localsnow.macros import MACROS, Rewrites, call

UNITS = ("day", "week", "month", "quarter", "year")
# DuckDB's date + interval is a TIMESTAMP where Snowflake's DATEADD of days to a DATE is a DATE; at translation the
# type of a column is not known, so a macro chooses by it.
_DATE_MACROS = "\n".join(
    f"""CREATE OR REPLACE MACRO {MACROS}._ss_add_{unit}s
    (d DATE, n) AS CAST(d + to_{unit}s(CAST(n AS INTEGER)) AS DATE),
    (d TIMESTAMP, n) AS d + to_{unit}s(CAST(n AS INTEGER)),
    (d TIMESTAMPTZ, n) AS d + to_{unit}s(CAST(n AS INTEGER)),
    (d VARCHAR, n) AS CAST(d AS TIMESTAMP) + to_{unit}s(CAST(n AS INTEGER));"""
    for unit in UNITS
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
"""

FORMAT_PARTS = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MON": "%b", "MM": "%m", "DD": "%d", "DY": "%a", "HH24": "%H",
    "HH12": "%I", "MI": "%M", "SS": "%S", "FF9": "%n", "FF6": "%f", "FF3": "%g", "FF": "%n", "AM": "%p", "PM": "%p",
}  # fmt: skip
FORMAT_PART = re.compile("|".join(sorted(FORMAT_PARTS, key=len, reverse=True)), re.I)


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
    if unit not in UNITS:
        node.set("expression", exp.cast(node.expression, "BIGINT"))
        return node
    return call(f"_ss_add_{unit}s", node.this, node.expression)


def add_months(node: Expr) -> Expr:
    """The last day of a month stays the last day; sqlglot's translation turns a DATE into a TIMESTAMP."""
    return call("_ss_add_months_keeping_end", node.this, node.expression)


def date_trunc(node: Expr) -> Expr:
    """DuckDB truncates a DATE to a TIMESTAMP."""
    return call("_ss_date_trunc", exp.Literal.string(_unit(node)), node.this)


def plus_interval(node: Expr) -> Expr:
    """DuckDB's DATE + INTERVAL is a TIMESTAMP; Snowflake's is a DATE unless the interval has hours."""
    interval = node.expression
    if not isinstance(interval, exp.Interval) or not isinstance(interval.this, exp.Literal):
        return node
    unit = _unit(interval).removesuffix("s")
    if unit not in UNITS or not interval.this.name.isdigit():
        return node
    count: Expr = exp.Literal.number(interval.this.name)
    return call(f"_ss_add_{unit}s", node.this, exp.Neg(this=count) if isinstance(node, exp.Sub) else count)


def _unit(node: Expr) -> str:
    unit = node.args.get("unit")
    return unit.name.lower() if isinstance(unit, Expr) else "day"


REWRITES: Rewrites = {
    exp.ToChar: to_char,
    exp.DateAdd: dateadd,
    exp.AddMonths: add_months,
    exp.DateTrunc: date_trunc,
    exp.TimestampTrunc: date_trunc,
    exp.Add: plus_interval,
    exp.Sub: plus_interval,
}
