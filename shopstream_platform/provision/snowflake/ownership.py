"""Whose an object of the account is: what lacks the stack's mark is reported, and never altered or dropped."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.snowflake.account import Account, Statement
from shopstream_platform.provision.snowflake.state import AccountState

_OF_THE_ACCOUNT = re.compile(
    r"CREATE (ROLE|USER|DATABASE|WAREHOUSE|RESOURCE MONITOR|STORAGE INTEGRATION|NETWORK POLICY) IF NOT EXISTS (\w+)"
)

# In the comment of what is another stack's, or a clone's.
_STACK = "(ShopStream "


@dataclass(frozen=True)
class Foreign:
    """An object under a name that the set-up would use, which somebody else has made."""

    kind: str
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.name} {self.why}"


def objects(statements: list[Statement]) -> list[tuple[str, str]]:
    """Kind and name of every object of the account that a set-up creates, in its order."""
    return [(found[1], found[2]) for _, sql in statements if (found := _OF_THE_ACCOUNT.match(sql))]


def foreign(state: AccountState, account: Account, statements: list[Statement]) -> Iterator[Foreign]:
    """The objects that are there and are not this stack's."""
    for kind, name in objects(statements):
        if state.find(kind, name) is not None and (why := not_ours(state, account, kind, name)):
            yield Foreign(kind, name, why)


def not_ours(state: AccountState, account: Account, kind: str, name: str) -> str:
    """Why an object that is there is not this stack's; empty if it is."""
    if kind == "RESOURCE MONITOR":
        return _monitors_others(state, account, name)
    comment = str((state.find(kind, name) or {}).get("comment") or "")
    return "" if comment.endswith(account.mark) else f"has the comment {comment!r}"


def refuse(found: list[Foreign], account: Account) -> None:
    """ShopStreamError if anything is not ours: nothing has been changed yet."""
    if not found:
        return
    if others := [one for one in found if _STACK in one.why]:
        raise ShopStreamError(
            f"nothing was changed: {'; '.join(map(str, others))}, so it is of another environment of the platform. Set "
            "SNOWFLAKE_PREFIX and SNOWFLAKE_DATABASE as that environment has them, or both to names of an own one; a "
            "clone (`shopstream clone`) is set up with the database that it is of, and never by itself"
        )
    marks = [f"COMMENT ON {one.kind.removeprefix('STORAGE ')} {one.name} IS '{account.mark}'" for one in found]
    adopt = "; ".join(mark for one, mark in zip(found, marks, strict=True) if one.kind != "RESOURCE MONITOR")
    raise ShopStreamError(
        f"nothing was changed: {'; '.join(map(str, found))}, so it is not of this stack. Set SNOWFLAKE_PREFIX (and "
        "SNOWFLAKE_DATABASE) to names that nobody has"
        + (f", or let an administrator hand them to the platform: {adopt}" if adopt else "")
    )


def _monitors_others(state: AccountState, account: Account, name: str) -> str:
    """A resource monitor has no comment: it is ours unless it watches a warehouse that is not, or the account."""
    level = str((state.find("RESOURCE MONITOR", name) or {}).get("level") or "")
    if level.upper() == "ACCOUNT":
        return "watches the whole account"
    watched = [row for row in state.warehouses if str(row.get("resource_monitor") or "").upper() == name]
    others = [str(row["name"]) for row in watched if not str(row.get("comment") or "").endswith(account.mark)]
    return f"watches {', '.join(others)}" if others else ""
