"""Each statement of the set-up against an account: whether its effect is there already, and if not what differs."""

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from shopstream_platform.provision.snowflake.account import KEY_SLOTS, Account, Statement
from shopstream_platform.provision.snowflake.state import AccountState, Privilege

_KINDS = (
    "ROLE|USER|DATABASE|SCHEMA|WAREHOUSE|RESOURCE MONITOR|STORAGE INTEGRATION|STAGE|TABLE|MASKING POLICY|NETWORK POLICY"
)
_CREATE = re.compile(rf"CREATE (?:TRANSIENT )?({_KINDS}) IF NOT EXISTS ([\w.]+)")
_SET = re.compile(rf"ALTER ({_KINDS}) ([\w.]+) SET (\w+\s*=.*)", re.DOTALL)
_SETTING = re.compile(r"(\w+)\s*=\s*(\([^)]*\)|'[^']*'|\S+)")
_BODY = re.compile(r"ALTER MASKING POLICY ([\w.]+) SET BODY -> (.*)", re.DOTALL)
_MASKED = re.compile(r"ALTER TABLE ([\w.]+) MODIFY COLUMN (\w+) SET MASKING POLICY ([\w.]+)")
_COLUMN = re.compile(r"ALTER TABLE ([\w.]+) ADD COLUMN IF NOT EXISTS (\w+)")
_ROW = re.compile(r"MERGE INTO ([\w.]+) ")
_GRANT_ROLE = re.compile(r"GRANT ROLE (\w+) TO (ROLE|USER) (\w+)")
_GRANT = re.compile(r"GRANT (.+) ON (?:(ALL|FUTURE) TABLES IN SCHEMA|([A-Z ]+?)) ([\w.]+) TO ROLE (\w+)")


class Action(StrEnum):
    """What a run would do."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"


@dataclass(frozen=True)
class Step:
    """One statement of the set-up, and what it would do to which object."""

    statement: Statement
    action: Action
    subject: str
    detail: str = ""


class Comparison:
    """Statements in their order: what an earlier one creates is there for the later ones."""

    def __init__(self, state: AccountState, account: Account) -> None:
        self._state, self._account = state, account
        self._new: set[tuple[str, str]] = set()
        self.wanted: dict[str, set[Privilege]] = {}

    def step(self, statement: Statement) -> Step:
        """The statement against the account; ValueError for one of an unknown kind."""
        sql = statement.sql
        if found := _CREATE.match(sql):
            return self._create(statement, found[1], self._full(found[1], found[2]))
        if found := _GRANT_ROLE.fullmatch(sql):
            return self._grant_role(statement, *found.groups())
        if found := _GRANT.fullmatch(sql):
            return self._grant(statement, *found.groups())
        if found := _BODY.fullmatch(sql):
            return self._body(statement, *found.groups())
        if found := _MASKED.match(sql):
            return self._masked(statement, *found.groups())
        if found := _COLUMN.match(sql):
            return self._column(statement, self._full("TABLE", found[1]), found[2].upper())
        if found := _ROW.match(sql):
            return self._row(statement, self._full("TABLE", found[1]))
        if found := _SET.fullmatch(sql):
            return self._set(statement, *found.groups())
        raise ValueError(f"a statement that cannot be compared with an account: {sql}")

    def _create(self, statement: Statement, kind: str, name: str) -> Step:
        subject = f"{kind.lower()} {name}"
        if self._state.find(kind, name) is not None:
            return Step(statement, Action.KEEP, subject)
        self._new.add((kind, name))
        return Step(statement, Action.CREATE, subject)

    def _set(self, statement: Statement, kind: str, name: str, settings: str) -> Step:
        subject = f"{kind.lower()} {name}"
        wanted = _SETTING.findall(settings)
        if (kind, name) in self._new:
            return Step(statement, Action.CREATE, subject, "settings of the new object")
        differing = [self._difference(kind, name, setting, value) for setting, value in wanted]
        return _changed(statement, subject, "; ".join(filter(None, differing)))

    def _difference(self, kind: str, name: str, setting: str, wanted: str) -> str:
        now = self._state.value(kind, name, setting)
        if setting in KEY_SLOTS:
            wanted = fingerprint(wanted.strip("'"))
            return "" if now == wanted else f"{setting}: {now or 'none'} -> {wanted}"
        if _parts(now) == _parts(wanted):
            return ""
        return f"{setting}: {'none' if now in (None, '') else now} -> {wanted}"

    def _grant_role(self, statement: Statement, role: str, to: str, grantee: str) -> Step:
        self.wanted.setdefault(grantee, set()).add(Privilege("USAGE", "ROLE", role))
        held = (to, grantee) in self._state.holders(role)
        return self._missing(statement, f"{to.lower()} {grantee}", [] if held else [f"role {role}"])

    def _grant(
        self, statement: Statement, privileges: str, which: str | None, kind: str | None, name: str, role: str
    ) -> Step:
        if which == "FUTURE":
            names = [("TABLE", f"{name}.<TABLE>")]
        elif which == "ALL":
            names = [("TABLE", table) for table in self._state.tables(name)]
            names += [(of, new) for of, new in sorted(self._new) if of == "TABLE" and new.startswith(f"{name}.")]
        else:
            names = [(kind or "", name)]
        wanted = [Privilege(one.strip(), of, on) for one in privileges.split(",") for of, on in names]
        return self._privileges(statement, role, wanted)

    def _privileges(self, statement: Statement, role: str, wanted: list[Privilege]) -> Step:
        self.wanted.setdefault(role, set()).update(wanted)
        missing = [f"{p.privilege} on {p.kind.lower()} {p.name}" for p in wanted if not self._has(role, p)]
        return self._missing(statement, f"role {role}", missing)

    def _has(self, role: str, privilege: Privilege) -> bool:
        if role.startswith(self._account.prefix):
            return privilege in self._state.granted(role)
        # Of an administrator's role, which may own more than the 10,000 objects that SHOW GRANTS TO lists.
        return (privilege.privilege, role) in self._state.granted_on(privilege.kind, privilege.name)

    def _missing(self, statement: Statement, subject: str, missing: list[str]) -> Step:
        detail = f"grant {', '.join(missing)}" if missing else ""
        return _changed(statement, subject, detail)

    def _body(self, statement: Statement, policy: str, wanted: str) -> Step:
        now = self._state.body(policy)
        same = now is not None and " ".join(now.split()).upper() == " ".join(wanted.split()).upper()
        return _changed(statement, f"masking policy {policy}", "" if same else "another body")

    def _masked(self, statement: Statement, table: str, column: str, policy: str) -> Step:
        now = self._state.columns(table).get(column.upper(), {}).get("policy name")
        same = str(now or "").upper() == policy.upper()
        return _changed(statement, f"table {table}", "" if same else f"column {column} masked by {policy}")

    def _column(self, statement: Statement, table: str, column: str) -> Step:
        if ("TABLE", table) in self._new:
            return Step(statement, Action.KEEP, f"table {table}")
        return _changed(statement, f"table {table}", "" if column in self._state.columns(table) else f"column {column}")

    def _row(self, statement: Statement, table: str) -> Step:
        """A table that has to have a row."""
        if ("TABLE", table) in self._new:
            return Step(statement, Action.CREATE, f"table {table}", "its row")
        rows = (self._state.find("TABLE", table) or {}).get("rows")
        return _changed(statement, f"table {table}", "" if rows not in (None, 0, "0") else "its row")

    def _full(self, kind: str, name: str) -> str:
        """RAW.USERS is one of the database in use."""
        return f"{self._account.database}.{name}" if kind == "TABLE" and name.count(".") == 1 else name


def fingerprint(key: str) -> str:
    """What DESC USER says of a public key: RSA_PUBLIC_KEY_FP. ValueError for what is not base64."""
    return f"SHA256:{base64.b64encode(hashlib.sha256(base64.b64decode(key, validate=True)).digest()).decode()}"


def _changed(statement: Statement, subject: str, detail: str) -> Step:
    return Step(statement, Action.CHANGE if detail else Action.KEEP, subject, detail)


def _parts(value: object) -> frozenset[str]:
    """A value, or the values of a list, however Snowflake writes it: ('A', 'B'), ["A","B"] and A,B are the same."""
    text = re.sub(r"""[()\[\]'"]""", "", "" if value is None else str(value))
    return frozenset(_number(part.upper()) for part in re.split(r"[,\s]+", text) if part and part.upper() != "NULL")


def _number(text: str) -> str:
    return str(float(text)) if re.fullmatch(r"\d+(\.\d+)?", text) else text
