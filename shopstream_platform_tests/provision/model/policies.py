"""IAM's evaluation of a policy document, conditions included, which moto leaves out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from typing import Any

Document = dict[str, Any]
Context = dict[str, str]


def allows(document: Document, action: str, resource: str, context: Context | None = None) -> bool:
    """Whether an identity's policy allows an action: a Deny wins, nothing is allowed that no Allow names."""
    effects = {
        statement["Effect"]
        for statement in _listed(document["Statement"])
        if _any_matches(statement["Action"], action)
        and _any_matches(statement.get("Resource", "*"), resource)
        and _conditions_hold(statement.get("Condition", {}), context or {})
    }
    return effects == {"Allow"}


def denies(document: Document, action: str, resource: str, context: Context | None = None) -> bool:
    """Whether a resource's policy denies an action to everybody."""
    return any(
        statement["Effect"] == "Deny"
        and _any_matches(statement["Action"], action)
        and _any_matches(statement["Resource"], resource)
        and _conditions_hold(statement.get("Condition", {}), context or {})
        for statement in _listed(document["Statement"])
    )


def trusts(document: Document, action: str, principal: dict[str, str], context: Context | None = None) -> bool:
    """Whether a role's trust policy lets a principal, such as {"Service": "ec2.amazonaws.com"}, assume the role."""
    effects = {
        statement["Effect"]
        for statement in _listed(document["Statement"])
        if _any_matches(statement["Action"], action)
        and _principal_matches(statement["Principal"], principal)
        and _conditions_hold(statement.get("Condition", {}), context or {})
    }
    return effects == {"Allow"}


def _principal_matches(named: dict[str, Any] | str, principal: dict[str, str]) -> bool:
    [(kind, value)] = principal.items()
    if named == "*":
        return True
    return isinstance(named, dict) and any(one in ("*", value) for one in _listed(named.get(kind, [])))


def _conditions_hold(conditions: dict[str, dict[str, Any]], context: Context) -> bool:
    return all(
        _holds(operator, _listed(wanted), context.get(key))
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, wanted: list[str], found: str | None) -> bool:
    if found is None:
        return operator.endswith("IfExists")
    match operator.removesuffix("IfExists"):
        case "StringLike":
            return any(_like(pattern, found) for pattern in wanted)
        case "StringEquals" | "Bool":
            return found in wanted
    raise AssertionError(f"condition {operator} is not one that the evaluator knows")


def _any_matches(patterns: str | list[str], value: str) -> bool:
    return any(_like(pattern, value) for pattern in _listed(patterns))


def _like(pattern: str, value: str) -> bool:
    expression = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(expression, value) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
