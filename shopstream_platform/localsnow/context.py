"""CURRENT_ROLE() and its kin: what the session says, as DuckDB knows nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import Expr, exp

from shopstream_platform.localsnow.interfaces import Session

NAMES = {
    "CURRENT_ACCOUNT", "CURRENT_ACCOUNT_NAME", "CURRENT_ORGANIZATION_NAME", "CURRENT_REGION", "CURRENT_ROLE",
    "CURRENT_SESSION", "CURRENT_TRANSACTION", "CURRENT_USER", "CURRENT_WAREHOUSE", "CURRENT_DATABASE",
    "CURRENT_SCHEMA", "CURRENT_SECONDARY_ROLES", "CURRENT_AVAILABLE_ROLES", "CURRENT_IP_ADDRESS",
}  # fmt: skip


def is_asked(expression: Expr) -> bool:
    """Whether there is something to fill in."""
    return any(True for _ in _asked(expression))


def _asked(expression: Expr) -> Iterator[tuple[Expr, str]]:
    """The functions, and their names."""
    for node in expression.find_all(exp.Func):
        name = node.name.upper() if isinstance(node, exp.Anonymous) else node.sql_name().upper()
        if name in NAMES:
            yield node, name


def fill_in(session: Session, expression: Expr) -> Expr:
    """Replace the functions by their values."""
    for node, name in list(_asked(expression)):
        value = _value(session, name)
        literal: Expr = exp.Null() if value is None else exp.Literal.string(value)
        if isinstance(node.parent, exp.Select) and node.arg_key == "expressions":
            literal = exp.alias_(literal, f"{name}()", quoted=True)
        if node is expression:
            return literal
        node.replace(literal)
    return expression


def _value(session: Session, name: str) -> str | None:
    values = {
        "CURRENT_DATABASE": session.database,
        "CURRENT_SCHEMA": session.schema,
        "CURRENT_SESSION": str(session.id),
        "CURRENT_REGION": "LOCAL",
        "CURRENT_ACCOUNT_NAME": session.context["account"],
        "CURRENT_ORGANIZATION_NAME": "LOCAL",
        "CURRENT_IP_ADDRESS": "127.0.0.1",
        "CURRENT_SECONDARY_ROLES": '{"roles":"","value":""}',
        "CURRENT_AVAILABLE_ROLES": f'["{session.context["role"]}"]',
    }
    return values[name] if name in values else session.context.get(name.removeprefix("CURRENT_").lower())
