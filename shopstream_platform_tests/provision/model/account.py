"""The statements of the set-up on an account in memory, in a session with a role."""

import base64
import hashlib
import re
from typing import Any

from snowflake.connector.errors import ProgrammingError

from shopstream_platform_tests.provision.model.rights import Object, Rights, insufficient, refused
from shopstream_platform_tests.provision.model.shown import described, shown

_KIND = r"((?:[A-Z]+ )?[A-Z]+?)"
_SETTINGS = re.compile(r"(\w+)\s*=\s*(\([^)]*\)|'[^']*'|\S+)")
_COLUMN = re.compile(r"^ +(\w+) (.+?),?$", re.MULTILINE)
_OTHERS = re.compile(r"(?:LIST|COPY INTO|SELECT|CREATE OR REPLACE TEMPORARY|DROP TABLE)")


class AccountSession:
    """A connection to the account: `cursor()` is itself. `role` restricts it as a token does."""

    def __init__(
        self, rights: Rights, *, user: str = "ADMIN", secondary: bool = True, restricted: str | None = None
    ) -> None:
        self.rights, self.user, self.secondary, self.restricted = rights, user, secondary, restricted
        self.role = restricted or "PUBLIC"
        self.database = self.warehouse = ""
        self.sent: list[str] = []
        self.rows: list[tuple[Any, ...]] = []
        self.description: list[tuple[str]] = []

    def cursor(self) -> "AccountSession":
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def execute(self, sql: str, parameters: object = None) -> "AccountSession":
        assert parameters is None
        self.sent.append(sql)
        self.rows, self.description = [], []
        for pattern, method in _STATEMENTS:
            if found := re.fullmatch(pattern, sql, re.DOTALL):
                method(self, *found.groups())
                return self
        return self.other(sql)

    def other(self, sql: str) -> "AccountSession":
        """What is no statement of the set-up; the tests of the handshake know more."""
        raise ProgrammingError(f"SQL compilation error:\nsyntax error: {sql}", errno=1003)

    @property
    def primary(self) -> set[str]:
        return self.rights.closure({self.role})

    @property
    def effective(self) -> set[str]:
        own = self.rights.of_users[self.user] if self.secondary and not self.restricted else set[str]()
        return self.rights.closure({self.role} | own)

    def answer(self, records: list[dict[str, Any]]) -> None:
        names = list(dict.fromkeys(name for record in records for name in record))
        self.description = [(name,) for name in names]
        self.rows = [tuple(record.get(name) for name in names) for record in records]

    def use(self, what: str, name: str) -> None:
        if what == "ROLE":
            if self.restricted not in (None, name) or name not in self.rights.closure(self.rights.of_users[self.user]):
                raise ProgrammingError(
                    f"SQL access control error:\nRequested role '{name}' is not assigned to the executing user.",
                    errno=3013,
                )
            self.role = name
            return
        self._exists(what, name)
        if not self.rights.sees(self.effective, what, name):
            raise refused(what, name)
        if what == "WAREHOUSE":
            self.warehouse = name
        else:
            self.database = name.split(".")[0]

    def create(self, kind: str, name: str, rest: str) -> None:
        kind, name = kind.removeprefix("STORAGE ").removeprefix("TRANSIENT "), self._full(kind, name)
        if (kind, name) in self.rights.objects:
            return
        parent = name.rsplit(".", 1)[0]
        if parent != name:
            self._exists("DATABASE" if kind == "SCHEMA" else "SCHEMA", parent)
        if not self.rights.may_create(self.primary, kind, name):
            raise insufficient("account" if parent == name else "schema", parent)
        settings = _settings(rest)
        if "STORAGE_INTEGRATION" in settings:
            self._use_integration(settings["STORAGE_INTEGRATION"])
        self.rights.objects[(kind, name)] = {"owner": self.role, **settings}
        if kind == "TABLE":
            self.rights.objects[(kind, name)]["columns"] = dict(_COLUMN.findall(rest))
        if kind == "ROLE":
            self.rights.inherits[name] = set()
        if kind == "USER":
            self.rights.of_users[name] = set()
        for role, privilege, on, of in sorted(self.rights.grants):
            if kind == "TABLE" and (on, of) == ("TABLE", f"{parent}.<TABLE>"):
                self.rights.grants.add((role, privilege, "TABLE", name))

    def clone(self, name: str, of: str, comment: str) -> None:
        """A clone has the grants on what is in it, and none of those on the database itself."""
        if ("DATABASE", name) in self.rights.objects:
            return
        if not self.rights.may_create(self.primary, "DATABASE", name) or not self.rights.may(
            self.effective, "USAGE", "DATABASE", of
        ):
            raise insufficient("database", of)
        inside = {key: found for key, found in self.rights.objects.items() if key[1].startswith(f"{of}.")}
        moved = {(kind, f"{name}{full.removeprefix(of)}"): dict(found) for (kind, full), found in inside.items()}
        self.rights.objects |= moved | {("DATABASE", name): {"owner": self.role, "comment": comment}}
        self.rights.grants |= {
            (role, privilege, kind, f"{name}{full.removeprefix(of)}")
            for role, privilege, kind, full in self.rights.grants
            if full.startswith(f"{of}.")
        }

    def alter(self, kind: str, name: str, rest: str) -> None:
        kind, name = kind.removeprefix("STORAGE "), self._full(kind, name)
        found = self._exists(kind, name)
        settings = _settings(rest)
        accountadmin = kind == "WAREHOUSE" and "RESOURCE_MONITOR" in settings
        allowed = "ACCOUNTADMIN" in self.effective if accountadmin else self.rights.owns(self.effective, kind, name)
        if not allowed:
            raise insufficient(kind.lower(), name)
        for key, value in settings.items():
            if key.startswith("RSA_PUBLIC_KEY"):
                digest = hashlib.sha256(base64.b64decode(value)).digest()
                settings[key] = f"SHA256:{base64.b64encode(digest).decode()}"
        found.update(settings)

    def unset(self, name: str, setting: str) -> None:
        if not self.rights.owns(self.effective, "USER", name):
            raise insufficient("user", name)
        self._exists("USER", name).pop(setting, None)

    def body(self, name: str, body: str) -> None:
        if not self.rights.owns(self.effective, "MASKING POLICY", name):
            raise insufficient("policy", name)
        self._exists("MASKING POLICY", name)["body"] = body

    def masked(self, table: str, column: str, policy: str) -> None:
        self._exists("TABLE", self._full("TABLE", table))[f"policy of {column.upper()}"] = policy

    def add_column(self, table: str, column: str, type_: str) -> None:
        self._columns(table).setdefault(column, type_)

    def alter_column(self, table: str, column: str, type_: str | None) -> None:
        columns = self._columns(table)
        assert column in columns
        constraint = " NOT NULL" if columns[column].endswith(" NOT NULL") and type_ else ""
        columns[column] = f"{type_ or columns[column].removesuffix(' NOT NULL')}{constraint}"

    def _columns(self, table: str) -> dict[str, str]:
        name = self._full("TABLE", table)
        found = self._exists("TABLE", name)
        # Only an owner alters.
        if not self.rights.owns(self.effective, "TABLE", name):
            raise insufficient("table", name)
        return found["columns"]

    def delete(self, table: str) -> None:
        if not self.warehouse:
            raise ProgrammingError("No active warehouse selected in the current session.", errno=606)
        if not self.rights.may(self.effective, "DELETE", "TABLE", self._full("TABLE", table)):
            raise insufficient("table", table)

    def merge(self, table: str) -> None:
        if not self.warehouse:
            raise ProgrammingError("No active warehouse selected in the current session.", errno=606)
        if not self.rights.may(self.effective, "INSERT", "TABLE", self._full("TABLE", table)):
            raise insufficient("table", table)
        self._exists("TABLE", self._full("TABLE", table))["rows"] = "1"

    def grant_role(self, role: str, to: str, grantee: str) -> None:
        if "SECURITYADMIN" not in self.effective and not self.rights.owns(self.effective, "ROLE", role):
            raise insufficient("role", role)
        self._exists("ROLE", role)
        (self.rights.of_users if to == "USER" else self.rights.inherits)[grantee].add(role)

    def grant(self, privileges: str, which: str | None, kind: str, name: str, role: str) -> None:
        if role not in self.rights.inherits:
            raise refused("Role", role)
        kind = kind.removesuffix(" IN SCHEMA").removesuffix("S") if which else kind
        on = "SCHEMA" if which else kind
        self._exists(on, name)
        if "SECURITYADMIN" not in self.effective and not self.rights.owns(self.effective, on, name):
            raise insufficient(on.lower(), name)
        names = [name]
        if which == "FUTURE":
            names = [f"{name}.<TABLE>"]
        elif which == "ALL":
            names = [of for on_kind, of in self.rights.objects if on_kind == kind and of.startswith(f"{name}.")]
        for privilege in privileges.split(","):
            self.rights.grants |= {(role, privilege.strip(), kind, of) for of in names}

    def drop(self, kind: str, name: str) -> None:
        if (kind, name) not in self.rights.objects:
            return
        if not self.rights.owns(self.effective, kind, name):
            raise insufficient(kind.lower(), name)
        self.rights.drop(kind, name)

    def show(self, what: str) -> None:
        self.answer(shown(self.rights, self.effective, what))

    def desc(self, kind: str, name: str) -> None:
        name = self._full(kind, name)
        self._exists(kind, name)
        if not self.rights.sees(self.effective, kind, name) or (
            kind == "INTEGRATION" and not self.rights.may(self.effective, "USAGE", kind, name)
        ):
            raise refused(kind, name)
        self.answer(described(self.rights, kind, name))

    def _use_integration(self, name: str) -> None:
        self._exists("INTEGRATION", name)
        if not self.rights.may(self.effective, "USAGE", "INTEGRATION", name):
            raise insufficient("integration", name)

    def _exists(self, kind: str, name: str) -> Object:
        if (kind, name) not in self.rights.objects:
            raise refused(kind, name)
        return self.rights.objects[(kind, name)]

    def _full(self, kind: str, name: str) -> str:
        return f"{self.database}.{name}" if kind.endswith("TABLE") and name.count(".") == 1 else name


def _settings(text: str) -> dict[str, str]:
    return {key.lower() if key == "COMMENT" else key: value.strip("'") for key, value in _SETTINGS.findall(text)}


_STATEMENTS = (
    (r"USE (ROLE|WAREHOUSE|DATABASE|SCHEMA) ([\w.]+)", AccountSession.use),
    (r"CREATE DATABASE IF NOT EXISTS (\w+) CLONE (\w+) COMMENT = '(.*)'", AccountSession.clone),
    (rf"CREATE {_KIND} IF NOT EXISTS ([\w.]+)(.*)", AccountSession.create),
    (r"ALTER MASKING POLICY ([\w.]+) SET BODY -> (.*)", AccountSession.body),
    (r"ALTER TABLE ([\w.]+) MODIFY COLUMN (\w+) SET MASKING POLICY ([\w.]+) FORCE", AccountSession.masked),
    (r"ALTER TABLE ([\w.]+) ADD COLUMN IF NOT EXISTS (\w+) (.*)", AccountSession.add_column),
    (r"ALTER TABLE ([\w.]+) ALTER COLUMN (\w+) (?:SET DATA TYPE (.*)|DROP NOT NULL)", AccountSession.alter_column),
    (r"DELETE FROM ([\w.]+) WHERE .*", AccountSession.delete),
    (r"ALTER USER (\w+) UNSET (\w+)", AccountSession.unset),
    (rf"ALTER {_KIND} ([\w.]+) SET (.*)", AccountSession.alter),
    (r"MERGE INTO ([\w.]+) .*", AccountSession.merge),
    (r"GRANT ROLE (\w+) TO (ROLE|USER) (\w+)", AccountSession.grant_role),
    (r"GRANT (.+) ON (?:(ALL|FUTURE) )?([A-Z ]+?) ([\w.]+) TO ROLE (\w+)", AccountSession.grant),
    (rf"DROP {_KIND} (?:IF EXISTS )?([\w.]+)", AccountSession.drop),
    (r"SHOW (.*)", AccountSession.show),
    (rf"DESC {_KIND} ([\w.]+)", AccountSession.desc),
)
