"""RAW as it is declared against RAW as it is found: what must change, by which statements, and who may decide it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from shopstream_platform.contract.checksum import methods
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import (
    LOAD_COLUMNS,
    LOAD_LOG,
    LOCK_PREFIX,
    SCHEMA,
    lock_ddl,
    lock_name,
    raw_name,
    table_ddl,
)
from shopstream_platform.contract.snowflake_types import SnowflakeType, parsed, shown

# Between a table's name and a number: what it was before a column was loaded anew.
BEFORE = "__BEFORE_"


class What(StrEnum):
    """What a change does."""

    CREATE = "create"
    ADD = "add"
    WIDEN = "widen"
    ALLOW_NULL = "allow NULL"
    KEEP_WIDER = "keep wider"
    RENAME = "rename"
    RETYPE = "retype"
    DROP_COLUMN = "drop column"
    DROP_TABLE = "drop table"


# Lose nothing, and leave no choice: done before a load, by whoever loads.
AUTOMATIC = frozenset({What.CREATE, What.ADD, What.WIDEN, What.ALLOW_NULL})
# Without them a table cannot be loaded; a person decides.
ASKED = frozenset({What.RENAME, What.RETYPE})
# With these a declared column is not there to be read.
UNREADABLE = frozenset({What.CREATE, What.ADD, What.RENAME, What.RETYPE})
# Lose what is there: only when somebody says so.
LOSING = frozenset({What.DROP_COLUMN, What.DROP_TABLE})


@dataclass(frozen=True)
class FoundColumn:
    """A column as the warehouse describes it."""

    type: SnowflakeType
    nullable: bool = True


# Names of tables in upper case -> names of columns in lower case -> what they are.
Found = Mapping[str, Mapping[str, FoundColumn]]


@dataclass(frozen=True)
class Change:
    """One change of RAW; `table` is the name in RAW, `statements` are idempotent in their order.

    `before` is the detail as long as nobody has decided, where it reads otherwise.
    """

    what: What
    table: str
    column: str
    detail: str
    statements: tuple[str, ...] = ()
    before: str = ""

    def after(self, statement: str) -> "Change":
        """The same change behind a statement."""
        return replace(self, statements=(statement, *self.statements))

    @property
    def undecided(self) -> str:
        """The detail as long as nobody has decided."""
        return self.before or self.detail

    @property
    def said(self) -> str:
        """What changes, without the table."""
        return f"{self.column} {self.detail}".strip()

    def __str__(self) -> str:
        return f"{SCHEMA}.{self.table}{':' if self.column else ''} {self.said}"


def found_columns(shown_rows: Iterable[Mapping[str, object]]) -> Found:
    """What SHOW COLUMNS says of a schema."""
    found: dict[str, dict[str, FoundColumn]] = {}
    for row in shown_rows:
        type_, nullable = shown(str(row["data_type"]))
        found.setdefault(str(row["table_name"]), {})[str(row["column_name"]).lower()] = FoundColumn(type_, nullable)
    return found


def raw_changes(declared: Iterable[Table], found: Found) -> list[Change]:
    """What RAW lacks, has otherwise, or has too much of, table by table; empty if it is as declared."""
    tables = list(declared)
    changes = [change for table in tables for change in _of_table(table, found)]
    known = {table.name.upper() for table in tables}
    return changes + [_dropped(name) for name in sorted(found) if _is_left_over(name, known, found)]


def _of_table(table: Table, found: Found) -> Iterator[Change]:
    name = table.name.upper()
    if name in found:
        yield from _of_columns(table, found[name], _aside(name, found))
    else:
        yield Change(What.CREATE, name, "", "is created", (_forget(table.name), table_ddl(table)))
    lock = lock_name(table).removeprefix(f"{SCHEMA}.")
    if lock not in found:
        yield Change(What.CREATE, lock, "", "is created", tuple(lock_ddl(table)))


def _of_columns(table: Table, found: Mapping[str, FoundColumn], aside: str) -> Iterator[Change]:
    there, renamed = dict(found), set[str]()
    wanted = {column.name: column.snowflake_type for column in table.columns}
    for column in table.columns:
        old = column.formerly
        if old and column.name not in there and old in there and old not in wanted:
            detail = f"is what {old} is called now: its values are kept"
            yield _change(table, What.RENAME, column.name, detail, f"RENAME COLUMN {old} TO {column.name}")
            there[column.name] = there.pop(old)
            renamed.add(column.name)
    for name, type_ in (wanted | LOAD_COLUMNS).items():
        yield from _of_column(table, name, type_, there, aside)
    for name, column in there.items():
        if not column.nullable:
            detail = "may be NULL, as in every table of RAW"
            yield _change(table, What.ALLOW_NULL, name, detail, f"ALTER COLUMN {name} DROP NOT NULL")
        if name not in wanted and name not in LOAD_COLUMNS:
            yield _change(
                table,
                What.DROP_COLUMN,
                name,
                f"({column.type}) is not declared: later loads leave it NULL",
                f"DROP COLUMN IF EXISTS {name}",
            )


def _of_column(table: Table, name: str, type_: str, there: Mapping[str, FoundColumn], aside: str) -> Iterator[Change]:
    bare = type_.split(" DEFAULT ")[0]
    add = f"ADD COLUMN IF NOT EXISTS {name} {bare}"
    if name not in there:
        yield _change(table, What.ADD, name, f"is added as {bare}", add).after(_forget_current(table))
        return
    now, wanted = there[name].type, parsed(bare)
    if now == wanted:
        return
    if now.holds(wanted):
        yield Change(What.KEEP_WIDER, table.name.upper(), name, f"stays {now}, which holds what {bare} does")
    elif now.grows_to(wanted):
        detail = f"grows from {now} to {bare}"
        yield _change(table, What.WIDEN, name, detail, f"ALTER COLUMN {name} SET DATA TYPE {bare}")
    else:
        differs = f"is {now}, declared {bare}"
        detail = f"{differs}: it is loaded anew, and {SCHEMA}.{aside} keeps the table as it was"
        before = f"{differs}: it would be loaded anew, and {SCHEMA}.{aside} would keep the table as it was"
        # The rows are replaced, so that a column beside the new one would keep nothing.
        clone = f"CREATE TRANSIENT TABLE IF NOT EXISTS {SCHEMA}.{aside} CLONE {raw_name(table)}"
        anew = _change(table, What.RETYPE, name, detail, f"DROP COLUMN IF EXISTS {name}", add)
        yield replace(anew, before=before).after(_forget_current(table)).after(clone)


def _change(table: Table, what: What, column: str, detail: str, *actions: str) -> Change:
    statements = tuple(f"ALTER TABLE {raw_name(table)} {action}" for action in actions)
    return Change(what, table.name.upper(), column, detail, statements)


def _forget(table: str) -> str:
    """What the log says of a table that is not there must not be believed of the one that takes its place."""
    return f"DELETE FROM {LOAD_LOG} WHERE table_name = '{table}'"


def _forget_current(table: Table) -> str:
    """The same of loads that had the column, if somebody has dropped or changed it: only those loaded it."""
    known = ", ".join(f"'{one}'" for one in methods(table))
    return f"{_forget(table.name)} AND method IN ({known})"


def _aside(name: str, found: Found) -> str:
    """The next free name for what a table was."""
    number = 1
    while f"{name}{BEFORE}{number}" in found:
        number += 1
    return f"{name}{BEFORE}{number}"


def kept_aside(found: Found) -> list[str]:
    """What tables were before a column was loaded anew, by name."""
    return sorted(name for name in found if re.search(rf"{BEFORE}\d+$", name) and f"{LOCK_PREFIX}{name}" not in found)


def _is_left_over(name: str, known: set[str], found: Found) -> bool:
    """Whether the platform has made it for what is declared no longer; what else lies in RAW is somebody else's."""
    if name.startswith(LOCK_PREFIX):
        # Half of a table that was being dropped.
        return name.removeprefix(LOCK_PREFIX) not in {*known, *found}
    if name in kept_aside(found):
        of = name.rpartition(BEFORE)[0]
        return of in known or f"{LOCK_PREFIX}{of}" in found
    return name not in known and f"{LOCK_PREFIX}{name}" in found


def _dropped(name: str) -> Change:
    table = name.removeprefix(LOCK_PREFIX)
    names = (table, f"{LOCK_PREFIX}{table}")
    statements = tuple(f"DROP TABLE IF EXISTS {SCHEMA}.{one}" for one in names)
    if re.search(rf"{BEFORE}\d+$", table):
        return Change(What.DROP_TABLE, table, "", "is what a table was before a column was loaded anew", statements[:1])
    return Change(
        What.DROP_TABLE, table, "", "is not declared: it is no longer loaded", (_forget(table.lower()), *statements)
    )
