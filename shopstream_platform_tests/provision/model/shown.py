"""What SHOW and DESC answer, by the columns that are documented for each."""

import json
import re
from typing import Any

from shopstream_platform.contract.snowflake_types import parsed
from shopstream_platform_tests.provision.model.rights import Rights

_PARAMETERS = {"STATEMENT_TIMEOUT_IN_SECONDS": "172800", "NETWORK_POLICY": ""}
_USER = ("DEFAULT_ROLE", "DEFAULT_SECONDARY_ROLES", "DEFAULT_WAREHOUSE", "NETWORK_POLICY")
# https://docs.snowflake.com/en/sql-reference/sql/desc-integration
IDENTITY = {
    "STORAGE_AWS_IAM_USER_ARN": "arn:aws:iam::999999999999:user/externalstages/x",
    "STORAGE_AWS_EXTERNAL_ID": "MYACCOUNT_SFCRole=2_abc=",
}


def shown(rights: Rights, roles: set[str], what: str) -> list[dict[str, Any]]:
    """The rows of SHOW ..."""
    if found := re.fullmatch(r"GRANTS TO ROLE (\w+)", what):
        held = [(privilege, kind, name) for role, privilege, kind, name in rights.grants if role == found[1]]
        held += [("USAGE", "ROLE", role) for role in rights.inherits[found[1]]]
        held += [("OWNERSHIP", kind, name) for (kind, name), of in rights.objects.items() if of["owner"] == found[1]]
        now = [one for one in held if not one[2].endswith(">")]
        return [{"privilege": p, "granted_on": kind.replace(" ", "_"), "name": name} for p, kind, name in sorted(now)]
    if found := re.fullmatch(r"FUTURE GRANTS TO ROLE (\w+)", what):
        future = [g for g in rights.grants if g[0] == found[1] and g[3].endswith(">")]
        return [{"privilege": p, "grant_on": kind, "name": name} for _, p, kind, name in sorted(future)]
    if found := re.fullmatch(r"GRANTS OF ROLE (\w+)", what):
        held = [("ROLE", role) for role, of in rights.inherits.items() if found[1] in of]
        held += [("USER", user) for user, of in rights.of_users.items() if found[1] in of]
        return [{"role": found[1], "granted_to": to, "grantee_name": name} for to, name in sorted(held)]
    if found := re.fullmatch(r"GRANTS ON ([A-Z ]+) ([\w.]+)", what):
        on = [(privilege, role) for role, privilege, *of in rights.grants if of == [found[1], found[2]]]
        return [{"privilege": privilege, "grantee_name": role} for privilege, role in sorted(on)]
    if found := re.fullmatch(r"PARAMETERS LIKE '(\w+)' IN (\w+) (\w+)", what):
        value = rights.objects[(found[2], found[3])].get(found[1], _PARAMETERS[found[1]])
        return [{"key": found[1], "value": value, "default": _PARAMETERS[found[1]]}]
    if found := re.fullmatch(r"COLUMNS IN SCHEMA ([\w.]+)", what):
        return _columns(rights, roles, found[1])
    found = re.fullmatch(r"([A-Z ]+?)(?: LIKE '([\w%]+)')?(?: IN (?:DATABASE|SCHEMA) ([\w.]+))?", what)
    assert found, what
    kind = found[1].replace("POLICIES", "POLICY") if found[1].endswith("POLICIES") else found[1].removesuffix("S")
    return [
        _row(rights, kind, name)
        for of, name in sorted(rights.objects)
        if of == kind and rights.sees(roles, kind, name) and _matches(name, found[2], found[3])
    ]


def described(rights: Rights, kind: str, name: str) -> list[dict[str, Any]]:
    """The rows of DESC ..."""
    found = rights.objects[(kind, name)]
    if kind == "INTEGRATION":
        values = {key: value for key, value in found.items() if key.isupper()} | {
            key: found.get(key, value) for key, value in IDENTITY.items()
        }
        return [{"property": key, "property_type": "String", "property_value": value} for key, value in values.items()]
    if kind == "USER":
        values = {key: found.get(key) for key in _USER}
        values |= {f"{key}_FP": found.get(key, "null") for key in ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")}
        return [{"property": key, "value": value, "default": None} for key, value in values.items()]
    if kind == "NETWORK POLICY":
        return [{"name": "ALLOWED_IP_LIST", "value": found["ALLOWED_IP_LIST"].strip("()").replace("'", "")}]
    if kind == "MASKING POLICY":
        return [{"name": name, "signature": "(VAL VARCHAR)", "body": found.get("body", "val")}]
    assert kind == "TABLE"
    return [
        {"name": column.upper(), "policy name": found.get(f"policy of {column.upper()}")} for column in found["columns"]
    ]


def _columns(rights: Rights, roles: set[str], schema: str) -> list[dict[str, Any]]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-columns"""
    return [
        {"table_name": name.rsplit(".", 1)[1], "column_name": column.upper(), "data_type": _data_type(type_)}
        for (kind, name), found in sorted(rights.objects.items())
        if kind == "TABLE" and name.startswith(f"{schema}.") and rights.sees(roles, kind, name)
        for column, type_ in found["columns"].items()
    ]


def _data_type(declared: str) -> str:
    type_ = parsed(declared)
    kind = {"NUMBER": "FIXED", "VARCHAR": "TEXT", "FLOAT": "REAL"}.get(type_.name, type_.name)
    names = {"FIXED": ("precision", "scale"), "TEXT": ("length",)}.get(kind, ("scale",))
    sizes = dict(zip(names, type_.sizes, strict=False))
    return json.dumps({"type": kind, **sizes, "nullable": not declared.endswith("NOT NULL")})


def _row(rights: Rights, kind: str, name: str) -> dict[str, Any]:
    found = rights.objects[(kind, name)]
    row: dict[str, Any] = {
        "name": name.rsplit(".", 1)[-1],
        "owner": found["owner"],
        "comment": found.get("comment", ""),
    }
    if kind == "WAREHOUSE":
        row |= {key.lower(): found.get(key, "null") for key in ("AUTO_SUSPEND", "AUTO_RESUME", "RESOURCE_MONITOR")}
    if kind == "TABLE":
        row |= {"rows": int(found.get("rows", "0"))}
    if kind == "STAGE":
        row |= {"url": found["URL"], "storage_integration": found["STORAGE_INTEGRATION"]}
    if kind == "RESOURCE MONITOR":
        watching = any(
            of.get("RESOURCE_MONITOR") == name for (on, _), of in rights.objects.items() if on == "WAREHOUSE"
        )
        row |= {
            "credit_quota": f"{float(found['CREDIT_QUOTA']):.2f}",
            "level": found.get("level") or ("WAREHOUSE" if watching else None),
            "notify_users": found.get("NOTIFY_USERS", "").strip("()"),
            "comment": "",
        }
    return row


def _matches(name: str, like: str | None, parent: str | None) -> bool:
    if parent and not (name.startswith(f"{parent}.") and name.count(".") == parent.count(".") + 1):
        return False
    bare = name.rsplit(".", 1)[-1]
    return like is None or re.fullmatch(like.replace("%", ".*").replace("_", "."), bare) is not None
