"""What a Snowflake account holds, as SHOW and DESC say. Nothing here requires a running warehouse."""

from functools import cached_property
from typing import Any, NamedTuple

from shopstream_platform.stores.warehouse import Warehouse

Record = dict[str, Any]
_PLURALS = {"MASKING POLICY": "MASKING POLICIES", "NETWORK POLICY": "NETWORK POLICIES"}
_IN_SCHEMA = {"TABLE", "STAGE", "MASKING POLICY"}
# Properties that SHOW and DESC do not say, since they are parameters of the object.
_PARAMETERS = {("WAREHOUSE", "STATEMENT_TIMEOUT_IN_SECONDS"), ("USER", "NETWORK_POLICY")}
_FINGERPRINTS = {"RSA_PUBLIC_KEY": "RSA_PUBLIC_KEY_FP", "RSA_PUBLIC_KEY_2": "RSA_PUBLIC_KEY_2_FP"}


class Privilege(NamedTuple):
    """One privilege on one object; on what will be in a schema, its name ends with <KIND>."""

    privilege: str
    kind: str
    name: str


class AccountState:
    """Asks the account once for each thing; read it as ACCOUNTADMIN, who sees all objects that others have made."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._known: dict[str, list[Record]] = {}

    def find(self, kind: str, name: str) -> Record | None:
        """What SHOW says of an object; None if it is not there."""
        where, bare = _place(kind, name)
        if kind in _IN_SCHEMA and self.find("SCHEMA", ".".join(name.split(".")[:2])) is None:
            return None
        if kind == "SCHEMA" and self.find("DATABASE", name.split(".")[0]) is None:
            return None
        shown = "INTEGRATION" if kind == "STORAGE INTEGRATION" else kind
        like = "" if kind == "NETWORK POLICY" else f" LIKE '{bare}'"
        rows = self._ask(f"SHOW {_PLURALS.get(shown, f'{shown}S')}{like}{where}")
        # An underscore of LIKE stands for any character.
        return next((row for row in rows if str(row["name"]).upper() == bare), None)

    def value(self, kind: str, name: str, setting: str) -> Any:
        """What a property of an object is now."""
        if (kind, setting) in _PARAMETERS:
            rows = self._ask(f"SHOW PARAMETERS LIKE '{setting}' IN {kind} {name}")
            return next((row["value"] for row in rows), None)
        if kind in ("USER", "STORAGE INTEGRATION", "NETWORK POLICY"):
            return self._described(kind, name).get(_FINGERPRINTS.get(setting, setting))
        return (self.find(kind, name) or {}).get(setting.lower())

    def columns(self, table: str) -> dict[str, Record]:
        """Column -> what DESC says of it, its masking policy among that; empty without the table."""
        if self.find("TABLE", table) is None:
            return {}
        return {str(row["name"]).upper(): row for row in self._ask(f"DESC TABLE {table}")}

    def schema_columns(self, schema: str) -> list[Record]:
        """What SHOW COLUMNS says of all tables of a schema; empty without it."""
        return self._ask(f"SHOW COLUMNS IN SCHEMA {schema}") if self.find("SCHEMA", schema) else []

    def body(self, policy: str) -> str | None:
        """The expression of a masking policy."""
        if self.find("MASKING POLICY", policy) is None:
            return None
        return str(self._ask(f"DESC MASKING POLICY {policy}")[0]["body"])

    def tables(self, schema: str) -> list[str]:
        """Full names of the tables of a schema."""
        if self.find("SCHEMA", schema) is None:
            return []
        return [f"{schema}.{row['name']}" for row in self._ask(f"SHOW TABLES IN SCHEMA {schema}")]

    def granted(self, role: str) -> set[Privilege]:
        """What a role was granted, other roles included, on what is there and on what will be; empty without it."""
        if self.find("ROLE", role) is None:
            return set()
        now = self._ask(f"SHOW GRANTS TO ROLE {role}")
        future = self._ask(f"SHOW FUTURE GRANTS TO ROLE {role}")
        return {_privilege(row, "granted_on") for row in now} | {_privilege(row, "grant_on") for row in future}

    def holders(self, role: str) -> set[tuple[str, str]]:
        """(ROLE or USER, name) of whom a role was granted to; empty without the role."""
        if self.find("ROLE", role) is None:
            return set()
        rows = self._ask(f"SHOW GRANTS OF ROLE {role}")
        return {(str(row["granted_to"]), str(row["grantee_name"])) for row in rows}

    def granted_on(self, kind: str, name: str) -> set[tuple[str, str]]:
        """(privilege, role) of what was granted on an object; empty without it."""
        if self.find(kind, name) is None:
            return set()
        rows = self._ask(f"SHOW GRANTS ON {kind} {name}")
        return {(str(row["privilege"]), str(row["grantee_name"])) for row in rows}

    @cached_property
    def warehouses(self) -> list[Record]:
        """All virtual warehouses of the account."""
        return self._ask("SHOW WAREHOUSES")

    def _described(self, kind: str, name: str) -> Record:
        if self.find(kind, name) is None:
            return {}
        noun = "INTEGRATION" if kind == "STORAGE INTEGRATION" else kind
        rows = self._ask(f"DESC {noun} {name}")
        return {
            str(row.get("property", row.get("name"))).upper(): row.get("property_value", row.get("value"))
            for row in rows
        }

    def _ask(self, sql: str) -> list[Record]:
        if sql not in self._known:
            self._known[sql] = self._warehouse.records(sql)
        return self._known[sql]


def _place(kind: str, name: str) -> tuple[str, str]:
    """Where SHOW looks, and the object's own name."""
    *parents, bare = name.upper().split(".")
    if kind == "SCHEMA":
        return f" IN DATABASE {parents[0]}", bare
    if kind in _IN_SCHEMA:
        return f" IN SCHEMA {'.'.join(parents)}", bare
    return "", bare


def _privilege(row: Record, kind: str) -> Privilege:
    return Privilege(str(row["privilege"]), str(row[kind]).replace("_", " "), str(row["name"]).replace('"', ""))
