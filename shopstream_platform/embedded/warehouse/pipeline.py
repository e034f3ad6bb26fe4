"""The translation of a Snowflake statement into DuckDB's SQL: upstream's steps, some of them replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import Expr

if TYPE_CHECKING:
    from shopstream_platform.embedded.warehouse.cursor import WarehouseCursor


def translate(cursor: WarehouseCursor, expression: Expr, params: Any) -> Expr:
    return FakeSnowflakeCursor._transform(cursor, expression, params)
