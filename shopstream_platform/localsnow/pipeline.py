"""The translation of a Snowflake statement into DuckDB's SQL: our steps around upstream's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import Expr

from shopstream_platform.localsnow import context, functions

if TYPE_CHECKING:
    from shopstream_platform.localsnow.cursor import WarehouseCursor


def translate(cursor: WarehouseCursor, expression: Expr, params: Any) -> Expr:
    expression = functions.rewrite(context.fill_in(cursor.session, expression))
    return FakeSnowflakeCursor._transform(cursor, expression, params)
