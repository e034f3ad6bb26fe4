"""Who is logged in to Snowflake, how, and with which roles."""

import json
from collections.abc import Iterator

from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.login import Method
from shopstream_platform.stores.warehouse import Warehouse

WORDS = {
    Method.KEY_PAIR: "key pair",
    Method.PASSWORD: "password",
    Method.MFA: "password and second factor",
    Method.BROWSER: "single sign-on in the browser",
    Method.ACCESS_TOKEN: "programmatic access token",
    Method.OAUTH: "OAuth client credentials",
    Method.WORKLOAD_IDENTITY: "workload identity",
}


def login_findings(warehouse: Warehouse, at: SnowflakeConnection, *, embedded: bool) -> Iterator[Finding]:
    """The session's user, role and secondary roles. Leaves the session with its primary role alone.

    So what is tried after it shows what that role may do by itself, as with a token that is restricted to it.
    """
    asked = "SELECT CURRENT_VERSION(), CURRENT_USER(), CURRENT_ROLE(), CURRENT_SECONDARY_ROLES()"
    version, user, role, listed = warehouse.rows(asked)[0]
    secondary = secondary_roles(listed)
    told = f"Snowflake {version}, {user} by {WORDS[at.login.method]}, role {role}"
    told += f", secondary roles {', '.join(secondary) or 'none'}, database {at.database}"
    yield Finding("warehouse", "ok", told)
    if role is None:
        yield Finding("warehouse", "error", "the session has no role: set SNOWFLAKE_ROLE to one that the user has")
    if secondary:
        warehouse.execute("USE SECONDARY ROLES NONE")
    if not embedded:
        yield from _of_the_method(at.login.method)


def secondary_roles(listed: str | None) -> list[str]:
    """The roles in what CURRENT_SECONDARY_ROLES() says: {"roles": "A,B", "value": "ALL"}."""
    try:
        said = json.loads(listed or "{}")
    except ValueError:
        return []
    return [role.strip() for role in str(said.get("roles") or "").split(",") if role.strip()]


def _of_the_method(method: Method) -> Iterator[Finding]:
    if method.needs_a_person:
        detail = (
            f"a login by {WORDS[method]} needs a person: schedules and deployed runs need another (docs/deployment.md)"
        )
        yield Finding("warehouse.login", "warning", detail)
    if method is Method.PASSWORD:
        detail = (
            "Snowflake closes logins by password alone: where this is one, and not a programmatic access token, change "
            "to a key pair (docs/deployment.md)"
        )
        yield Finding("warehouse.login", "warning", detail)
