"""Roles, who has them, what they own and what they were granted.

https://docs.snowflake.com/en/user-guide/security-access-control-overview
"""

from dataclasses import dataclass, field

from snowflake.connector.errors import ProgrammingError

SYSTEM = {
    "ACCOUNTADMIN": {"SYSADMIN", "SECURITYADMIN"},
    "SECURITYADMIN": {"USERADMIN"},
    "USERADMIN": set[str](),
    "SYSADMIN": set[str](),
    "PUBLIC": set[str](),
}
# Kind of an object -> the system role that may create it.
CREATORS = {
    "ROLE": "USERADMIN",
    "USER": "USERADMIN",
    "WAREHOUSE": "SYSADMIN",
    "DATABASE": "SYSADMIN",
    "NETWORK POLICY": "SECURITYADMIN",
    "RESOURCE MONITOR": "ACCOUNTADMIN",
    "INTEGRATION": "ACCOUNTADMIN",
}

Grant = tuple[str, str, str, str]
Object = dict[str, str]


def refused(kind: str, name: str) -> ProgrammingError:
    """As Snowflake answers for what is not there and for what the role may not see."""
    return ProgrammingError(
        f"SQL compilation error:\n{kind.capitalize()} '{name}' does not exist or not authorized.", errno=2003
    )


def insufficient(what: str, name: str) -> ProgrammingError:
    """As Snowflake answers for a missing privilege."""
    return ProgrammingError(
        f"SQL access control error:\nInsufficient privileges to operate on {what} '{name}'", errno=3001
    )


@dataclass
class Rights:
    """The account's objects and grants. `objects`: (kind, full name) -> its properties, its owner among them."""

    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    inherits: dict[str, set[str]] = field(default_factory=lambda: {role: set(of) for role, of in SYSTEM.items()})
    of_users: dict[str, set[str]] = field(default_factory=lambda: {"ADMIN": {"ACCOUNTADMIN"}})
    # (role, privilege, kind, name); what will be in a schema has a name that ends with <TABLE>.
    grants: set[Grant] = field(default_factory=set)

    def closure(self, roles: set[str]) -> set[str]:
        """The roles with all that they inherit."""
        found: set[str] = set()
        pending = set(roles)
        while pending:
            role = pending.pop()
            found.add(role)
            pending |= self.inherits.get(role, set()) - found
        return found

    def owns(self, roles: set[str], kind: str, name: str) -> bool:
        """Whether one of the roles owns the object."""
        return self.objects[(kind, name)]["owner"] in roles

    def may(self, roles: set[str], privilege: str, kind: str, name: str) -> bool:
        """Whether one of the roles owns the object or has the privilege on it."""
        if (kind, name) in self.objects and self.owns(roles, kind, name):
            return True
        return any((role, privilege, kind, name) in self.grants for role in roles)

    def sees(self, roles: set[str], kind: str, name: str) -> bool:
        """Whether one of the roles has any privilege on the object; MANAGE GRANTS sees everything."""
        if "SECURITYADMIN" in roles or self.owns(roles, kind, name):
            return True
        return any(role in roles and (on, of) == (kind, name) for role, _, on, of in self.grants)

    def may_create(self, primary: set[str], kind: str, name: str) -> bool:
        """Whether the primary role may create an object: secondary roles never authorize it."""
        if kind in CREATORS:
            return CREATORS[kind] in primary
        parent = name.rsplit(".", 1)[0]
        return self.may(primary, f"CREATE {kind}", "DATABASE" if kind == "SCHEMA" else "SCHEMA", parent)

    def drop(self, kind: str, name: str) -> None:
        """The object, what lies in it, and the grants on all of it."""
        gone = {key for key in self.objects if key == (kind, name) or _within(key, kind, name)}
        for key in gone:
            del self.objects[key]
        self.grants = {grant for grant in self.grants if grant[2:] not in gone and not _of_role(grant, kind, name)}
        if kind == "ROLE":
            self.inherits.pop(name, None)
            for of in (*self.inherits.values(), *self.of_users.values()):
                of.discard(name)
        if kind == "USER":
            self.of_users.pop(name, None)

    def without(self, prefix: str, database: str) -> dict[str, object]:
        """Everything in the account that is not of an environment, to compare."""

        def foreign(name: str) -> bool:
            return not name.startswith(prefix) and name.split(".")[0] != database

        return {
            "objects": {key: dict(value) for key, value in self.objects.items() if foreign(key[1])},
            "grants": {grant for grant in self.grants if foreign(grant[0]) and foreign(grant[3])},
            "inherits": {
                role: {one for one in of if foreign(one)} for role, of in self.inherits.items() if foreign(role)
            },
            "users": {user: {one for one in of if foreign(one)} for user, of in self.of_users.items() if foreign(user)},
        }


def _within(key: tuple[str, str], kind: str, name: str) -> bool:
    return kind in ("DATABASE", "SCHEMA") and key[1].startswith(f"{name}.")


def _of_role(grant: Grant, kind: str, name: str) -> bool:
    return kind == "ROLE" and grant[0] == name
