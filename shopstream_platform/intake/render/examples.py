"""A value of each type of the warehouse, as SQL, for the unit tests of staging models."""

from shopstream_platform.contract.declare import Kind
from shopstream_platform.contract.types import Mapping

_EXAMPLES = {
    Kind.INTEGER: "1",
    Kind.DECIMAL: "1",
    Kind.FLOAT: "1.5",
    Kind.TEXT: "'a'",
    Kind.BOOLEAN: "true",
    Kind.DATE: "'2026-01-01'",
    Kind.TIME: "'23:59:59'",
    Kind.TIMESTAMP: "'2026-01-01 23:59:59'",
    Kind.INSTANT: "'2026-01-01 23:59:59 +00:00'",
}


def example(mapping: Mapping) -> str:
    """An expression of the column's own type."""
    match mapping.kind:
        case Kind.JSON:
            return """parse_json('{"a": [1, null]}')"""
        case Kind.BINARY:
            return "to_binary('00FF', 'HEX')"
        case kind:
            return f"{_EXAMPLES[kind]}::{mapping.snowflake_type.lower()}"
