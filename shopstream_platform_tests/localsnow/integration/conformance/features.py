"""What a statement is made of: its kind, options, clauses, types and functions."""

import re
from collections.abc import Iterable, Iterator

from sqlglot import Expr, exp
from sqlglot.dialects.snowflake import Snowflake

from shopstream_platform.localsnow import statements

# Parts of every statement, which say nothing about what is used.
PLAIN = (
    exp.Identifier, exp.Literal, exp.Column, exp.Table, exp.TableAlias, exp.Alias, exp.Paren, exp.Tuple, exp.From,
    exp.Var, exp.DataTypeParam, exp.JSONPathPart, exp.JSONPath, exp.Null, exp.Boolean, exp.Schema, exp.Properties,
)  # fmt: skip


NAME_IN_ALTER = re.compile(r"ALTER TABLE \S+ (?:ALTER|MODIFY) \S+")


def features(sql: str) -> set[str]:
    """The features of one statement; an error if Snowflake's dialect cannot read it."""
    text = statements.bare(sql)
    command = _command(text)
    return {command} if command else {name for node in Snowflake().parse(text)[0].walk() for name in _of(node)}  # pyright: ignore


def features_of(statements_: Iterable[str]) -> set[str]:
    return set[str]().union(*map(features, statements_))


def _command(text: str) -> str | None:
    """Statements that name their kind by their first words and that sqlglot does not take apart."""
    words = re.sub(r"\s+", " ", text.upper())
    pattern = (
        r"(?:(?:CREATE|ALTER|DROP)(?: OR REPLACE)?(?: \w+)*? "
        r"(?:WAREHOUSE|ROLE|USER|INTEGRATION|MONITOR|POLICY|TAG|ACCOUNT|SESSION(?: SET| UNSET)))\b"
        r"|GRANT|REVOKE|USE(?: \w+)?(?= )|SHOW(?: TERSE)? \w+|DESC(?:RIBE)? \w+|BEGIN|START|COMMIT|ROLLBACK|LIST"
        r"|COMMENT(?: IF EXISTS)? ON \w+|ALTER TABLE \S+ (?:ALTER|MODIFY) \S+ COMMENT|UNSET|SET"
    )
    found = re.match(pattern, words)
    return f"statement {NAME_IN_ALTER.sub('ALTER TABLE', found[0])}" if found else None


def _of(node: Expr) -> Iterator[str]:
    if isinstance(node, PLAIN):
        return
    if isinstance(node, exp.DataType):
        yield f"type {node.this.name if hasattr(node.this, 'name') else node.this}"
    elif isinstance(node, (exp.Anonymous, exp.Command)):
        yield f"{type(node).__name__} {node.name.upper()}"
    elif isinstance(node, exp.Create | exp.Drop):
        condition = " if exists" if node.args.get("exists") else ""
        yield f"statement {type(node).__name__} {node.args.get('kind')}{condition}"
    elif isinstance(node, exp.CopyParameter):
        yield f"COPY {node.name.upper()}"
        yield from (f"FILE_FORMAT {option.name.upper()}" for option in node.expressions)
    elif isinstance(node, exp.Join):
        yield f"join {node.side} {node.kind} {node.method}".strip()
    elif isinstance(node, (exp.Parameter, exp.Pseudocolumn)):
        return
    else:
        yield type(node).__name__
