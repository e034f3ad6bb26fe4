"""Where our DuckDB macros live, and the shape of what rewrites SQL to use them."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import Expr, exp

from shopstream_platform.localsnow.upstream import GLOBAL_DATABASE

MACROS = f"{GLOBAL_DATABASE}.main"
Rewrites = dict[type[Expr], Callable[[Expr], Expr]]


def call(name: str, *arguments: Expr) -> exp.Anonymous:
    return exp.Anonymous(this=f"{MACROS}.{name}", expressions=list(arguments))
