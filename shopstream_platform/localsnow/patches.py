"""Steps of upstream's translation that are replaced, each for what it does wrong."""

import duckdb
from sqlglot import Expr, exp
from sqlglot.dialects.duckdb import DuckDB

from shopstream_platform.localsnow import aggregates, upstream

INTEGERS = {exp.DataType.Type.INT, exp.DataType.Type.SMALLINT, exp.DataType.Type.TINYINT, exp.DataType.Type.BIGINT}


def apply() -> None:
    """Replace them; called once, when the server starts."""
    upstream.replace_steps(
        {
            "numeric_agg_implicit_cast": exact_aggregates,
            "integer_precision": whole_numbers,
            "to_timestamp": timestamp_casts,
            "trim_cast_varchar": trim,
            "array_agg": aggregates.to_array,
            "flatten": flatten,
        },
        csv_defaults={"ESCAPE_UNENCLOSED_FIELD": "\\"},
    )
    # Of a Snowflake statement these are names, such as a column called END or AT.
    DuckDB.Generator.RESERVED_KEYWORDS = DuckDB.Generator.RESERVED_KEYWORDS | _keywords()


def _keywords() -> set[str]:
    """The words that DuckDB does not take for a name unless they are quoted."""
    with duckdb.connect() as duck:
        query = "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
        return {word for (word,) in duck.execute(query).fetchall()}


def trim(expression: Expr) -> Expr:
    """Upstream loses the side (LTRIM becomes TRIM) and the characters."""
    if isinstance(expression, exp.Trim):
        expression.set("this", exp.cast(expression.this, "VARCHAR"))
    return expression


def flatten(expression: Expr) -> Expr:
    """Upstream ignores OUTER: the rows without elements are lost."""
    changed = upstream.translate_flatten(expression)
    if changed is not expression and _is_outer(expression.this):
        changed.this.set("this", "_ss_flatten_outer")
    return changed


def _is_outer(explode: Expr) -> bool:
    return any(
        isinstance(argument, exp.Kwarg) and argument.this.name.upper() == "OUTER" and argument.expression.this is True
        for argument in explode.expressions
    )


def exact_aggregates(expression: Expr) -> Expr:
    """Upstream casts what SUM and AVG add up to DOUBLE: 0.1 + 0.2 is then 0.30000000000000004."""
    return expression


def whole_numbers(expression: Expr) -> Expr:
    """Upstream makes NUMBER(38,0) a BIGINT, which holds 18 digits. Here only INT and its kin are."""
    if isinstance(expression, exp.DataType) and expression.this in INTEGERS:
        return exp.DataType(this=exp.DataType.Type.BIGINT, nested=False, prefix=False)
    return expression


def timestamp_casts(expression: Expr) -> Expr:
    """Upstream runs every cast to TIMESTAMP through a macro that first tries a number: slow, and '2024' is 1970."""
    if isinstance(expression, exp.UnixToTime) or (
        isinstance(expression, exp.Anonymous) and expression.name.upper() in ("TO_TIMESTAMP", "TO_TIMESTAMP_NTZ")
    ):
        return upstream.translate_timestamp(expression)
    return expression
