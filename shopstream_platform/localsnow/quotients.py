"""Division: an error where the divisor is zero, and exact where the quotient becomes a NUMBER."""

from __future__ import annotations

from sqlglot import Expr, exp

from shopstream_platform.localsnow.macros import MACROS, Rewrites, call

# Snowflake divides NUMBERs in decimal arithmetic, to max(s1, min(s1 + 6, 12)) digits after the point, halves away from
# zero, and a cast rounds that again; DuckDB divides in floating point: (564.93 / 2)::NUMBER(38, 2) would be 282.46.
# Here digits are whole numbers (HUGEINT). Anything else than NUMBERs, and whatever is too large, is NULL.
CREATION_SQL = f"""
CREATE OR REPLACE MACRO {MACROS}._ss_scale(t) AS
    CASE WHEN t LIKE 'DECIMAL%' THEN CAST(regexp_extract(t, ',\\s*(\\d+)', 1) AS INTEGER)
         WHEN t LIKE '%INT%' THEN 0 END;
CREATE OR REPLACE MACRO {MACROS}._ss_digits(x) AS TRY_CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT);
CREATE OR REPLACE MACRO {MACROS}._ss_ten(n) AS CAST('1' || repeat('0', n) AS HUGEINT);
CREATE OR REPLACE MACRO {MACROS}._ss_round_quotient(n, d) AS
    (CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END) * ((abs(n) * 2 + abs(d)) // (abs(d) * 2));
CREATE OR REPLACE MACRO {MACROS}._ss_rescaled(n, have, want) AS
    CASE WHEN want >= have THEN n * {MACROS}._ss_ten(greatest(want - have, 0))
         ELSE {MACROS}._ss_round_quotient(n, {MACROS}._ss_ten(greatest(have - want, 0))) END;
CREATE OR REPLACE MACRO {MACROS}._ss_quotient(a, b, s1, s2, s) AS
    CASE WHEN abs(CAST(a AS DOUBLE)) < 1e15 AND abs(CAST(b AS DOUBLE)) < 1e15 AND s1 <= 6 AND s2 <= 6 AND s <= 12
    THEN {MACROS}._ss_rescaled({MACROS}._ss_round_quotient(
        {MACROS}._ss_digits(a) * {MACROS}._ss_ten(6 + s2), {MACROS}._ss_digits(b)), s1 + 6, s) END;
"""


def division(node: Expr) -> Expr:
    """DuckDB divides by zero without an error."""
    divisor = node.expression
    if isinstance(divisor, exp.Nullif) or (isinstance(divisor, exp.Literal) and divisor.name.strip("0.")):
        return node
    zero = exp.EQ(this=exp.paren(divisor.copy()), expression=exp.Literal.number(0))
    failure = exp.Anonymous(this="error", expressions=[exp.Literal.string("Division by zero")])
    node.set("expression", exp.Case(ifs=[exp.If(this=zero, true=failure)], default=divisor.copy()))
    return node


def cast(node: Expr) -> Expr:
    """Cast a quotient or an average to NUMBER(p, s) as Snowflake would; the cast goes into IFF and COALESCE."""
    target = node.args["to"]
    if target.this != exp.DataType.Type.DECIMAL:
        return node
    parameters = [int(parameter.name) for parameter in target.expressions]
    return _exact(node.this, target, parameters[1] if len(parameters) == 2 else 0) or node


def _exact(value: Expr, target: Expr, scale: int) -> Expr | None:
    """The value, cast exactly, or None if it is no quotient."""
    if isinstance(value, exp.Paren):
        return _exact(value.this, target, scale)
    if isinstance(value, exp.Round):
        return _rounded(value, target)
    if isinstance(value, exp.If):
        return _in_branches(value, target, scale)
    if isinstance(value, exp.Coalesce):
        return _in_parts(value, target, scale)
    parts = _dividend_and_divisor(value)
    return _quotient(value, *parts, target, scale) if parts else None


def _dividend_and_divisor(value: Expr) -> tuple[Expr, Expr] | None:
    if isinstance(value, exp.Div):
        return value.this, value.expression
    if isinstance(value, exp.Avg):
        return exp.Sum(this=value.this.copy()), exp.Count(this=value.this.copy())
    if isinstance(value, exp.Window) and isinstance(value.this, exp.Avg):
        return _windowed(value, exp.Sum), _windowed(value, exp.Count)
    return None


def _windowed(window: exp.Window, function: type[exp.Func]) -> Expr:
    copy = window.copy()
    copy.set("this", function(this=copy.this.this))
    return copy


def _quotient(value: Expr, dividend: Expr, divisor: Expr, target: Expr, scale: int) -> Expr:
    """The exact digits as text with an exponent, which DuckDB casts exactly; the plain cast where there are none."""
    scales = [_scale_of(dividend), _scale_of(divisor)]
    digits = call("_ss_quotient", dividend.copy(), divisor.copy(), *scales, exp.Literal.number(scale))
    text = exp.DPipe(this=exp.cast(digits, "VARCHAR"), expression=exp.Literal.string(f"e-{scale}"), safe=True)
    return exp.Coalesce(this=exp.Cast(this=text, to=target.copy()), expressions=[_plain(value, target)])


def _scale_of(value: Expr) -> Expr:
    return call("_ss_scale", exp.Anonymous(this="typeof", expressions=[value.copy()]))


def _rounded(value: exp.Round, target: Expr) -> Expr | None:
    digits = value.args.get("decimals")
    if not isinstance(digits, exp.Literal):
        return None
    inner = _exact(value.this, exp.DataType.build(f"DECIMAL(38, {digits.name})"), int(digits.name))
    return None if inner is None else exp.Cast(this=inner, to=target.copy())


def _in_branches(value: exp.If, target: Expr, scale: int) -> Expr | None:
    branches = [name for name in ("true", "false") if value.args.get(name) is not None]
    exact = {name: _exact(value.args[name], target, scale) for name in branches}
    if not any(exact.values()):
        return None
    for name in branches:
        value.set(name, exact[name] or _plain(value.args[name], target))
    return value


def _in_parts(value: exp.Coalesce, target: Expr, scale: int) -> Expr | None:
    parts = [value.this, *value.expressions]
    exact = [_exact(part, target, scale) for part in parts]
    if not any(exact):
        return None
    first, *rest = [found or _plain(part, target) for found, part in zip(exact, parts, strict=True)]
    return exp.Coalesce(this=first, expressions=rest)


def _plain(value: Expr, target: Expr) -> Expr:
    return exp.Cast(this=value.copy(), to=target.copy())


REWRITES: Rewrites = {exp.Div: division, exp.Cast: cast}
