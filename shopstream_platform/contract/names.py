"""Names that are written without quotes in both engines, and PostgreSQL's quoting for those that are not."""

import re

# What begins with an underscore is the platform's own.
NAME = re.compile(r"[a-z][a-z0-9_]*")
# https://docs.snowflake.com/en/sql-reference/reserved-keywords
RESERVED = frozenset(
    {
        *("account", "all", "alter", "and", "any", "as", "between", "by", "case", "cast", "check", "column"),
        *("connect", "connection", "constraint", "create", "cross", "current", "current_date"),
        *("current_time", "current_timestamp", "current_user", "database", "delete", "distinct", "drop"),
        *("else", "exists", "false", "following", "for", "from", "full", "grant", "group", "gscluster"),
        *("having", "ilike", "in", "increment", "inner", "insert", "intersect", "into", "is", "issue"),
        *("join", "lateral", "left", "like", "localtime", "localtimestamp", "minus", "natural", "not"),
        *("null", "of", "on", "or", "order", "organization", "qualify", "regexp", "revoke", "right", "rlike"),
        *("row", "rows", "sample", "schema", "select", "set", "some", "start", "table", "tablesample"),
        *("then", "to", "trigger", "true", "try_cast", "union", "unique", "update", "using", "values"),
        *("view", "when", "whenever", "where", "with"),
    }
)


def is_plain(name: str) -> bool:
    """Whether a name can be a table's or a column's in the warehouse."""
    return NAME.fullmatch(name) is not None and name not in RESERVED


def quoted(name: str) -> str:
    """A name at the source, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
